"""Storing who spoke to us, many at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, select, update
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
        insert_rows(session, Contact.__table__, [_contact_row(c, one, now) for one, c, _i in fresh_rows])
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
                    "email_key": rules.email_key(one.email) if one.email else None,
                    "site_key": rules.site_key(one.url) if one.url else None,
                    "account_key": rules.account_key(one.url) if one.url else None,
                    "created_at": now,
                }
                for one, c, i in fresh_rows
            ],
        )
        found.update({(one.realm, one.key): Known(i, c, is_new=True) for one, c, i in fresh_rows})
    return found


def _contact_row(contact_id: int, one: Sighting, now: datetime) -> dict[str, object]:
    name_key = rules.folded(one.name)
    return {
        "id": contact_id,
        "name": one.name,
        "name_key": name_key,
        "last_key": rules.last_word(name_key),
        "created_at": now,
        "head_id": contact_id,
        "vip": False,
        "do_not_contact": False,
        "version": 1,
    }


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove who is known from these pages, once their conversations are gone; who is known elsewhere too stays."""
    met_there = Identity.realm.in_([rules.realm(page_id) for page_id in page_ids])
    run_in_bulk(  # none of them may be what another one points to while they go
        session,
        update(Contact)
        .where(Contact.id.in_(select(Identity.contact_id).where(met_there)), Contact.merged_into_id.is_not(None))
        .values(head_id=Contact.id, merged_into_id=None, merged_by_id=None, merged_at=None),
    )
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
