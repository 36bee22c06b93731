"""Everything that is stored of comments, in portions, for taking it elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.connectors.ports import Status
from app.inbox.models import Comment

PORTION = 1_000


@dataclass(frozen=True, slots=True)
class Exported:
    """A stored comment. ``page`` is the page's id, ``parent`` the external id of the comment it answers."""

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
        )
        .where(Comment.id > after)
        .order_by(Comment.id)
        .limit(limit)
    )
    if page_id is not None:
        query = query.where(Comment.page_id == page_id)
    return [Exported(**row) for row in session.execute(query).mappings()]
