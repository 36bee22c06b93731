"""Tables: library_posts, library_texts, library_variants, library_pages, page_publishing, page_crises, publications,
publication_holds."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.sending.models import Leaving


class LibraryPost(Base):
    """A post that can be used again and again."""

    __tablename__ = "library_posts"
    __table_args__ = (
        CheckConstraint("approver_id <> author_id", name="another_approves"),
        CheckConstraint("(season_first IS NULL) = (season_last IS NULL)", name="whole_season"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    link: Mapped[str] = mapped_column(String(2000))
    image: Mapped[str] = mapped_column(String(2000))
    season_first: Mapped[str | None] = mapped_column(String(5))
    """``MM-DD``."""
    season_last: Mapped[str | None] = mapped_column(String(5))
    pause_days: Mapped[int]
    needs_approval: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Who wrote it last; they can't approve it."""
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who looked at this version; a change forgets them."""
    decided_at: Mapped[datetime | None]
    remark: Mapped[str] = mapped_column(String(1000), default="")
    """Why they did not approve it; empty when they did."""
    retired_at: Mapped[datetime | None]


class LibraryText(Base):
    """What a post says in one language."""

    __tablename__ = "library_texts"

    post_id: Mapped[int] = mapped_column(ForeignKey("library_posts.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)


class LibraryVariant(Base):
    """What a post says on one platform instead, in one language; its title stays the same."""

    __tablename__ = "library_variants"
    __table_args__ = (
        ForeignKeyConstraint(
            ["post_id", "language"],
            ["library_texts.post_id", "library_texts.language"],
            name="fk_library_variants_text",
            ondelete="CASCADE",
        ),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    connector: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class LibraryPage(Base):
    """Where a post may be used."""

    __tablename__ = "library_pages"
    __table_args__ = (Index("ix_library_pages_page", "page_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("library_posts.id", ondelete="CASCADE"), primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)


class PagePublishing(Base):
    """What is asked of posts on a page; without a row nothing is."""

    __tablename__ = "page_publishing"

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    needs_approval: Mapped[bool]


class PageCrisis(Base):
    """A time in which nothing of ours goes out on a page. What is over stays, to be read later."""

    __tablename__ = "page_crises"
    __table_args__ = (Index("ix_page_crises_page", "page_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(1000))
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Publication(Leaving, Base):
    """One use of a post: published on a page at most once. What it says is its own: the post may change later."""

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_due", "state", "due_at"),
        Index("ix_publications_page", "page_id", "state"),
        Index("ix_publications_post", "post_id", "page_id"),
    )

    key: Mapped[str] = mapped_column(String(80), unique=True)
    """Made by the form; the same form sent twice makes one publication."""
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("library_posts.id", ondelete="SET NULL"))
    language: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(2000))
    image: Mapped[str] = mapped_column(String(2000))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Who had it published."""
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    """For which department."""
    at_platform: Mapped[bool] = mapped_column(default=False)
    """The platform keeps it back for its own moderation."""


class PublicationHold(Base):
    """What a publication was held for; it may be for one thing after another."""

    __tablename__ = "publication_holds"

    held_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("held_acts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    publication_id: Mapped[int] = mapped_column(BigId, ForeignKey("publications.id", ondelete="CASCADE"), index=True)
