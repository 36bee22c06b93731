"""What is indexed of comments, replies, notes and contacts, read from where it is stored."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.contacts.models import Contact, Identity
from app.inbox.models import Comment, Conversation, Note
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies.models import Reply
from app.search.types import Kind
from app.sending.types import SendState


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found, as it is stored now."""

    id: int
    conversation_id: int | None
    page_id: int | None
    author: str
    text: str
    at: datetime
    private: bool = False


def read(session: Session, kind: Kind, ids: Collection[int]) -> Iterator[Document]:
    """Those that are there, in no order, with one statement. What was removed, or belongs to no conversation, is
    left out."""
    return _READERS[kind](session, ids)


def _comments(session: Session, ids: Collection[int]) -> Iterator[Document]:
    query = select(
        Comment.id,
        Comment.conversation_id,
        Comment.page_id,
        Comment.author_name,
        Comment.text,
        Comment.published_at,
        Comment.private,
    ).where(Comment.id.in_(ids), Comment.conversation_id.is_not(None))
    return (Document(*row) for row in session.execute(query))


def _notes(session: Session, ids: Collection[int]) -> Iterator[Document]:
    query = (
        select(Note.id, Note.conversation_id, Conversation.page_id, User.name, Note.text, Note.created_at)
        .join(Conversation, Conversation.id == Note.conversation_id)
        .join(User, User.id == Note.author_id)
        .where(Note.id.in_(ids))
    )
    return (Document(*row) for row in session.execute(query))


def _replies(session: Session, ids: Collection[int]) -> Iterator[Document]:
    query = (
        select(
            Reply.id,
            Reply.conversation_id,
            Conversation.page_id,
            User.name,
            Reply.text,
            Reply.created_at,
            Delivery.act == Act.PRIVATE_REPLY,
        )
        .join(Conversation, Conversation.id == Reply.conversation_id)
        .join(User, User.id == Reply.author_id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(Reply.id.in_(ids), Delivery.state != SendState.CANCELLED)
    )
    return (Document(*row) for row in session.execute(query))


def _contacts(session: Session, ids: Collection[int]) -> Iterator[Document]:
    query = (
        select(Contact.id, Contact.name, Contact.created_at, Identity.name, Identity.email, Identity.url)
        .outerjoin(Identity, Identity.contact_id == Contact.id)
        .where(Contact.id.in_(ids))
        .order_by(Contact.id, Identity.id)
    )
    known: dict[int, tuple[str, datetime, dict[str, None]]] = {}
    for contact_id, name, at, *parts in session.execute(query):
        words = known.setdefault(contact_id, (name, at, {}))[2]
        words.update(dict.fromkeys(part for part in parts if part and part != name))
    return (Document(key, None, None, name, " · ".join(words), at) for key, (name, at, words) in known.items())


_READERS: Mapping[Kind, Callable[[Session, Collection[int]], Iterator[Document]]] = {
    Kind.COMMENT: _comments,
    Kind.NOTE: _notes,
    Kind.REPLY: _replies,
    Kind.CONTACT: _contacts,
}
