"""Rows and pairs in bulk: what goes in comes out, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.contacts.models import Contact, Identity
from app.core.bulk import insert_rows, pairs
from app.core.db import Database

ODD = [
    "plain",
    "quo'te \" \\ back",
    "{curly} [list] , null",
    "ümläut 🎉 עברית",
    "%s ? :name",
    "",
    " ",
    "NULL",
    "line\nend",
]


def test_rows_come_back_as_they_were(db: Database) -> None:
    at = datetime(2026, 3, 1, 9, 12, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    with db.write() as session:
        insert_rows(
            session,
            Contact.__table__,
            [{"id": number, "name": name, "created_at": at} for number, name in enumerate(ODD)],
        )
        insert_rows(session, Contact.__table__, [])
    with db.read() as session:
        found = session.execute(select(Contact.name, Contact.created_at).order_by(Contact.id)).all()
    assert [row.name for row in found] == ODD
    assert {row.created_at for row in found} == {at}
    assert found[0].created_at.tzinfo is UTC


def test_a_row_that_is_there_already_is_refused_like_any(db: Database) -> None:
    row = {"id": 1, "name": "Ann", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    with pytest.raises(IntegrityError), db.write() as session:
        insert_rows(session, Contact.__table__, [row, row])


def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="time zone"), db.write() as session:
        insert_rows(session, Contact.__table__, [{"id": 1, "name": "Ann", "created_at": datetime(2026, 1, 1)}])  # noqa: DTZ001


def test_pairs_of_texts_can_be_joined_with(db: Database) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with db.write() as session:
        insert_rows(session, Contact.__table__, [{"id": 1, "name": "Ann", "created_at": at}])
        common = {"contact_id": 1, "name": "", "url": None, "email": None, "created_at": at}
        rows = [{"id": n, "realm": f"r{n % 2}", "key": key, **common} for n, key in enumerate(ODD)]
        insert_rows(session, Identity.__table__, rows)
        wanted = [(f"r{n % 2}", key) for n, key in enumerate(ODD)] + [("r0", "nobody"), ("r1", ODD[0])]
        given = pairs(session, wanted)
        found = select(Identity.key).join(given, (Identity.realm == given.c.a) & (Identity.key == given.c.b))
        assert sorted(session.scalars(found)) == sorted(ODD)


def test_numbers_pair_with_texts(db: Database) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with db.write() as session:
        insert_rows(session, Contact.__table__, [{"id": n, "name": f"c{n % 2}", "created_at": at} for n in range(4)])
        given = pairs(session, [(0, "c0"), (1, "c0"), (3, "c1"), (9, "c1")])
        query = select(Contact.id).join(given, (Contact.id == given.c.a) & (Contact.name == given.c.b))
        assert sorted(session.scalars(query)) == [0, 3]
        assert session.scalars(select(Contact.id).join(pairs(session, []), Contact.id == 1)).all() == []
