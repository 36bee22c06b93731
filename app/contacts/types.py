"""Identities as the intake sees them, and contacts as people see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """An identity that is stored; ``is_new`` when this very call stored it."""

    id: int
    contact_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody seen at a platform. Equal (realm, key) are the same person, everything else is told apart."""

    realm: str
    key: str
    name: str
    url: str | None = None
    email: str | None = None


class MarkKind(StrEnum):
    """``tag``: a word of our own. ``vip``: look after them first. ``do_not_contact``: nothing is sent to them."""

    DO_NOT_CONTACT = "do_not_contact"
    TAG = "tag"
    VIP = "vip"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One thing a contact is marked with; ``value`` is the tag's word, else empty."""

    kind: MarkKind
    value: str = ""


VIP = Mark(MarkKind.VIP)
DO_NOT_CONTACT = Mark(MarkKind.DO_NOT_CONTACT)


class ContactEventKind(StrEnum):
    """What people did to a contact."""

    JOINED = "joined"
    SEPARATED = "separated"
    MARKED = "marked"
    UNMARKED = "unmarked"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class IdentityView:
    """One way in which a contact is known."""

    id: int
    contact_id: int
    page_id: int | None
    name: str
    url: str | None
    email: str | None
    account: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class MarkView:
    """A mark with who set it, when and why; ``sources`` are the contacts it comes from, by name."""

    mark: Mark
    by: str
    at: datetime
    reason: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContactNoteView:
    id: int
    author_id: int
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A contact that was joined into another. ``into_id`` is the one, which may have been joined further."""

    id: int
    name: str
    into_id: int
    joined_by: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class ContactEventView:
    """A line of a contact's history; the words are made where it is shown."""

    kind: ContactEventKind
    actor: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody who may be the same: they share an e-mail address, a site or an account."""

    id: int
    name: str
    shared: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One line of the list."""

    id: int
    name: str
    vip: bool
    do_not_contact: bool
    tags: tuple[str, ...]
    identities: tuple[IdentityView, ...]
    joined: int
    """How many further contacts were joined into it."""
    since: datetime


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """What the list shows."""

    text: str = ""
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact with all that was joined into it, without what was said."""

    id: int
    version: int
    name: str
    since: datetime
    marks: tuple[MarkView, ...]
    identities: tuple[IdentityView, ...]
    more_identities: bool
    members: tuple[Member, ...]
    notes: tuple[ContactNoteView, ...]
    more_notes: bool
    likely: tuple[Likely, ...]

    def has(self, mark: Mark) -> MarkView | None:
        """The mark as it stands, or None."""
        return next((one for one in self.marks if one.mark == mark), None)

    @property
    def vip(self) -> bool:
        return self.has(VIP) is not None

    @property
    def do_not_contact(self) -> MarkView | None:
        return self.has(DO_NOT_CONTACT)

    @property
    def tags(self) -> tuple[MarkView, ...]:
        return tuple(one for one in self.marks if one.mark.kind is MarkKind.TAG)
