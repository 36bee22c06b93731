"""Tables: posts, conversations, comments, comment_versions, notes, mentions, conversation_events, conversation_marks,
waits, tags, conversation_tags, undo_entries, undo_items, raw_payloads."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.connectors.ports import SaidAs, Status
from app.core.db import Base, BigId
from app.inbox.types import ConversationState, EventKind, Mark, Priority


class Post(Base):
    """Something published on a page."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("page_id", "external_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    external_id: Mapped[str] = mapped_column(String(500))
    url: Mapped[str | None] = mapped_column(String(2000))
    title: Mapped[str | None] = mapped_column(String(500))
    status: Mapped[Status] = mapped_column(default=Status.LIVE, server_default=Status.LIVE.value)


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


class Comment(Base):
    """Something said to us, or by us, at a platform."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("page_id", "external_id"),
        Index("ix_comments_thread", "page_id", "thread_root", "published_at", "id"),
        Index("ix_comments_conversation", "conversation_id", "published_at"),
        Index("ix_comments_verify", "page_id", "verify_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    external_id: Mapped[str] = mapped_column(String(500))
    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("posts.id"))
    conversation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("conversations.id"))
    """None for words of ours that answer nobody we know."""
    identity_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("identities.id"))
    parent_external_id: Mapped[str | None] = mapped_column(String(500))
    thread_root: Mapped[str] = mapped_column(String(500))
    author_name: Mapped[str] = mapped_column(String(200))
    is_us: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(32))
    url: Mapped[str | None] = mapped_column(String(2000))
    status: Mapped[Status]
    published_at: Mapped[datetime]
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    """When the present text and state were learned."""
    edited_at: Mapped[datetime | None]
    verify_at: Mapped[datetime]
    """When it is looked at again."""
    said_as: Mapped[SaidAs | None]
    stars: Mapped[int | None]
    attached: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many pictures and the like came with it."""
    private: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether only its author and we can read it."""


class CommentVersion(Base):
    """An earlier text of an edited comment."""

    __tablename__ = "comment_versions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[datetime]


class Note(Base):
    """Words between colleagues; never sent."""

    __tablename__ = "notes"
    __table_args__ = (Index("uq_notes_key", "key", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str | None] = mapped_column(String(64))
    """Made by the form: the same note sent twice is one."""
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Mention(Base):
    """A colleague named in a note with ``@``: whoever tells people of such things reads the rows they have not seen."""

    __tablename__ = "mentions"
    __table_args__ = (UniqueConstraint("note_id", "user_id"), Index("ix_mentions_user", "user_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    note_id: Mapped[int] = mapped_column(BigId, ForeignKey("notes.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


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


class Wait(Base):
    """A time that a person waited for us, once it is over. Kept by triggers on ``conversations`` (migration "Times that
    people waited"), so that no writer can forget it; what is being waited now is ``Conversation.waiting_since``."""

    __tablename__ = "waits"
    __table_args__ = (Index("ix_waits_until", "until"),)

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    ended: Mapped[ConversationState]
    """What it ended in; what is done or spam later ends so too."""


class ConversationCount(Base):
    """How many conversations there are of each sort, up to the changes that wait to be added. Kept by triggers on
    ``conversations`` (migration "Counts that are kept"), so that no writer can forget it."""

    __tablename__ = "conversation_counts"

    state: Mapped[ConversationState] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    assignee_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0: nobody's."""
    page_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class ConversationCountChange(Base):
    """What a transaction added to a count. On PostgreSQL each writes rows of its own, so that none waits for another;
    a worker adds them up."""

    __tablename__ = "conversation_count_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[ConversationState]
    team_id: Mapped[int]
    assignee_id: Mapped[int]
    page_id: Mapped[int]
    n: Mapped[int]


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


class UndoEntry(Base):
    """One thing that somebody did, to one conversation or to thousands, as far as it can be taken back."""

    __tablename__ = "undo_entries"
    __table_args__ = (Index("ix_undo_entries_actor", "actor_id", "id"), Index("ix_undo_entries_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[EventKind]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class UndoItem(Base):
    """How a conversation was before, and its version after: taking back is refused once that has moved on."""

    __tablename__ = "undo_items"

    entry_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("undo_entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    version: Mapped[int]
    before: Mapped[dict[str, Any]]


class RawPayload(Base):
    """A platform's answer as it came, compressed, so that it can be read again after a mistake of ours."""

    __tablename__ = "raw_payloads"
    __table_args__ = (Index("ix_raw_payloads_page", "page_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    url: Mapped[str] = mapped_column(String(2000))
    media_type: Mapped[str] = mapped_column(String(100))
    body: Mapped[bytes]
    """zlib"""
    read_at: Mapped[datetime] = mapped_column(index=True)
