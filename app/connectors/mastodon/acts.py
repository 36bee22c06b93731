"""Answering: replies, and finding our own replies again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent
from app.connectors.lengths import length
from app.connectors.mastodon import parse
from app.connectors.mastodon.client import Client
from app.connectors.mastodon.reader import STATUSES, Me, Reader
from app.connectors.ports import LengthLimit, LengthUnit, Sent, Target
from app.core.text import bare_words, plain

SKEW = timedelta(minutes=15)
"""How far the server's clock may be behind ours when we look for a reply of ours."""
PAGES = 10
"""How many pages of our own newest statuses are searched for a reply."""
VISIBILITIES = ("public", "unlisted", "private", parse.DIRECT)


@dataclass(frozen=True, slots=True)
class Actor:
    """Answers as one account. ``most`` is the server's own limit, ``limit`` the one for what people write."""

    client: Client
    reader: Reader
    me: Me
    most: int
    limit: LengthLimit

    def reply(self, target: Target, text: str, key: str, *, private: bool = False) -> Sent:
        """Post a reply: to the person, in the same visibility or for them alone, under the same content warning.

        A server posts an answer to a status that is gone as a status of its own, so the status is looked at first; and
        some servers ignore the key, so our own newest replies are looked at, too.
        """
        asked = self.reader.one(target.external_id)
        if asked is None:
            raise Permanent(errors.TARGET_GONE, "deleted, or no longer shown to us")
        written = plain(text).strip()
        warning = str(asked.get("spoiler_text") or "")
        full = self._addressed(asked, written)
        unit = LengthUnit.MASTODON
        if length(written, unit) > self.limit.maximum or length(full, unit) + len(warning) > self.most:
            raise Permanent(errors.INVALID_TEXT, f"longer than the server's {self.most} characters")
        before = self._find(target, written, None, pages=1, private=private)
        if before is not None:
            return parse.sent(before)
        visibility = parse.DIRECT if private else asked.get("visibility")
        body: dict[str, Any] = {"status": full, "in_reply_to_id": target.external_id}
        body["visibility"] = visibility if visibility in VISIBILITIES else parse.DIRECT
        if warning:
            body["spoiler_text"] = warning
        if isinstance(asked.get("language"), str):
            body["language"] = asked["language"]
        posted = self.client.post(STATUSES, body, key=key)
        if parse.identity(posted) is None:
            raise OutcomeUnknown(errors.BAD_ANSWER, "no status in the answer to a reply")
        return parse.sent(posted)

    def look_up(self, target: Target, text: str, since: datetime, *, private: bool = False) -> Sent | None:
        """Our own reply with that text. The link to its parent is lost when that was deleted, so any will do then."""
        found = self._find(target, plain(text).strip(), since, pages=PAGES, private=private)
        return parse.sent(found) if found else None

    def _find(
        self, target: Target, text: str, since: datetime | None, *, pages: int, private: bool
    ) -> dict[str, Any] | None:
        """A direct status is a private reply, but where what it answers is one too."""
        same = [one for one in self._own(since, pages) if self._says(one, text)]
        if private:
            same = [one for one in same if parse.is_direct(one)]
        elif any(parse.is_direct(one) for one in same):
            asked = self.reader.one(target.external_id)
            same = [one for one in same if not parse.is_direct(one) or (asked is not None and parse.is_direct(asked))]
        under = next((one for one in same if parse.reply_to(one) == target.external_id), None)
        if under is not None or since is None:
            return under
        loose = next((one for one in same if parse.reply_to(one) is None), None)
        return loose if loose is not None and self.reader.one(target.external_id) is None else None

    def _own(self, since: datetime | None, pages: int) -> Iterator[dict[str, Any]]:
        """Our own statuses, newest first, back to ``since``."""
        before: dict[str, str] = {}
        for _page in range(pages):
            found = self.reader.own(before)
            for one in found:
                at = parse.published(one)
                if since is not None and at is not None and at < since - SKEW:
                    return
                yield one
            if not found:
                return
            before = {"max_id": min((parse.status_id(one) for one in found), key=parse.order)}

    def _addressed(self, asked: dict[str, Any], text: str) -> str:
        """The text, beginning with the name of whom it is for: without it they would not be told."""
        account = asked.get("account")
        handle = str(account.get("acct") or "") if isinstance(account, dict) else ""
        named = re.search(rf"(?<![\w@])@{re.escape(handle)}(?![\w@.-]*\w)", text, re.IGNORECASE)
        return text if named or not handle or parse.account_id(asked) == self.me.id else f"@{handle} {text}"

    def _says(self, status: dict[str, Any], text: str) -> bool:
        """Whether a status is that text. Servers show ``@ann@example.org`` as ``@ann``, white space as they like."""
        shown = parse.text(status, self.me.id, self.me.name)
        if _folded(shown) == _folded(text):
            return True
        bare = bare_words(parse.local(text))
        return bool(bare) and bare == bare_words(parse.local(shown))


def _folded(text: str) -> str:
    return " ".join(parse.local(text).split())
