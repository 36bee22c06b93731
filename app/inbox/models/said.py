"""Tables of what was said: posts, comments, comment_versions, raw_payloads."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.connectors.ports import SaidAs, Status
from app.core.db import Base, BigId


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
