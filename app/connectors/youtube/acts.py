"""Acting as a channel: replies, finding our own again, holding back, publishing, rejecting, banning."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent
from app.connectors.google.client import rows
from app.connectors.ports import LengthLimit, Moderation, Sent, Status, Target
from app.connectors.youtube import parse
from app.connectors.youtube.calls import Answer, Calls
from app.connectors.youtube.quota import Purpose
from app.core.text import bare_words, plain

SKEW = timedelta(minutes=15)
PAGES = 5
"""How many hundreds of a thread's replies are searched for ours."""
ACTS = {
    Moderation.APPROVE: ("published", Status.LIVE),
    Moderation.HOLD: ("heldForReview", Status.HELD),
    Moderation.TRASH: ("rejected", Status.TRASH),
    Moderation.BAN: ("rejected", Status.TRASH),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts as one channel, ``channel``."""

    calls: Calls
    channel: str
    limit: LengthLimit

    def reply(self, target: Target, text: str) -> Sent:
        """Post a reply. YouTube takes no idempotency key, so what stands there already is looked for; and it knows two
        levels, so an answer to a reply stands below the first comment and names whom it is for."""
        asked = self._target(target)
        full = self._addressed(target, asked, plain(text).strip())
        if len(full) > self.limit.maximum:
            raise Permanent(errors.INVALID_TEXT, f"longer than {self.limit.maximum} characters")
        standing = self._find(target, full, None)
        if standing is not None:
            return self._sent(standing, asked)
        made = self.calls.reply(parse.top(target.external_id), full)
        if not isinstance(made.get("id"), str):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no id in the answer to a reply")
        return self._sent(made, asked)

    def look_up(self, target: Target, text: str, since: datetime) -> Sent | None:
        """Our own reply of that text in the thread, said since then."""
        asked = next(iter(self.calls.several([target.external_id], purpose=Purpose.ACT)), None)
        full = self._addressed(target, asked or {}, plain(text).strip())
        found = self._find(target, full, since)
        return self._sent(found, asked or {}) if found is not None else None

    def moderate(self, target: Target, act: Moderation) -> Status:
        """Give a comment another state; doing it twice is harmless."""
        status, afterwards = ACTS[act]
        self.calls.moderate(target.external_id, status, ban=act is Moderation.BAN)
        return afterwards

    def _target(self, target: Target) -> Answer:
        found = self.calls.several([target.external_id], purpose=Purpose.ACT)
        if not found:
            raise Permanent(errors.TARGET_GONE, "deleted, or no longer shown to us")
        return found[0]

    def _addressed(self, target: Target, asked: Answer, text: str) -> str:
        """The text, for a reply to a reply with the name of whom it is for."""
        handle = parse.name(asked) if parse.parent(asked | {"id": target.external_id}) else ""
        if not handle.startswith("@") or parse.author_id(asked) == self.channel:
            return text
        named = re.search(rf"(?<![\w@]){re.escape(handle)}(?![\w.-]*\w)", text, re.IGNORECASE)
        return text if named else f"{handle} {text}"

    def _find(self, target: Target, text: str, since: datetime | None) -> Answer | None:
        for one in self._own(parse.top(target.external_id)):
            at = parse.published(one)
            if _says(one, text) and (since is None or at is None or at >= since - SKEW):
                return one
        return None

    def _own(self, thread: str) -> Iterator[Answer]:
        """Our own replies in a thread."""
        page: Any = ""
        for _number in range(PAGES):
            answer = self.calls.replies(thread, page=page, purpose=Purpose.ACT)
            yield from (one for one in rows(answer) if parse.author_id(one) == self.channel)
            page = answer.get("nextPageToken")
            if not isinstance(page, str) or not page:
                return

    def _sent(self, made: Answer, asked: Answer) -> Sent:
        number = parse.comment_id(made)
        video = str(parse.snippet(made).get("videoId") or parse.snippet(asked).get("videoId") or "")
        told = parse.snippet(made).get("moderationStatus")
        return Sent(number, parse.link(number, video), parse.STATES.get(str(told), Status.LIVE))


def _says(comment: Answer, text: str) -> bool:
    shown = parse.text(comment)
    if " ".join(shown.split()) == " ".join(text.split()):
        return True
    bare = bare_words(text)
    return bool(bare) and bare == bare_words(shown)
