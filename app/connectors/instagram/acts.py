"""Acting as an account: replies, finding our own again, private replies, hiding, deleting."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent
from app.connectors.instagram import parse
from app.connectors.instagram.parse import Me
from app.connectors.meta.client import Graph, RefusedError, following, moment, rows, same_words
from app.connectors.meta.messages import Letters, conversation_with
from app.connectors.ports import Moderation, Sent, Status, Target
from app.core.text import plain

SKEW = timedelta(minutes=15)
PAGES = 20
"""How many fifties of replies under one comment are searched for ours."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts as one account."""

    graph: Graph
    me: Me
    page: str
    """The number of the Page that the account is linked to; its inbox is the account's."""

    def reply(self, target: Target, text: str) -> Sent:
        """Post a reply. Meta guards against nothing here, so the same words of ours are looked for first."""
        mention = parse.mentioned(target.external_id)
        if mention is not None:
            return self._answer_mention(*mention, text)
        top = self._top(target)
        standing = self._ours(top, text, None)
        if standing is not None:
            return standing
        try:
            return _sent(self.graph.post(f"{target.external_id}/replies", message=plain(text)))
        except RefusedError as refused:
            raise self.graph.error_for(refused, act=True) from None

    def look_up(self, target: Target, text: str, since: datetime | None) -> Sent | None:
        """Our reply of that text. Raises Permanent(NOT_SUPPORTED) below other people's media, where we can't look."""
        if parse.mentioned(target.external_id) is not None:
            raise Permanent(errors.NOT_SUPPORTED, "what stands below other people's media can't be read")
        return self._ours(self._top(target), text, since)

    def letters(self) -> Letters:
        """Writes to people in private."""
        return Letters(self.graph, self.page, self.me.id, self._conversation)

    def _conversation(self, target: Target) -> str | None:
        found = self.graph.one(target.external_id, "id,from{id,username}")
        author = found.get("from") if found else None
        if not isinstance(author, dict) or not author.get("id"):
            raise Permanent(errors.NOT_SUPPORTED, "Meta does not say who wrote the comment")
        return conversation_with(self.graph, self.page, str(author["id"]))

    def moderate(self, target: Target, act: Moderation) -> Status:
        """Carry out ``act``; twice is harmless."""
        try:
            if act is Moderation.DELETE:
                self.graph.delete(target.external_id)
                return Status.DELETED
            hide = act is Moderation.HOLD
            self.graph.post(target.external_id, hide="true" if hide else "false")
        except RefusedError as refused:
            if refused.absent and act is Moderation.DELETE:
                return Status.DELETED
            raise self.graph.error_for(refused, act=True) from None
        return Status.HELD if hide else Status.LIVE

    def _answer_mention(self, media: str, comment: str, text: str) -> Sent:
        about = {"media_id": media} | ({"comment_id": comment} if comment else {})
        try:
            answer = self.graph.post(f"{self.me.id}/mentions", message=plain(text), **about)
        except RefusedError as refused:
            raise self.graph.error_for(refused, act=True) from None
        return _sent(answer)

    def _top(self, target: Target) -> str:
        """The comment that replies hang on: a reply to a reply is put below the one above."""
        try:
            found = self.graph.try_get(target.external_id, fields="id,parent_id")
        except RefusedError as refused:
            if refused.absent:
                raise Permanent(errors.TARGET_GONE, "the comment is gone, and any reply with it") from None
            raise self.graph.error_for(refused, act=False) from None
        return str(found.get("parent_id") or target.external_id)

    def _ours(self, top: str, text: str, since: datetime | None) -> Sent | None:
        after: str | None = ""
        for _number in range(PAGES):
            params = {"fields": parse.ONE, "limit": "50"} | ({"after": after} if after else {})
            answer = self.graph.get(f"{top}/replies", **params)
            for one in rows(answer):
                at = moment(one.get("timestamp"))
                late = since is None or at is None or at >= since - SKEW
                if late and self._is_it(one, text):
                    return Sent(str(one["id"]), None)
            after = following(answer)
            if after is None:
                return None
        raise OutcomeUnknown(errors.BAD_ANSWER, f"more than {PAGES * 50} replies")

    def _is_it(self, one: dict[str, Any], text: str) -> bool:
        author = one.get("from")
        number = str(author.get("id")) if isinstance(author, dict) else ""
        ours = number == self.me.id or str(one.get("username", "")).lower() == self.me.username.lower()
        return ours and same_words(text, str(one.get("text", "")))


def _sent(answer: dict[str, Any]) -> Sent:
    if not isinstance(answer.get("id"), str):
        raise OutcomeUnknown(errors.BAD_ANSWER, "no number in the answer to a reply")
    return Sent(answer["id"], None)
