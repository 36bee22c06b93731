"""What one contact said, over all pages, with everybody who was joined with them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.inbox.models import Conversation, Post
from app.inbox.views import HistoryEntry
from app.pages.models import Page

PAGE_LENGTH = 20


def conversations(
    session: Session, actor: Actor, contact_id: int, *, after: int | None = None, limit: int = PAGE_LENGTH
) -> tuple[list[HistoryEntry], int | None]:
    """One screenful of a contact's conversations, the newest first, and where to go on after it. One statement."""
    if not account_rules.may(actor.role, Permission.READ_INBOX):
        return [], None
    query = (
        select(Conversation, Page.name, Post.title)
        .join(Page, Page.id == Conversation.page_id)
        .join(Post, Post.id == Conversation.post_id)
        .where(Conversation.contact_id.in_(contacts.together_with(contact_id)))
        .order_by(Conversation.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Conversation.id < after)
    found = [
        HistoryEntry(one.id, page_name, title, one.snippet, one.state, one.opened_at)
        for one, page_name, title in session.execute(query)
    ]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def must_not_be_contacted(session: Session, conversation_id: int) -> bool:
    """Whether nothing may be sent to the person of a conversation."""
    own, head = aliased(Contact), aliased(Contact)
    query = (
        select(head.do_not_contact)
        .join(own, own.head_id == head.id)
        .join(Conversation, Conversation.contact_id == own.id)
        .where(Conversation.id == conversation_id)
    )
    return bool(session.scalar(query))


def count(session: Session, contact_id: int, limit: int = 100) -> int:
    """How many conversations a contact has, counted to ``limit`` at most."""
    some = select(Conversation.id).where(Conversation.contact_id.in_(contacts.together_with(contact_id))).limit(limit)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def open_ids(session: Session, contact_id: int, limit: int = 500) -> list[int]:
    """The newest conversations of a contact: those that somebody may have on the screen."""
    query = select(Conversation.id).where(Conversation.contact_id.in_(contacts.together_with(contact_id)))
    return list(session.scalars(query.order_by(Conversation.id.desc()).limit(limit)))
