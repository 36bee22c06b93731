"""Comments that are stored, as far as a later reading of them needs it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from app.connectors.ports import Status
from app.contacts.models import Identity
from app.inbox.models import Comment


@dataclass(frozen=True, slots=True)
class Known:
    """A stored comment. ``unnamed_key`` is its identity's key where no author's name is shown, and None elsewhere."""

    id: int
    content_hash: str
    status: Status
    conversation_id: int | None
    thread_root: str
    changed_at: datetime
    text: str
    is_us: bool
    identity_id: int | None
    unnamed_key: str | None


COLUMNS = (
    Comment.id,
    Comment.content_hash,
    Comment.status,
    Comment.conversation_id,
    Comment.thread_root,
    Comment.changed_at,
    Comment.text,
    Comment.is_us,
    Comment.identity_id,
    # Looked up for comments without a name only: nearly all have one.
    case(
        (
            func.trim(Comment.author_name) == "",
            select(Identity.key).where(Identity.id == Comment.identity_id).scalar_subquery(),
        )
    ),
)
"""What ``Known`` is made of, in its order."""
