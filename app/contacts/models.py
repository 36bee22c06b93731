"""Tables: contacts, identities."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId


class Contact(Base):
    """A person or a site. Merged only by people."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Identity(Base):
    """One way in which a contact is known, unique within its realm."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("realm", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("contacts.id"), index=True)
    realm: Mapped[str] = mapped_column(String(80))
    """Who vouches for the key: the page, for blogs, where anyone can type any address."""
    key: Mapped[str] = mapped_column(String(400))
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(String(1000))
    email: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime]
