"""Tables of conversations: conversations, conversation_events, conversation_marks, tags, conversation_tags."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.connectors.ports import SaidAs
from app.core.db import Base, BigId
from app.inbox.types import ConversationState, EventKind, Mark, Priority


class Conversation(Base):
    """One person's comments in one thread, and our replies: the unit that is assigned."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("page_id", "thread_root", "identity_id"),
        Index("ix_conversations_queue", "team_id", "state", "sort_at", "id"),
        Index("ix_conversations_state", "state", "sort_at", "id"),
        Index("ix_conversations_news", "state", "news_at"),
        Index("ix_conversations_assignee", "assignee_id", "state", "sort_at", "id"),
        Index("ix_conversations_page", "page_id", "state", "sort_at", "id"),
        Index("ix_conversations_post", "post_id"),
        Index("ix_conversations_contact", "contact_id", "id"),
        Index(
            "ix_conversations_unrouted",
            "id",
            sqlite_where=text("routed_at IS NULL"),
            postgresql_where=text("routed_at IS NULL"),
        ),
        Index(
            "ix_conversations_put_off",
            "put_off_until",
            sqlite_where=text("put_off_until IS NOT NULL"),
            postgresql_where=text("put_off_until IS NOT NULL"),
        ),
        Index(
            "ix_conversations_private",
            "state",
            "sort_at",
            "id",
            sqlite_where=text("private = 1"),
            postgresql_where=text("private"),
        ),
        Index(
            "ix_conversations_said_as",
            "said_as",
            "state",
            "sort_at",
            "id",
            sqlite_where=text("said_as IS NOT NULL"),
            postgresql_where=text("said_as IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("posts.id"))
    identity_id: Mapped[int] = mapped_column(BigId, ForeignKey("identities.id"))
    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id"))
    thread_root: Mapped[str] = mapped_column(String(500))
    """External id of the comment the thread began with."""

    state: Mapped[ConversationState]
    priority: Mapped[Priority]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    routed_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    """Since when the person waits for us; None while they don't."""
    sort_at: Mapped[datetime]
    """``waiting_since``, else the time of the last change: what lists are ordered by."""
    news_at: Mapped[datetime]
    """When we last stored something new from the person."""
    put_off_until: Mapped[datetime | None]
    """Nobody needs to look at it before; it then waits by itself. Ends when anybody decides something else, or the
    person says more."""
    opened_at: Mapped[datetime]
    language: Mapped[str | None] = mapped_column(String(8))
    snippet: Mapped[str] = mapped_column(String(200))
    comment_count: Mapped[int]
    version: Mapped[int]
    """Counts every change people make; a write that has not seen what others changed is refused."""
    streak_by_id: Mapped[int | None]
    """Who made the latest changes, with nobody else's between: those after ``streak_from``, and no later than
    ``streak_to``. Only compared, so it may name somebody who is gone."""
    streak_from: Mapped[int | None]
    streak_to: Mapped[int | None]
    author_known: Mapped[bool]
    """Whether we had met the person before this conversation."""
    private: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether what they said last, or what was answered here since, is read by nobody else."""
    said_as: Mapped[SaidAs | None]
    """What the first comment is, where that is something else than a comment."""
    remedies_open: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many remedies were asked for here and are not finished; until then it is neither done nor spam, which the
    database holds too. Kept by those who give remedies, through ``consequences.set_remedies_open``."""


class ConversationEvent(Base):
    """What happened to a conversation, by whom."""

    __tablename__ = "conversation_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    kind: Mapped[EventKind]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class ConversationMark(Base):
    """Conversations that stand in a list of their own, and since when."""

    __tablename__ = "conversation_marks"
    __table_args__ = (Index("ix_conversation_marks_list", "mark", "at", "conversation_id"),)

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mark: Mapped[Mark] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Tag(Base):
    """A word that conversations are sorted by; shared by all."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    """The name without regard to case: two spellings are one tag."""
    name: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """When it was put away; conversations keep it, unseen, in case it is brought back."""


class ConversationTag(Base):
    __tablename__ = "conversation_tags"
    __table_args__ = (Index("ix_conversation_tags_tag", "tag_id", "conversation_id"),)

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True, autoincrement=False)
