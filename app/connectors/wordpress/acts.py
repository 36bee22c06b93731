"""Acting on a site: replies, finding our own replies again, moderation."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.decoding import objects
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, Transient
from app.connectors.ports import Moderation, Sent, Status, Target
from app.connectors.wordpress import parse
from app.connectors.wordpress.client import Client, RefusedError
from app.connectors.wordpress.reader import COMMENTS, GONE, NOT_SHOWN
from app.core.markup import from_html
from app.core.text import bare_words, plain

SKEW = timedelta(minutes=15)
"""How far the site's clock may be behind ours when we look for a reply of ours."""
PAGES = 5
"""How many hundreds of our own newest comments under one post are searched for a reply."""
_FIELDS = "id,post,parent,author,date_gmt,link,status,content"
_WORDS = {
    Moderation.APPROVE: "approve",
    Moderation.HOLD: "hold",
    Moderation.SPAM: "spam",
    Moderation.TRASH: "trash",
}
_AFTER = {
    Moderation.APPROVE: Status.LIVE,
    Moderation.HOLD: Status.HELD,
    Moderation.SPAM: Status.SPAM,
    Moderation.TRASH: Status.TRASH,
}
# What WordPress's typography (wptexturize) makes of typed characters, back again, so that a reply is recognised.
_TYPED = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "″": '"', "‘": "'", "’": "'", "‚": "'", "′": "'", "–": "-", "—": "-"}
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts as one account. ``rights``: ``moderator``, ``author`` (lists own comments in all states) or ``member``."""

    client: Client
    rights: str
    me: int | None

    def reply(self, target: Target, text: str) -> Sent:
        """Post a reply. WordPress takes a parent that does not exist, so the parent is looked at first."""
        parent = self._parent(target)
        # Escaped, so that an administrator's right to post any HTML never turns somebody's text into a script.
        content = html.escape(plain(text), quote=False)
        body = {"post": parent.get("post"), "parent": parent.get("id"), "content": content}
        try:
            answer = self.client.post(COMMENTS, body)
        except RefusedError as refused:
            if refused.code != "comment_duplicate":
                raise self.client.error_for(refused, act=True) from None
            return self._already_there(target, text)
        if not isinstance(answer.data, dict) or not isinstance(answer.data.get("id"), int):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no comment in the answer to a reply")
        return _sent(answer.data)

    def look_up(self, target: Target, text: str, since: datetime | None) -> Sent | None:
        """Our own reply with that text. When its parent was deleted WordPress has moved it up, so any parent will do
        then."""
        ours = [one for one in self._own(target, since) if _says(one, text)]
        nested = [one for one in ours if str(one.get("parent")) == target.external_id]
        if not nested and ours and self._is_gone(target):
            nested = ours
        if nested:
            return _sent(nested[0])
        if self.rights == "member":  # a reply that waits for approval is in no list that a member may read
            raise Permanent(errors.NOT_SUPPORTED, "this account can't list its own comments")
        return None

    def moderate(self, target: Target, act: Moderation) -> Status:
        """Bring a comment into a state; nothing is asked of WordPress when it is there already."""
        before = self._state(target)
        if before is _AFTER[act]:
            return before
        if before is Status.DELETED:
            if act is Moderation.TRASH:
                return before
            raise Permanent(errors.TARGET_GONE, "the comment was deleted")
        failure: ConnectorError | None = None
        try:
            self.client.post(f"{COMMENTS}/{target.external_id}", {"status": _WORDS[act]})
        except RefusedError as refused:
            failure = self.client.error_for(refused, act=True)
        except OutcomeUnknown as error:
            # WordPress answers 500 also when a state did not change, and when it has no trash and deletes at once.
            if error.code != errors.SERVER_ERROR:
                raise
        after = self._state(target)
        if after is _AFTER[act] or (after is Status.DELETED and act is Moderation.TRASH):
            return after
        raise failure or Transient(errors.SERVER_ERROR, f"asked for {act}, but the comment is {after}")

    def _parent(self, target: Target) -> dict[str, Any]:
        """The comment to answer. Raises Permanent(TARGET_GONE) when it is not there to be answered."""
        parent = self._get(target)
        if parent is None or parse.status(parent) in (Status.SPAM, Status.TRASH):
            raise Permanent(errors.TARGET_GONE, "deleted, in the trash or marked as spam")
        return parent

    def _state(self, target: Target) -> Status:
        found = self._get(target)
        return parse.status(found) if found else Status.DELETED

    def _is_gone(self, target: Target) -> bool:
        return self._get(target) is None

    def _get(self, target: Target) -> dict[str, Any] | None:
        context = "edit" if self.rights == "moderator" else "view"
        try:
            answer = self.client.try_get(f"{COMMENTS}/{target.external_id}", context=context, _fields="id,post,status")
        except RefusedError as refused:
            if refused.code in GONE or (refused.code in NOT_SHOWN and refused.response.status == 403):
                return None
            raise self.client.error_for(refused, act=False) from None
        if not isinstance(answer.data, dict):
            raise Permanent(errors.BAD_ANSWER, "not a comment")
        return answer.data

    def _already_there(self, target: Target, text: str) -> Sent:
        """After 409: WordPress has the same text by us under the same parent. It compares without regard to case and
        accents, so a near match is what it means."""
        found = self.look_up(target, text, None)
        if found is None:
            here = [one for one in self._own(target, None) if str(one.get("parent")) == target.external_id]
            close = [one for one in here if _is_near(one, text)]
            found = _sent(close[0]) if close else None
        if found is None:
            raise Permanent(errors.REFUSED, "comment_duplicate, and no such reply of ours is to be found")
        return found

    def _own(self, target: Target, since: datetime | None) -> Iterator[dict[str, Any]]:
        """Our comments under the target's post, newest first, back to ``since``."""
        if self.me is None:
            raise AuthExpired(errors.WRONG_CREDENTIALS, "the connection was never checked")
        params: dict[str, str | int] = {"post": target.post_external_id, "orderby": "date_gmt", "order": "desc"}
        params |= {"per_page": 100, "_fields": _FIELDS}
        if self.rights != "member":
            params |= {"author": self.me, "status": "any"}
        if self.rights == "moderator":
            params["context"] = "edit"
        for page in range(1, PAGES + 1):
            answer = self.client.get(COMMENTS, **params, page=page)
            found = list(objects(answer.data))
            for one in found:
                if since is not None and _date(one) < since - SKEW:
                    return
                if one.get("author") == self.me:
                    yield one
            if page >= int(answer.response.headers.get("x-wp-totalpages") or 1):
                return


def _sent(data: dict[str, Any]) -> Sent:
    link = data.get("link")
    return Sent(str(parse.comment_id(data)), link if isinstance(link, str) else None, parse.status(data))


def _date(data: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(data.get("date_gmt"))).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _words(text: str) -> str:
    """A text as far as it survives WordPress: its white space and invisible characters do not."""
    typed = re.sub("-+", "-", text.translate(_TYPED))
    return " ".join("".join(c for c in typed if c.isprintable() or c.isspace()).split())


def _words_of(data: dict[str, Any], form: str) -> str:
    content = data.get("content")
    stored = content.get(form) if isinstance(content, dict) else None
    if not isinstance(stored, str):
        return ""
    return _words(from_html(stored) if form == "rendered" else html.unescape(stored))


def _says(data: dict[str, Any], text: str) -> bool:
    """Whether a comment is that text. Only moderators are shown what was typed; others see the blog's typography, which
    also makes pictures of smileys."""
    typed = _words_of(data, "raw")
    return _words(text) in (typed, _words_of(data, "rendered")) or (not typed and _is_near(data, text))


def _is_near(data: dict[str, Any], text: str) -> bool:
    bare = bare_words(text)
    return bool(bare) and bare in (bare_words(_words_of(data, "raw")), bare_words(_words_of(data, "rendered")))
