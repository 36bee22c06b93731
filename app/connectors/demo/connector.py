"""The connector to the pretend platform, which takes no credentials: whoever runs it may answer there."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.demo.platform import AnsweredError, Platform
from app.connectors.demo.store import AbsentError, Entry
from app.connectors.ports import (
    FASTEST,
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
from app.core.text import one_line

PREFIX = "demo:"
LONGEST_REPLY = 5_000
LONGEST_LETTER = 2_000
_PORTION = 100
_READ_EVERY_SECONDS = 5
_CAPABILITIES = Capabilities(
    reply=True,
    moderate=REVERSIBLE,
    verify=True,
    length=LengthLimit(LONGEST_REPLY, LengthUnit.CHARACTERS),
    private=PrivateReplies(LengthLimit(LONGEST_LETTER, LengthUnit.CHARACTERS), within=timedelta(days=7), once=True),
)
_FORM = PostForm(LengthLimit(LONGEST_REPLY, LengthUnit.CHARACTERS))
LONGEST_TITLE = 200
_AFTERWARDS = {
    Moderation.APPROVE: Status.LIVE,
    Moderation.HOLD: Status.HELD,
    Moderation.SPAM: Status.SPAM,
    Moderation.TRASH: Status.TRASH,
}


class DemoConnector:
    """Reads and answers on the pretend platform. Its pages have addresses like ``demo:bakery``."""

    kind = "demo"
    label = "Demo"
    icon = "flask-conical"
    sign_in: SignIn | None = None

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def discover(self, url: str) -> Found | None:
        address = url.strip().lower()
        if not address.startswith(PREFIX):
            return None
        with _failures(act=False):
            name = self._platform.pages().get(address.removeprefix(PREFIX))
        return Found(self.kind, name, address, settings={FASTEST: _READ_EVERY_SECONDS}) if name else None

    def check(self, access: Access) -> Account | None:
        return None  # there are no credentials to prove

    def capabilities(self, access: Access) -> Capabilities:
        return _CAPABILITIES

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        with _failures(act=False):
            return [_item(entry) for entry in self._platform.newest(_page(access), count, now)]

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        page = _page(access)
        after = int((cursor or {}).get("after", 0))
        more = True
        while more:
            with _failures(act=False):
                entries = self._platform.changes(page, after, since, _PORTION, now)
            more = len(entries) == _PORTION
            payloads = [_payload(access, after, entries)] if entries else []
            after = entries[-1].change if entries else after
            items = [_item(entry) for entry in entries]
            yield Batch(items, {"after": after}, payloads, complete=not more)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        with _failures(act=False):
            found = self._platform.known(_page(access), known, now)
        for external_id in known:
            entry = found.get(external_id)
            yield Verdict(external_id, _item(entry) if entry else None)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        try:
            rows = json.loads(payload.body)["comments"]
            return [_item(_entry_of(row)) for row in rows]
        except (ValueError, KeyError, TypeError) as error:
            raise errors.Permanent(errors.BAD_ANSWER, type(error).__name__) from None

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        if not text.strip() or len(text) > LONGEST_REPLY:
            raise errors.Permanent(errors.INVALID_TEXT, f"a reply has 1 to {LONGEST_REPLY} characters")
        with _failures(act=True):
            posted = self._platform.post_reply(_page(access), target.external_id, text, key)
        if posted is None:
            raise errors.Permanent(errors.TARGET_GONE)
        return Sent(posted.id, None, posted.status)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        with _failures(act=False):
            posted = self._platform.reply_with(_page(access), key)
        return Sent(posted.id, None, posted.status) if posted else None

    def publishes(self, access: Access) -> PostForm | None:
        return _FORM

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        text = checked(post, _FORM)
        with _failures(act=True):
            return Sent(self._platform.publish(_page(access), one_line(text, limit=LONGEST_TITLE), key), None)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        with _failures(act=False):
            found = self._platform.published(_page(access), key)
        return Sent(found, None) if found else None

    def reply_privately(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        if not text.strip() or len(text) > LONGEST_LETTER:
            raise errors.Permanent(errors.INVALID_TEXT, f"a private reply has 1 to {LONGEST_LETTER} characters")
        with _failures(act=True):
            try:
                written = self._platform.post_letter(_page(access), target.external_id, text, key)
            except AnsweredError:
                raise errors.Permanent(errors.ANSWERED_BEFORE) from None
        if written is None:
            raise errors.Permanent(errors.TARGET_GONE)
        return Sent(written, None)

    def look_up_private(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        with _failures(act=False):
            written = self._platform.letter_with(_page(access), key)
        return Sent(written, None) if written else None

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in _AFTERWARDS:
            raise errors.Permanent(errors.NOT_SUPPORTED, "the demonstration does not do that")
        status = _AFTERWARDS[act]
        with _failures(act=True):
            done = self._platform.judge(_page(access), target.external_id, status)
        if not done:
            raise errors.Permanent(errors.TARGET_GONE)
        return status


@contextmanager
def _failures(*, act: bool) -> Iterator[None]:
    try:
        yield
    except AbsentError:
        raise errors.Permanent(errors.NOT_FOUND, "there is no demonstration in this data folder") from None
    except sqlite3.Error as error:
        if act:
            raise errors.OutcomeUnknown(errors.SERVER_ERROR, str(error)) from None
        raise errors.Transient(errors.UNREACHABLE, str(error)) from None


def _page(access: Access) -> str:
    return access.url.removeprefix(PREFIX)


def _item(entry: Entry) -> Item:
    if entry.us:
        author = Author(entry.author, "us", is_us=True)
    else:
        author = Author(entry.author, entry.person)
    return Item(
        external_id=entry.id,
        post=Post(entry.post, title=entry.title),
        author=author,
        text=entry.text,
        published_at=entry.published_at,
        parent=entry.parent,
        status=entry.status,
    )


def _payload(access: Access, after: int, entries: Sequence[Entry]) -> Payload:
    rows = [{**asdict(entry), "published_at": entry.published_at.isoformat()} for entry in entries]
    body = json.dumps({"comments": rows}, ensure_ascii=False).encode()
    return Payload(f"{access.url}?after={after}", "application/json", body)


def _entry_of(row: dict[str, Any]) -> Entry:
    at = datetime.fromisoformat(row["published_at"])
    return Entry(**{**row, "status": Status(row["status"]), "published_at": at})
