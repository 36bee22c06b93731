"""Reading contacts. Each function is a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Row, Select, bindparam, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.accounts.models import User
from app.accounts.types import Actor
from app.contacts import access, rules
from app.contacts.models import TELLING, Contact, ContactEvent, ContactMark, ContactNote, Identity, MutedMark
from app.contacts.types import (
    DO_NOT_CONTACT,
    VIP,
    ContactEventView,
    ContactFilter,
    ContactNoteView,
    ContactRow,
    ContactView,
    IdentityView,
    Likely,
    Mark,
    MarkKind,
    MarkView,
    Member,
)
from app.pages.models import Page

PAGE_LENGTH = 50
FOUND_AT_MOST = 200
"""As many are looked at for each way in which somebody can be found; more letters find the others."""
SHOWN_AT_MOST = 100
LIKELY_AT_MOST = 5
_LAST = "\U0010ffff"


def rows(
    session: Session, wanted: ContactFilter, *, after: int | None = None, limit: int = PAGE_LENGTH
) -> tuple[list[ContactRow], int | None]:
    """One screenful of contacts, the newest first, and where to go on after it. At most five statements."""
    query = select(Contact).where(Contact.merged_into_id.is_(None)).order_by(Contact.id.desc()).limit(limit + 1)
    if wanted.mark == VIP:
        query = query.where(Contact.vip)
    elif wanted.mark == DO_NOT_CONTACT:
        query = query.where(Contact.do_not_contact)
    elif wanted.mark is not None:
        query = query.where(Contact.id.in_(_tagged(wanted.mark)))
    if wanted.text.strip():
        query = query.where(Contact.id.in_(_found(wanted.text)))
    if after is not None:
        query = query.where(Contact.id < after)
    found = list(session.scalars(query))
    shown = _rows(session, found[:limit])
    if wanted.mark is not None and wanted.mark.kind is MarkKind.TAG:  # a tag may have been removed from the whole
        shown = [row for row in shown if wanted.mark.value in row.tags]
    return shown, found[limit - 1].id if len(found) > limit else None


def _tagged(mark: Mark) -> Select[int]:
    return (
        select(Contact.head_id)
        .join(ContactMark, ContactMark.contact_id == Contact.id)
        .where(ContactMark.kind == mark.kind, ContactMark.value == mark.value)
    )


def _found(text: str) -> Select[int]:
    """Heads of contacts that can be found by this text: the beginning of a name or of its last word, of an e-mail
    address or of a site, or an account."""
    name, plain = rules.folded(text), text.strip().casefold()
    ways: list[Select[Any]] = [_beginning(Contact.name_key, name), _beginning(Contact.last_key, name)]
    if "@" in plain[1:]:
        ways.append(_beginning(Identity.email_key, plain))
    site = rules.site_key(text) or (plain.removeprefix("www.") if " " not in plain else "")
    if site:
        ways.append(_beginning(Identity.site_key, site))
    accounts = rules.accounts_meant(text)
    if accounts:
        ways.append(_heads(Identity).where(Identity.account_key.in_(accounts)).limit(FOUND_AT_MOST))
    parts = [select(way.subquery().c.head_id) for way in ways]
    return select(union_all(*parts).subquery().c.head_id)


def _heads(kind: Any) -> Select[Any]:
    heads = select(Contact.head_id)
    return heads.join(Identity, Identity.contact_id == Contact.id) if kind is Identity else heads


def _beginning(column: "InstrumentedAttribute[str] | InstrumentedAttribute[str | None]", text: str) -> Select[Any]:
    query = _heads(column.class_).where(column >= text, column < text + _LAST)
    return query.order_by(column).limit(FOUND_AT_MOST)


def _rows(session: Session, heads: Sequence[Contact]) -> list[ContactRow]:
    """Four statements."""
    ids = [head.id for head in heads]
    if not ids:
        return []
    into: dict[int, dict[int, int]] = defaultdict(dict)
    joined = select(Contact.head_id, Contact.id, Contact.merged_into_id).where(
        Contact.head_id.in_(ids), Contact.merged_into_id.is_not(None)
    )
    for head_id, joined_id, kept_id in session.execute(joined):
        into[head_id][joined_id] = kept_id or 0
    own, muted = _marks_of(session, ids)
    identities: dict[int, list[IdentityView]] = defaultdict(list)
    own_identities = select(Identity).where(Identity.contact_id.in_(ids), TELLING).order_by(Identity.id).limit(1_000)
    for identity in session.scalars(own_identities):
        identities[identity.contact_id].append(_identity(identity))
    return [
        ContactRow(
            id=head.id,
            name=head.name,
            vip=head.vip,
            do_not_contact=head.do_not_contact,
            tags=tuple(
                mark.value for mark in rules.shown(head.id, into[head.id], own, muted) if mark.kind is MarkKind.TAG
            ),
            identities=tuple(identities[head.id]),
            joined=len(into[head.id]),
            since=head.created_at,
        )
        for head in heads
    ]


def together_with(contact_id: int | BindParameter[int]) -> Select[int]:
    """The ids of all contacts that are shown as one with this one: for queries about what they said."""
    head_id = select(Contact.head_id).where(Contact.id == contact_id).scalar_subquery()
    return select(Contact.id).where(Contact.head_id == head_id)


_UNDER_HEADS = select(Contact.id).where(Contact.head_id.in_(bindparam("heads", expanding=True)))
_MARKS_OF = union_all(
    select(literal(0), ContactMark.contact_id, ContactMark.kind, ContactMark.value).where(
        ContactMark.contact_id.in_(_UNDER_HEADS)
    ),
    select(literal(1), MutedMark.contact_id, MutedMark.kind, MutedMark.value).where(
        MutedMark.contact_id.in_(_UNDER_HEADS)
    ),
)
"""Put together once, like the three below, as every conversation asks them: that takes longer than their answers."""
_UNDER_HEAD = select(Contact.id).where(Contact.head_id == bindparam("head_id"))
_MOST = bindparam("most", type_=Integer())
_IDENTITIES = select(Identity).where(Identity.contact_id.in_(_UNDER_HEAD), TELLING).order_by(Identity.id).limit(_MOST)
_NOTES = (
    select(ContactNote, User.name)
    .join(User, User.id == ContactNote.author_id)
    .where(ContactNote.contact_id.in_(_UNDER_HEAD))
    .order_by(ContactNote.id.desc())
    .limit(_MOST)
)
_JOINED = (
    select(Contact, User.name)
    .outerjoin(User, User.id == Contact.merged_by_id)
    .where(Contact.id.in_(together_with(bindparam("contact_id", type_=Contact.id.type))))
    .order_by(Contact.merged_at, Contact.id)
)


def _marks_of(session: Session, heads: Collection[int]) -> tuple[dict[int, list[Mark]], dict[int, list[Mark]]]:
    """What the contacts under these heads are marked with themselves, and what of it is muted. One statement."""
    found: tuple[dict[int, list[Mark]], dict[int, list[Mark]]] = ({}, {})
    for number, at, kind, value in session.execute(_MARKS_OF, {"heads": list(heads)}):
        found[number].setdefault(at, []).append(Mark(MarkKind(kind), value))
    return found


def _identity(one: Identity) -> IdentityView:
    return IdentityView(
        id=one.id,
        contact_id=one.contact_id,
        page_id=rules.page_of(one.realm),
        name=one.name,
        url=one.url,
        email=one.email,
        account=one.account_key,
        since=one.created_at,
    )


def contact(
    session: Session, actor: Actor, contact_id: int, *, most_notes: int = SHOWN_AT_MOST, most: int = SHOWN_AT_MOST
) -> ContactView:
    """A contact under which others may be shown, with at most so many notes and identities. At most six statements.

    ``contact_id`` may be any of those. Raises NotFound.
    """
    joined = _joined(session, contact_id)  # first: access then finds the head read already
    head = access.head(session, actor, contact_id)
    members = [
        Member(one.id, one.name, one.merged_into_id, by or "", one.merged_at or datetime.min.replace(tzinfo=UTC))
        for one, by in joined
        if one.merged_into_id is not None
    ]
    names = {head.id: head.name, **{one.id: one.name for one in members}}
    found = session.scalars(_IDENTITIES, {"head_id": head.id, "most": most + 1})
    identities = [_identity(one) for one in found]
    notes = _notes(session, head.id, most_notes + 1)
    return ContactView(
        id=head.id,
        version=head.version,
        name=head.name,
        since=head.created_at,
        marks=_marks(session, head.id, members, names),
        identities=tuple(identities[:most]),
        more_identities=len(identities) > most,
        members=tuple(members[:most]),
        notes=tuple(notes[:most_notes]),
        more_notes=len(notes) > most_notes,
        likely=likely(session, head.id),
    )


def _joined(session: Session, contact_id: int) -> "Sequence[Row[Contact, str | None]]":
    """All contacts that are shown as one with this one, the head among them, and who joined them."""
    return session.execute(_JOINED, {"contact_id": contact_id}).all()


def _marks(session: Session, head_id: int, members: Sequence[Member], names: dict[int, str]) -> tuple[MarkView, ...]:
    own, muted = _marks_of(session, [head_id])
    shown = rules.shown(head_id, {one.id: one.into_id for one in members}, own, muted)
    if not shown:
        return ()
    query = (
        select(ContactMark, User.name)
        .join(User, User.id == ContactMark.by_id)
        .where(ContactMark.contact_id.in_(list(own)))
        .order_by(ContactMark.at)
    )
    said = {(Mark(one.kind, one.value), one.contact_id): (one, by) for one, by in session.execute(query)}
    views = []
    for mark, sources in shown.items():
        one, by = said[mark, head_id if head_id in sources else sources[0]]
        views.append(MarkView(mark, by, one.at, one.reason, tuple(names.get(source, "") for source in sources)))
    return tuple(views)


def _notes(session: Session, head_id: int, limit: int) -> list[ContactNoteView]:
    return [
        ContactNoteView(note.id, note.author_id, name, note.text, note.created_at)
        for note, name in session.execute(_NOTES, {"head_id": head_id, "most": limit})
    ]


def likely(session: Session, head_id: int) -> tuple[Likely, ...]:
    """Others that share an e-mail address, a site or an account with this one: for people to look at. One statement."""
    return tuple(Likely(*row) for row in session.execute(_LIKELY, {"head_id": head_id}))


def _shared(name: str) -> Select[Any]:
    """Heads of others that share what is kept under that name."""
    ours, theirs, their_identity = aliased(Contact), aliased(Contact), aliased(Identity)
    mine, other = getattr(Identity, name), getattr(their_identity, name)
    way = (
        select(theirs.head_id, other.label("shared"))
        .select_from(ours)
        .join(Identity, Identity.contact_id == ours.id)
        .join(their_identity, other == mine)
        .join(theirs, theirs.id == their_identity.contact_id)
        .where(ours.head_id == bindparam("head_id"), theirs.head_id != bindparam("head_id"))
        .limit(LIKELY_AT_MOST)
    )
    return select(way.subquery())


_SHARED = union_all(*(_shared(name) for name in ("email_key", "account_key", "site_key"))).subquery()
_LIKELY = (
    select(Contact.id, Contact.name, func.min(_SHARED.c.shared))
    .join(_SHARED, _SHARED.c.head_id == Contact.id)
    .group_by(Contact.id, Contact.name)
    .order_by(Contact.id)
    .limit(LIKELY_AT_MOST)
)
"""Put together once, as every conversation asks it."""


def events(session: Session, actor: Actor, contact_id: int, limit: int = SHOWN_AT_MOST) -> list[ContactEventView]:
    """What people did to a contact, newest first; joined ones tell theirs too. Raises NotFound."""
    head = access.head(session, actor, contact_id)
    group = select(Contact.id).where(Contact.head_id == head.id)
    query = (
        select(ContactEvent, User.name)
        .join(User, User.id == ContactEvent.actor_id)
        .where(ContactEvent.contact_id.in_(group))
        .order_by(ContactEvent.id.desc())
        .limit(limit)
    )
    return [ContactEventView(event.kind, name, event.at, event.data) for event, name in session.execute(query)]


def page_names(session: Session, page_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Name and connector of pages, by id. One statement, or none for no pages."""
    if not page_ids:
        return {}
    query = select(Page.id, Page.name, Page.connector).where(Page.id.in_(sorted(set(page_ids))))
    return {page_id: (name, connector) for page_id, name, connector in session.execute(query)}
