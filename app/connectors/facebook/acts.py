"""Acting as a Page: replies, finding our own again, private replies, hiding, deleting, liking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import ConnectorError, OutcomeUnknown, Permanent
from app.connectors.facebook import parse
from app.connectors.meta.client import DUPLICATE, Graph, RefusedError, following, moment, rows, same_words
from app.connectors.meta.messages import Letters, conversation_of
from app.connectors.ports import Moderation, Sent, Status, Target
from app.core.text import plain

SKEW = timedelta(minutes=15)
PAGES = 5
"""How many hundreds of the newest replies under one comment are searched for ours."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts as one Page; ``page`` is its number."""

    graph: Graph
    page: str

    def reply(self, target: Target, text: str) -> Sent:
        """Post a reply. Meta takes no idempotency key, and refuses the same words twice in a row at best."""
        try:
            answer = self.graph.post(f"{target.external_id}/comments", message=plain(text))
        except RefusedError as refused:
            if refused.code != DUPLICATE:
                raise self.graph.error_for(refused, act=True) from None
            return self._already_there(target, text)
        if not isinstance(answer.get("id"), str):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no number in the answer to a reply")
        return Sent(answer["id"], None)

    def look_up(self, target: Target, text: str, since: datetime | None) -> Sent | None:
        """Our reply of that text, the newest first. A reply to a reply may hang on the comment above it."""
        for edge in self._edges(target):
            found = self._ours(edge, text, since)
            if found is not None:
                return found
        return None

    def letters(self) -> Letters:
        """Writes to people in private."""
        return Letters(self.graph, self.page, self.page, self._conversation)

    def _conversation(self, target: Target) -> str | None:
        fields = "id,can_reply_privately,private_reply_conversation"
        if target.external_id == target.post_external_id:  # a visitor's post does not say more
            fields = "id,can_reply_privately"
        found = self.graph.one(target.external_id, fields)
        if found is None:
            raise Permanent(errors.NOT_SUPPORTED, "the comment is gone, and with it the way to what was answered")
        return conversation_of(found)

    def moderate(self, target: Target, act: Moderation) -> Status:
        """Carry out ``act``; twice is harmless."""
        try:
            return self._moderate(target.external_id, act)
        except RefusedError as refused:
            if refused.absent and act is Moderation.DELETE:
                return Status.DELETED
            raise self.graph.error_for(refused, act=True) from None

    def _moderate(self, comment: str, act: Moderation) -> Status:
        if act is Moderation.DELETE:
            _done(self.graph.delete(comment))
            return Status.DELETED
        if act is Moderation.LIKE:
            _done(self.graph.post(f"{comment}/likes"))
            return Status.LIVE
        hide = act is Moderation.HOLD
        _done(self.graph.post(comment, is_hidden="true" if hide else "false"))
        return Status.HELD if hide else Status.LIVE

    def _already_there(self, target: Target, text: str) -> Sent:
        try:
            found = self.look_up(target, text, None)
        except ConnectorError as error:
            raise OutcomeUnknown(error.code, f"Meta's code {DUPLICATE}, and it could not be looked up") from None
        if found is None:  # the same words were said elsewhere just now
            raise Permanent(errors.INVALID_TEXT, f"Meta's code {DUPLICATE}: the same words again; change them a little")
        return found

    def _edges(self, target: Target) -> list[str]:
        """The comment itself, and the one above it where there is one."""
        if target.external_id == target.post_external_id:
            return [target.external_id]
        try:
            found = self.graph.try_get(target.external_id, fields="id,parent{id}")
        except RefusedError as refused:
            if refused.absent:
                raise Permanent(errors.TARGET_GONE, "the comment is gone, and any reply with it") from None
            raise self.graph.error_for(refused, act=False) from None
        parent = found.get("parent")
        above = [str(parent["id"])] if isinstance(parent, dict) and parent.get("id") else []
        return [target.external_id, *above]

    def _ours(self, edge: str, text: str, since: datetime | None) -> Sent | None:
        after: str | None = ""
        for _number in range(PAGES):
            answer = self.graph.get(
                f"{edge}/comments",
                filter="stream",
                order="reverse_chronological",
                fields=parse.COMMENT_FIELDS,
                limit="100",
                **({"after": after} if after else {}),
            )
            for one in rows(answer):
                at = moment(one.get("created_time"))
                if since is not None and at is not None and at < since - SKEW:
                    return None
                if self._is_it(one, edge, text):
                    return Sent(str(one["id"]), one.get("permalink_url"))
            after = following(answer)
            if after is None:
                return None
        raise OutcomeUnknown(errors.BAD_ANSWER, f"more than {PAGES * 100} replies since")

    def _is_it(self, one: dict[str, Any], edge: str, text: str) -> bool:
        author, parent = one.get("from"), one.get("parent")
        if not isinstance(author, dict) or str(author.get("id")) != self.page:
            return False
        hangs_on = str(parent.get("id")) if isinstance(parent, dict) else edge
        return hangs_on == edge and same_words(text, str(one.get("message", "")))


def _done(answer: dict[str, Any]) -> None:
    """Meta answers ``{"success": true}``."""
    if answer.get("success") is False:
        raise Permanent(errors.REFUSED, "Meta says that it was not done")
