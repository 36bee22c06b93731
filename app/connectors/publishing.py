"""What a connector offers whose platform takes posts of our own, besides ``Connector``.

Every platform guards against a post standing twice in a way of its own, and some not at all: so ``publish`` may be
called again with the same ``key`` and ``since``, and ``look_up_post`` says what came of a call whose answer was lost.
What was published before ``since`` is another use of the same words, and does not count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.lengths import length
from app.connectors.ports import Access, LengthLimit, Sent
from app.core.text import plain

SKEW = timedelta(minutes=15)
"""How far a platform's clock may be behind ours when a post of ours is looked for."""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post of our own."""

    text: str
    """Plain."""
    title: str = ""
    """Only shown where posts have one."""
    link: str = ""
    """A web address it leads to."""
    image: str = ""
    """Web address of a picture, which the platform fetches itself."""
    language: str = ""
    """BCP 47."""


@dataclass(frozen=True, slots=True)
class PostForm:
    """What posts look like somewhere."""

    length: LengthLimit
    """Of what ``shown`` answers."""
    titled: bool = False
    """They have a title, and need one."""
    pictured: bool = False
    """They need a picture."""
    links_apart: bool = False
    """The link is no part of the text."""


@runtime_checkable
class Publisher(Protocol):
    """A connector whose platform takes posts of our own."""

    kind: str

    def publishes(self, access: Access) -> PostForm | None:
        """What posts look like there; None when this connection, given its credentials, may not publish. No request."""
        ...

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        """Publish a post. ``key`` is the same for every try of one post, ``since`` when it was tried first.

        ``Sent.external_id`` is the ``Post.external_id`` of what people say under it. Raises Transient or RateLimited
        only when it certainly does not stand there, OutcomeUnknown when it may.
        """
        ...

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        """Find a post of ours that was published at or after ``since`` (less clock skew); None: it does not stand
        there."""
        ...


def shown(post: NewPost, form: PostForm) -> str:
    """The text as readers see it: the link stands below it, unless the platform has its own place for it or the text
    names it."""
    text = plain(post.text).strip()
    if form.links_apart or not post.link or post.link in text:
        return text
    return f"{text}\n\n{post.link}" if text else post.link


def too_long_by(post: NewPost, form: PostForm) -> int:
    """How much longer it is than the platform takes; 0 when it fits."""
    return max(0, length(shown(post, form), form.length.unit) - form.length.maximum)


def checked(post: NewPost, form: PostForm | None) -> str:
    """The text that is sent. Raises Permanent: NOT_SUPPORTED where nothing may be published, INVALID_TEXT for what the
    platform would not take."""
    if form is None:
        raise Permanent(errors.NOT_SUPPORTED, "this connection may not publish posts")
    text = shown(post, form)
    over = too_long_by(post, form)
    if not text or over:
        raise Permanent(errors.INVALID_TEXT, f"{over} over {form.length.maximum}" if over else "no text")
    if form.titled and not post.title.strip():
        raise Permanent(errors.INVALID_TEXT, "no title")
    if form.pictured and not post.image:
        raise Permanent(errors.INVALID_TEXT, "no picture")
    return text
