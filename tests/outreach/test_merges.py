"""The guard follows people as they were joined and separated, in whatever order; a property of any such history."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.connectors.ports import Author, Item, Post
from app.contacts import joining
from app.contacts.models import Contact, Identity
from app.inbox import intake
from app.inbox.arrivals import Arrival
from app.outreach import rules, service, standings
from app.outreach.types import By, Source, Span, Stance, Typed
from tests.domain.conftest import House

PEOPLE = 4
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
_NUMBERS = count(1)
STANCES = st.sampled_from([Stance.COURTING, Stance.DECLINING, Stance.DISPUTE])


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: ``test_holding.py`` tries on both what the database does."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


class _UndoneError(Exception):
    """Leaves a transaction without a trace."""


@contextmanager
def undone(house: House) -> Iterator[Session]:
    with suppress(_UndoneError), house.db.write() as session:
        yield session
        raise _UndoneError


def people(house: House, session: Session) -> list[tuple[int, str]]:
    """Contacts who each have a site of their own: (contact, site)."""
    made, prefix = [], f"w{next(_NUMBERS)}"
    for number in range(PEOPLE):
        site = f"{prefix}-{number}.example"
        author = Author(f"Person {number}", key=f"{prefix}-{number}", url=f"https://{site}/me")
        item = Item(f"{prefix}-{number}", Post("p1"), author, "Hello", BEGIN)
        intake.store(session, [Arrival(house.page_id, house.service_team, [item])], BEGIN)
        query = select(Identity.contact_id).where(Identity.key == f"{prefix}-{number}")
        made.append((session.scalars(query).one(), site))
    return made


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_an_act_is_held_for_who_is_one_person_just_now(house: House, data: st.DataObject) -> None:
    """Another department stands somehow towards one of four. Whoever is joined with them, over however many others, is
    held for it; whoever is not, or no longer, is not. The keys the guard knows are those of the whole person."""
    with undone(house) as session:
        known = people(house, session)
        about = data.draw(st.integers(0, PEOPLE - 1))
        stance = data.draw(STANCES)
        typed = Typed("complaint", stance.value, "Somebody", site=known[about][1], message="Said.")
        service.record(session, By(house.marketing_team, house.bob.id, Source.PAGE, house.bob), typed, BEGIN)
        into: dict[int, int] = {}
        now = BEGIN
        for joins in data.draw(st.lists(st.booleans(), min_size=3, max_size=10)):
            now += timedelta(minutes=1)
            heads = [one for one in range(PEOPLE) if one not in into]
            if joins and len(heads) > 1:
                kept, joined = data.draw(st.permutations(heads))[:2]
                _join(session, house, known[kept][0], known[joined][0], now)
                into[joined] = kept
            elif not joins and into:
                one = data.draw(st.sampled_from(sorted(into)))
                joining.separate(session, house.ann, known[one][0], now)
                del into[one]
            groups = {one: _top(one, into) for one in range(PEOPLE)}
            one = data.draw(st.integers(0, PEOPLE - 1))
            keys, heads_found = standings.meant(session, (), known[one][0])
            whole = [other for other in range(PEOPLE) if groups[other] == groups[one]]
            assert keys == {key for other in whole for key in rules.keys(site=known[other][1])}
            act = Span(house.service_team, Stance.COURTING, now, None)
            held = bool(standings.against(session, act, keys, heads_found))
            assert held == (groups[one] == groups[about] and rules.contradicts(Stance.COURTING, stance))


def _join(session: Session, house: House, kept_id: int, joined_id: int, now: datetime) -> None:
    kept, joined = (session.get_one(Contact, key, populate_existing=True) for key in (kept_id, joined_id))
    joining.join(
        session,
        house.ann,
        kept_id=kept.id,
        joined_id=joined.id,
        kept_version=kept.version,
        joined_version=joined.version,
        now=now,
    )


def _top(one: int, into: dict[int, int]) -> int:
    return _top(into[one], into) if one in into else one


@pytest.mark.parametrize("zone", ["+00:00", "+01:00", "+02:00", "-05:00", ""])
def test_validity_is_a_moment_whatever_zone_it_was_typed_in(house: House, zone: str) -> None:
    """Around the hour that a clock shows twice two offsets name different moments of one wall time."""
    with undone(house) as session:
        by = By(house.marketing_team, house.bob.id, Source.PAGE, house.bob)
        typed = Typed("invitation", "courting", "A", site=f"z{next(_NUMBERS)}.example", since=f"2026-10-25T02:30{zone}")
        done = service.record(session, by, typed, BEGIN)
        since = service.span(session, done.outreach_id).since
        offset = timedelta(hours=int(zone[:3])) if zone else timedelta()
        assert since == datetime(2026, 10, 25, 2, 30, tzinfo=UTC) - offset
        assert since.utcoffset() == timedelta()
