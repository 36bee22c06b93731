"""Whom we met without a name: a later reading of their page brought who they are.

Where only the platform spoke of the nameless contact, it becomes that person, or gives way to the contact the person
has already. What people did to it is kept: it is then shown under the person's contact, or stays where they put it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from app.contacts import joining, rules
from app.contacts.models import Contact, Identity
from app.contacts.types import Sighting
from app.core.bulk import pairs
from app.core.db import run_in_bulk


@dataclass(frozen=True, slots=True)
class Introduced:
    """Who somebody turned out to be. ``contact_id`` is whom their conversation belongs to, ``since`` when we first met
    them; ``gone_id`` is the nameless contact, where nothing is left of it (``remove``)."""

    identity_id: int
    contact_id: int
    since: datetime
    gone_id: int | None = None


def introduce(
    session: Session, who: Mapping[int, Sighting], *, kept: Collection[int], now: datetime
) -> dict[int, Introduced]:
    """Give nameless identities, by their ids, the persons behind them; a new person's identity is the nameless one.

    ``kept`` are those whose contacts must not go, whatever people did to them. Locks the contacts. Raises Conflict when
    one of them was joined or separated in this very moment, and IntegrityError when another transaction meets the same
    new person at the same time; the caller does it again.
    """
    people = _stored(session, who.values())
    query = select(Identity).where(Identity.id.in_(list(who))).order_by(Identity.id)
    nameless = session.scalars(query.execution_options(populate_existing=True)).all()
    contacts = _locked(session, {one.contact_id for one in (*nameless, *people.values())})
    found: dict[int, Introduced] = {}
    for one in nameless:
        seen, own = who[one.id], contacts[one.contact_id]
        person = people.setdefault((seen.realm, seen.key), one)
        if person is one:
            one.key = seen.key
            _name(own, seen)
        elif one.id in kept or own.merged_into_id is not None or own.version > 1:
            joining.show_under(session, own.id, person.contact_id, now)
        else:
            one.contact_id = person.contact_id
        _describe(one, seen)
        gone = own.id if one.contact_id != own.id else None
        found[one.id] = Introduced(person.id, one.contact_id, person.created_at, gone)
    session.flush()
    return found


def remove(session: Session, contact_ids: Collection[int], identity_ids: Collection[int]) -> None:
    """Remove nameless contacts that gave way, and those of their identities that nothing refers to any more."""
    run_in_bulk(
        session,
        delete(Identity).where(Identity.id.in_(list(identity_ids))),
        delete(Contact).where(Contact.id.in_(list(contact_ids))),
    )


def _stored(session: Session, sightings: Collection[Sighting]) -> dict[tuple[str, str], Identity]:
    given = pairs(session, list(dict.fromkeys((one.realm, one.key) for one in sightings)))
    query = select(Identity).join(given, and_(Identity.realm == given.c.a, Identity.key == given.c.b))
    return {(one.realm, one.key): one for one in session.scalars(query)}


def _locked(session: Session, contact_ids: Collection[int]) -> dict[int, Contact]:
    """Always in the same order, so that two who want the same don't wait for each other."""
    query = select(Contact).where(Contact.id.in_(list(contact_ids))).order_by(Contact.id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {one.id: one for one in session.scalars(query)}


def _name(contact: Contact, seen: Sighting) -> None:
    """By the name the platform shows; one that people gave it stays."""
    if not contact.name:
        contact.name, contact.name_key = seen.name, rules.folded(seen.name)
        contact.last_key = rules.last_word(contact.name_key)


def _describe(identity: Identity, seen: Sighting) -> None:
    identity.name, identity.url, identity.email = seen.name, seen.url, seen.email
    identity.email_key = rules.email_key(seen.email) if seen.email else None
    identity.site_key = rules.site_key(seen.url) if seen.url else None
    identity.account_key = rules.account_key(seen.url) if seen.url else None
