"""Storing who spoke to us, many at a time."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, Identity
from app.contacts.types import Known, Sighting
from app.core.ids import new_ids

_CHUNK = 500


def recognise(session: Session, sightings: Iterable[Sighting], now: datetime) -> dict[tuple[str, str], Known]:
    """The identities behind the sightings, by (realm, key); unknown ones become new contacts.

    Two transactions that meet the same new person at once collide on the unique key: the later one fails as a whole
    and its batch is stored again.
    """
    wanted = {(one.realm, one.key): one for one in sightings}
    found: dict[tuple[str, str], Known] = {}
    by_realm: dict[str, list[str]] = {}
    for realm, key in wanted:
        by_realm.setdefault(realm, []).append(key)
    for realm, keys in by_realm.items():
        for start in range(0, len(keys), _CHUNK):
            query = select(Identity.key, Identity.id, Identity.contact_id).where(
                Identity.realm == realm, Identity.key.in_(keys[start : start + _CHUNK])
            )
            for key, identity_id, contact_id in session.execute(query):
                found[realm, key] = Known(identity_id, contact_id, is_new=False)
    fresh = [one for place, one in wanted.items() if place not in found]
    if fresh:
        ids = new_ids(2 * len(fresh))
        pairs = list(zip(fresh, ids[::2], ids[1::2], strict=True))
        session.execute(insert(Contact), [{"id": c, "name": one.name, "created_at": now} for one, c, _i in pairs])
        session.execute(
            insert(Identity),
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
                for one, c, i in pairs
            ],
        )
        found.update({(one.realm, one.key): Known(i, c, is_new=True) for one, c, i in pairs})
    return found
