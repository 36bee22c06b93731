"""Private replies: one message into the inbox of a comment's author, through the Page that the account is or is linked
to.

Meta takes one to each comment, within seven days (its pages on private replies, of April and July 2026), and no
idempotency key. A second one is refused with code 10900, so nothing is ever sent twice; whether the first was ours is
read in the conversation with the person.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import ConnectorError, OutcomeUnknown, Permanent
from app.connectors.meta.client import Graph, RefusedError, following, moment, rows, same_words
from app.connectors.ports import LengthLimit, LengthUnit, PrivateReplies, Sent, Target
from app.core.text import plain

PERMISSION = "pages_messaging"
WITHIN = timedelta(days=7)
ON_MESSENGER = PrivateReplies(LengthLimit(2_000, LengthUnit.CHARACTERS), within=WITHIN, once=True)
ON_INSTAGRAM = PrivateReplies(LengthLimit(1_000, LengthUnit.BYTES), within=WITHIN, once=True)
SKEW = timedelta(minutes=15)
PAGES = 5
"""How many fifties of the newest messages with one person are searched for ours."""
_ANSWERED = 10_900
_NO_ONE_TO_WRITE_TO = frozenset({551, 10_901, 10_902, 10_903})
"""The person, the comment's age or its kind do not allow it."""
_FIELDS = "id,from,message,created_time"
Find = Callable[[Target], str | None]
"""The conversation, in the Page's inbox, that a private reply to this comment would stand in; None when there is none.
Raises Permanent(NOT_SUPPORTED) where that can't be known."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes to people as one Page. ``ours`` is the number that messages of the account come from."""

    graph: Graph
    page: str
    ours: str
    find: Find

    def send(self, target: Target, text: str) -> Sent:
        """Write to the author of a comment, or of a visitor's post."""
        named = "post_id" if target.external_id == target.post_external_id else "comment_id"
        try:
            answer = self.graph.post(
                f"{self.page}/messages",
                recipient=json.dumps({named: target.external_id}),
                message=json.dumps({"text": plain(text)}, ensure_ascii=False),
                messaging_type="RESPONSE",
            )
        except RefusedError as refused:
            if refused.code == _ANSWERED:
                return self._already_there(target, text)
            if refused.code in _NO_ONE_TO_WRITE_TO:
                raise Permanent(errors.REFUSED, f"Meta's code {refused.code}: nobody to write to") from None
            raise self.graph.error_for(refused, act=True) from None
        if not isinstance(answer.get("message_id"), str):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no number in the answer to a private reply")
        return Sent(answer["message_id"], None)

    def look_up(self, target: Target, text: str, since: datetime | None) -> Sent | None:
        """Our message of that text to the author of a comment."""
        conversation = self.find(target)
        after: str | None = "" if conversation else None
        for _number in range(PAGES):
            if after is None:
                return None
            answer = readable(
                self.graph,
                f"{conversation}/messages",
                {"fields": _FIELDS, "limit": "50"} | ({"after": after} if after else {}),
            )
            for one in rows(answer):
                at = moment(one.get("created_time"))
                if since is not None and at is not None and at < since - SKEW:
                    return None
                if self._is_it(one, text):
                    return Sent(str(one["id"]), None)
            after = following(answer)
        raise OutcomeUnknown(errors.BAD_ANSWER, f"more than {PAGES * 50} messages since")

    def _is_it(self, one: Mapping[str, Any], text: str) -> bool:
        author = one.get("from")
        ours = isinstance(author, dict) and str(author.get("id")) in (self.ours, self.page)
        return ours and same_words(text, str(one.get("message", "")))

    def _already_there(self, target: Target, text: str) -> Sent:
        try:
            found = self.look_up(target, text, None)
        except ConnectorError as error:
            raise OutcomeUnknown(error.code, f"Meta's code {_ANSWERED}, and it could not be looked up") from None
        if found is None:  # somebody wrote to them at the page itself
            raise Permanent(errors.ANSWERED_BEFORE, f"Meta's code {_ANSWERED}")
        return found


def readable(graph: Graph, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    """An answer about messages. Raises Permanent(NOT_SUPPORTED) where the token may write them but not read them."""
    try:
        return graph.try_get(path, **params)
    except RefusedError as refused:
        if refused.no_right or refused.absent:
            raise Permanent(errors.NOT_SUPPORTED, f"Meta's code {refused.code}: messages can't be read") from None
        raise graph.error_for(refused, act=False) from None


def conversation_of(comment: Mapping[str, Any]) -> str | None:
    """What a Facebook comment says of a private reply to it; as ``Find``."""
    there = comment.get("private_reply_conversation")
    if isinstance(there, dict) and there.get("id"):
        return str(there["id"])
    if comment.get("can_reply_privately") is True:
        return None
    raise Permanent(errors.NOT_SUPPORTED, "Meta does not say whether the comment was answered in private")


def conversation_with(graph: Graph, page: str, person: str) -> str | None:
    """The conversation with a person on Instagram; as ``Find``."""
    params = {"platform": "INSTAGRAM", "user_id": person, "fields": "id", "limit": "1"}
    found = rows(readable(graph, f"{page}/conversations", params))
    return str(found[0]["id"]) if found else None
