"""Storing who spoke to us, many at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from app.contacts import rules
from app.contacts.models import Contact, Identity
from app.contacts.types import Known, Sighting
from app.core.bulk import insert_rows, pairs
from app.core.db import run_in_bulk
from app.core.ids import new_ids

_CHUNK = 500


def recognise(session: Session, sightings: Iterable[Sighting], now: datetime) -> dict[tuple[str, str], Known]:
    """The identities behind the sightings, by (realm, key); unknown ones become new contacts.

    Two transactions that meet the same new person at once collide on the unique key: the later one fails as a whole
    and its batch is stored again.
    """
    wanted = {(one.realm, one.key): one for one in sightings}
    found: dict[tuple[str, str], Known] = {}
    if wanted:
        given = pairs(session, list(wanted))
        query = select(Identity.realm, Identity.key, Identity.id, Identity.contact_id).join(
            given, and_(Identity.realm == given.c.a, Identity.key == given.c.b)
        )
        for realm, key, identity_id, contact_id in session.execute(query):
            found[realm, key] = Known(identity_id, contact_id, is_new=False)
    fresh = [one for place, one in wanted.items() if place not in found]
    if fresh:
        ids = new_ids(2 * len(fresh))
        fresh_rows = list(zip(fresh, ids[::2], ids[1::2], strict=True))
        insert_rows(
            session, Contact.__table__, [{"id": c, "name": one.name, "created_at": now} for one, c, _i in fresh_rows]
        )
        insert_rows(
            session,
            Identity.__table__,
            [
                {
                    "id": i,
                    "contact_id": c,
                    "realm": one.realm,
                    "key": one.key,
                    "name": one.name,
                    "url": one.url,
                    "email": one.email,
                    "created_at": now,
                }
                for one, c, i in fresh_rows
            ],
        )
        found.update({(one.realm, one.key): Known(i, c, is_new=True) for one, c, i in fresh_rows})
    return found


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove who is known from these pages, once their conversations are gone; who is known elsewhere too stays."""
    met_there = Identity.realm.in_([rules.realm(page_id) for page_id in page_ids])
    while True:
        some = session.execute(select(Identity.id, Identity.contact_id).where(met_there).limit(_CHUNK)).all()
        if not some:
            return
        known_still = select(Identity.contact_id)
        run_in_bulk(
            session,
            delete(Identity).where(Identity.id.in_([identity_id for identity_id, _contact in some])),
            delete(Contact).where(
                Contact.id.in_({contact_id for _identity, contact_id in some}),
                Contact.id.not_in(known_still.where(Identity.contact_id == Contact.id)),
            ),
        )
