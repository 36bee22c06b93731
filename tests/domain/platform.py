"""A platform in memory that obeys the connector port, for tests of what stands above it.

It can be told to fail before or after an act takes place, the two cases that must never be confused.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.connectors import errors
from app.connectors.ports import (
    REVERSIBLE,
    Access,
    Account,
    Author,
    Batch,
    Capabilities,
    Cursor,
    Found,
    Item,
    LengthLimit,
    LengthUnit,
    Moderation,
    Payload,
    Post,
    PrivateReplies,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.connectors.publishing import NewPost, PostForm, checked
from app.connectors.sign_in import SignIn

SIGN_IN = SignIn(how="Make an application password.", login="Login there", password="Application password")
US = Author(name="Our brand", key="user:1", is_us=True)
STATES = {
    Moderation.APPROVE: Status.LIVE,
    Moderation.HOLD: Status.HELD,
    Moderation.SPAM: Status.SPAM,
    Moderation.TRASH: Status.TRASH,
}


@dataclass
class Platform:
    """Comments by external id, and the faults that are due."""

    kind: str = "memory"
    label: str = "Memory"
    icon = "globe"
    sign_in: SignIn | None = SIGN_IN
    comments: dict[str, Item] = field(default_factory=dict)
    fail_before: list[errors.ConnectorError] = field(default_factory=list)
    fail_after: list[errors.ConnectorError] = field(default_factory=list)
    can_look_up: bool = True
    can_verify: bool = True
    posted: list[str] = field(default_factory=list)
    private: PrivateReplies | None = None
    account_is_the_page: bool = False
    letters: list[tuple[str, str]] = field(default_factory=list)
    """Private replies: to which comment, and what was written."""
    published: list[tuple[str, NewPost]] = field(default_factory=list)
    """Posts of ours with their keys, as they stand there."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def say(self, name: str, text: str, at: datetime, *, parent: str | None = None, key: str | None = None) -> str:
        """A visitor comments; answers the external id."""
        number = f"n{next(self._numbers)}"
        author = Author(name=name, key=key or f"user:{name}")
        self.comments[number] = Item(
            number, Post("p1", "https://b.example/p1", "Spring"), author, text, at, parent=parent
        )
        return number

    def discover(self, url: str) -> Found | None:
        return Found(self.kind, "Memory", url, can_log_in=True) if url.startswith("memory:") else None

    def check(self, access: Access) -> Account | None:
        able, itself = self.capabilities(access), self.account_is_the_page
        return Account("user:1", "Our brand", able, is_the_page=itself) if access.secret else None

    def capabilities(self, access: Access) -> Capabilities:
        return Capabilities(
            reply=True,
            moderate=REVERSIBLE,
            verify=self.can_verify,
            length=LengthLimit(500, LengthUnit.CHARACTERS),
            private=self.private,
        )

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        return list(self.comments.values())[-count:]

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        self._maybe_fail(self.fail_before)
        done = int((cursor or {}).get("done", 0))
        items = list(self.comments.values())
        for start in range(done, len(items), 2):
            part = items[start : start + 2]
            yield Batch(
                part, {"done": start + len(part)}, [Payload("memory:", "text/plain", part[0].external_id.encode())]
            )
            self._maybe_fail(self.fail_after)
        yield Batch((), {"done": max(0, len(items) - 1)}, complete=True)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        for external_id in known:
            yield Verdict(external_id, self.comments.get(external_id))

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        found = self.comments.get(payload.body.decode())
        return [found] if found else []

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        self._maybe_fail(self.fail_before)
        number = f"n{next(self._numbers)}"
        at = max(item.published_at for item in self.comments.values())
        self.comments[number] = Item(number, Post("p1"), US, text, at, parent=target.external_id)
        self.posted.append(text)
        self._maybe_fail(self.fail_after)
        return Sent(number, f"https://b.example/p1#{number}")

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        if not self.can_look_up:
            raise errors.Permanent(errors.NOT_SUPPORTED)
        self._maybe_fail(self.fail_before)
        for item in self.comments.values():
            if item.author.is_us and item.parent == target.external_id and item.text == text:
                return Sent(item.external_id, None)
        return None

    def reply_privately(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        self._maybe_fail(self.fail_before)
        self.letters.append((target.external_id, text))
        self._maybe_fail(self.fail_after)
        return Sent(f"letter{len(self.letters)}", None)

    def look_up_private(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        if not self.can_look_up:
            raise errors.Permanent(errors.NOT_SUPPORTED)
        self._maybe_fail(self.fail_before)
        there = (target.external_id, text) in self.letters
        return Sent(f"letter{self.letters.index((target.external_id, text)) + 1}", None) if there else None

    def publishes(self, access: Access) -> PostForm | None:
        return PostForm(LengthLimit(500, LengthUnit.CHARACTERS)) if access.secret else None

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        checked(post, self.publishes(access))
        self._maybe_fail(self.fail_before)
        self.published.append((key, post))
        self._maybe_fail(self.fail_after)
        return Sent(f"post {key}", f"https://b.example/{len(self.published)}")

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        if not self.can_look_up:
            raise errors.Permanent(errors.NOT_SUPPORTED)
        self._maybe_fail(self.fail_before)
        return next((Sent(f"post {known}", None) for known, _post in self.published if known == key), None)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        self._maybe_fail(self.fail_before)
        if act is Moderation.LIKE:
            return Status.LIVE
        self.comments[target.external_id] = replace(self.comments[target.external_id], status=STATES[act])
        self._maybe_fail(self.fail_after)
        return STATES[act]

    @staticmethod
    def _maybe_fail(faults: list[errors.ConnectorError]) -> None:
        if faults:
            raise faults.pop(0)
