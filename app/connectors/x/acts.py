"""Answering and hiding."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent
from app.connectors.lengths import length
from app.connectors.ports import LengthLimit, Moderation, Sent, Status, Target
from app.connectors.publishing import SKEW
from app.connectors.x import parse
from app.connectors.x.calls import Calls
from app.core.text import bare_words, plain

PAGES = 5
"""How many hundreds of our own posts after the one answered are searched for a reply."""
_NAMES = re.compile(r"(?:@\w{1,50}\s+)+")


@dataclass(frozen=True, slots=True)
class Actor:
    """Answers as one account."""

    calls: Calls
    me: str
    limit: LengthLimit

    def reply(self, target: Target, text: str) -> Sent:
        """Post a reply. X refuses the same text twice, and (since February 2026, to most developers) answers to people
        who neither named nor quoted the account; both with 403 and in words only, so what stands there decides."""
        written = plain(text).strip()
        if length(written, self.limit.unit) > self.limit.maximum:
            raise Permanent(errors.INVALID_TEXT, f"longer than {self.limit.maximum} by X's count")
        if not parse.posts(self.calls.several([target.external_id])):
            raise Permanent(errors.TARGET_GONE, "deleted, or no longer shown to us")
        try:
            answer = self.calls.create(written, target.external_id)
        except Permanent as error:
            if error.code != errors.FORBIDDEN:
                raise
            there = self._find(target, written)
            if there is None:
                raise Permanent(errors.REPLY_RESTRICTED, error.detail) from None
            return _sent(parse.first_id(there))
        return _made(answer)

    def publish(self, text: str, since: datetime) -> Sent:
        """Publish a post. X refuses the same text twice, in words only: what stands there decides."""
        try:
            return _made(self.calls.create(text, None))
        except Permanent as error:
            there = self.find_post(text, since) if error.code == errors.FORBIDDEN else None
            if there is None:
                raise
            return there

    def find_post(self, text: str, since: datetime) -> Sent | None:
        """Our own post with that text that answers nobody, published since then."""
        where = {"since_id": str(parse.id_at(since - SKEW))}
        for _page in range(PAGES):
            found = parse.posts(self.calls.own(self.me, 100, **where))
            for one in found:
                if parse.replied_to(one) is None and _says(one, text):
                    return _sent(parse.first_id(one))
            if not found:
                break
            where["until_id"] = str(min(int(parse.post_id(one)) for one in found))
        return None

    def look_up(self, target: Target, text: str) -> Sent | None:
        """Our own reply with that text under that post."""
        found = self._find(target, plain(text).strip())
        return _sent(parse.first_id(found)) if found else None

    def moderate(self, target: Target, act: Moderation) -> Status:
        """Hide an answer below a post of ours, or show it again. Doing it twice is harmless."""
        hidden = act is Moderation.HOLD
        self.calls.hide(target.external_id, hidden=hidden)
        return Status.HELD if hidden else Status.LIVE

    def _find(self, target: Target, text: str) -> dict[str, Any] | None:
        return next((one for one in self._replies(target) if _says(one, text)), None)

    def _replies(self, target: Target) -> Iterator[dict[str, Any]]:
        """Our own answers to a post, newest first: all are younger than it."""
        where = {"since_id": target.external_id}
        for _page in range(PAGES):
            found = parse.posts(self.calls.own(self.me, 100, **where))
            yield from (one for one in found if parse.replied_to(one) == target.external_id)
            if not found:
                return
            where["until_id"] = str(min(int(parse.post_id(one)) for one in found))


def _says(post: dict[str, Any], text: str) -> bool:
    shown, ours = _NAMES.sub("", parse.text(post), count=1), _NAMES.sub("", text, count=1)
    if " ".join(shown.split()) == " ".join(ours.split()):
        return True
    bare = bare_words(ours)
    return bool(bare) and bare == bare_words(shown)


def _made(answer: dict[str, Any]) -> Sent:
    made = answer.get("data")
    if not isinstance(made, dict) or not made.get("id"):
        raise OutcomeUnknown(errors.BAD_ANSWER, "no post in the answer to one")
    return _sent(str(made["id"]))


def _sent(number: str) -> Sent:
    return Sent(number, parse.link(number))
