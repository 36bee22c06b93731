"""Everything that is stored of comments, in portions, for taking it elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.connectors.ports import Status
from app.contacts.models import Identity
from app.contacts.rules import own_key
from app.inbox.models import Comment, Post

PORTION = 1_000


@dataclass(frozen=True, slots=True)
class Exported:
    """A stored comment. ``page`` is the page's id, ``parent`` the external id of the comment it answers; ``author_id``
    is the platform's own id of the person, ``post`` that of what the comment stands under."""

    id: int
    external_id: str
    author: str
    text: str
    published_at: datetime
    parent: str | None
    url: str | None
    status: Status
    page: int
    is_us: bool
    private: bool
    author_id: str | None
    author_url: str | None
    author_email: str | None
    post: str
    post_title: str | None
    post_url: str | None


def export(session: Session, *, page_id: int | None = None, after: int = 0, limit: int = PORTION) -> list[Exported]:
    """The next stored comments after the one with id ``after``, in the order of their arrival; empty at the end.

    However far on, a portion of the whole costs the same.
    """
    query = (
        select(
            Comment.id,
            Comment.external_id,
            Comment.author_name.label("author"),
            Comment.text,
            Comment.published_at,
            Comment.parent_external_id.label("parent"),
            Comment.url,
            Comment.status,
            Comment.page_id.label("page"),
            Comment.is_us,
            Comment.private,
            Identity.key.label("author_id"),
            Identity.url.label("author_url"),
            Identity.email.label("author_email"),
            Post.external_id.label("post"),
            Post.title.label("post_title"),
            Post.url.label("post_url"),
        )
        .join(Post, Post.id == Comment.post_id)
        .outerjoin(Identity, Identity.id == Comment.identity_id)
        .where(Comment.id > after)
        .order_by(Comment.id)
        .limit(limit)
    )
    if page_id is not None:
        query = query.where(Comment.page_id == page_id)
    return [
        Exported(**{**row, "author_id": own_key(row["author_id"]) if row["author_id"] else None})
        for row in session.execute(query).mappings()
    ]
