"""Publishing posts on a site. WordPress guards against nothing here: our own newest posts say whether one stands."""

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.connectors import errors
from app.connectors.decoding import objects
from app.connectors.errors import AuthExpired, OutcomeUnknown
from app.connectors.ports import LengthLimit, LengthUnit, Sent, Status
from app.connectors.publishing import SKEW, NewPost, PostForm
from app.connectors.wordpress.client import Client, RefusedError
from app.core.markup import from_html
from app.core.text import bare_words, one_line, plain

POSTS = "/wp/v2/posts"
FORM = PostForm(LengthLimit(50_000, LengthUnit.CHARACTERS), titled=True, links_apart=True)
"""WordPress itself takes four gigabytes."""
PAGES, AT_ONCE = 3, 50
_FIELDS = "id,link,status,author,date_gmt,title,content"


@dataclass(frozen=True, slots=True)
class Poster:
    """Publishes as one account; ``me`` is its number there."""

    client: Client
    me: int | None

    def publish(self, post: NewPost, text: str, since: datetime) -> Sent:
        """Publish, unless it stands there already."""
        there = self.find(post, text, since)
        if there is not None:
            return there
        body = {"title": _escaped(one_line(post.title)), "content": content(post, text), "status": "publish"}
        try:
            answer = self.client.post(POSTS, body)
        except RefusedError as refused:
            raise self.client.error_for(refused, act=True) from None
        if not isinstance(answer.data, dict) or not isinstance(answer.data.get("id"), int):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no post in the answer to a new one")
        return _sent(answer.data)

    def find(self, post: NewPost, text: str, since: datetime) -> Sent | None:
        """Our own post with that title and text, published since then."""
        wanted = (_bare(_escaped(one_line(post.title))), _bare(content(post, text)))
        for one in self._own(since):
            if (_bare(_field(one, "title")), _bare(_field(one, "content"))) == wanted:
                return _sent(one)
        return None

    def _own(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        if self.me is None:
            raise AuthExpired(errors.WRONG_CREDENTIALS, "the connection was never checked")
        params: dict[str, str | int] = {"author": self.me, "orderby": "date", "order": "desc", "per_page": AT_ONCE}
        params |= {"context": "edit", "status": "publish,pending,future", "_fields": _FIELDS}
        for page in range(1, PAGES + 1):
            answer = self.client.get(POSTS, **params, page=page)
            for one in objects(answer.data):
                if _date(one) < since - SKEW:
                    return
                yield one
            if page >= int(answer.response.headers.get("x-wp-totalpages") or 1):
                return


def content(post: NewPost, text: str) -> str:
    """The text as WordPress takes it: escaped, so that no right to post any HTML turns words into a script. Blank
    lines become paragraphs there."""
    parts = [_escaped(plain(text))]
    if post.image:
        parts.insert(0, f'<img src="{html.escape(post.image)}" alt="" />')
    if post.link and post.link not in text:
        address = html.escape(post.link)
        parts.append(f'<a href="{address}">{address}</a>')
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _sent(data: Mapping[str, Any]) -> Sent:
    link = data.get("link")
    status = Status.LIVE if data.get("status") == "publish" else Status.HELD
    return Sent(str(data["id"]), link if isinstance(link, str) else None, status)


def _field(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    raw = value.get("raw") if isinstance(value, dict) else None
    return raw if isinstance(raw, str) else ""


def _bare(markup: str) -> str:
    text = from_html(markup)
    return bare_words(text) or " ".join(text.split())


def _date(data: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(data.get("date_gmt"))).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
