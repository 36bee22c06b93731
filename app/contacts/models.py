"""Tables: contacts, identities, contact_marks, muted_marks, contact_notes, contact_events.

Joining moves nothing. A contact that was joined into another keeps its identities, conversations, notes and marks, and
points to the one it was joined into; shown is the whole. Separating takes the pointer away again.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.types import ContactEventKind, MarkKind
from app.core.db import Base, BigId

_Key = String(320).with_variant(String(320, collation="C"), "postgresql")
"""Compared byte by byte, so that an index finds what begins with something."""


class Contact(Base):
    """A person or a site. Joined and separated only by people."""

    __tablename__ = "contacts"
    __table_args__ = (
        CheckConstraint("(merged_into_id IS NULL) = (head_id = id)", name="head"),
        CheckConstraint("merged_into_id <> id", name="not_itself"),
        Index("ix_contacts_name_key", "name_key", "id"),
        Index(
            "ix_contacts_last_key",
            "last_key",
            "id",
            sqlite_where=text("last_key IS NOT NULL"),
            postgresql_where=text("last_key IS NOT NULL"),
        ),
        *(
            Index(f"ix_contacts_{flag}", "id", sqlite_where=text(flag), postgresql_where=text(flag))
            for flag in ("vip", "do_not_contact")
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(_Key)
    last_key: Mapped[str | None] = mapped_column(_Key)
    created_at: Mapped[datetime]
    head_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id"), index=True)
    """The contact under which this one is shown: itself, unless it was joined."""
    merged_into_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("contacts.id"))
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    merged_at: Mapped[datetime | None]
    vip: Mapped[bool] = mapped_column(default=False)
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    """These two repeat what the marks say, of heads only: lists need them."""
    version: Mapped[int] = mapped_column(default=1)
    """Counts every change to what a head shows; a join that has seen another version is refused."""


class Identity(Base):
    """One way in which a contact is known, unique within its realm."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("realm", "key"),
        *(
            Index(
                f"ix_identities_{name}",
                name,
                "contact_id",
                sqlite_where=text(f"{name} IS NOT NULL"),
                postgresql_where=text(f"{name} IS NOT NULL"),
            )
            for name in ("email_key", "site_key", "account_key")
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id"), index=True)
    """The contact it came with; another only where that was nameless and gave way to the person behind it."""
    realm: Mapped[str] = mapped_column(String(80))
    """Who vouches for the key: the page, for blogs, where anyone can type any address."""
    key: Mapped[str] = mapped_column(String(400))
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(String(1000))
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(_Key)
    site_key: Mapped[str | None] = mapped_column(_Key)
    account_key: Mapped[str | None] = mapped_column(_Key)
    created_at: Mapped[datetime]


TELLING = or_(Identity.name == "", Identity.key.not_like("comment:%"))
"""Not those made of one comment whose author was named since: they say nothing that the author's own does not."""


class ContactMark(Base):
    """Something a contact itself was marked with."""

    __tablename__ = "contact_marks"
    __table_args__ = (Index("ix_contact_marks_value", "kind", "value", "contact_id"),)

    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[MarkKind] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")


class MutedMark(Base):
    """A mark of a joined contact that somebody removed from the whole: it is back when the two are separated."""

    __tablename__ = "muted_marks"

    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[MarkKind] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)


class ContactNote(Base):
    """Words about a contact among colleagues; never sent."""

    __tablename__ = "contact_notes"
    __table_args__ = (Index("ix_contact_notes_contact", "contact_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class ContactEvent(Base):
    """Who did what to a contact."""

    __tablename__ = "contact_events"
    __table_args__ = (Index("ix_contact_events_contact", "contact_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id", ondelete="CASCADE"))
    kind: Mapped[ContactEventKind]
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
