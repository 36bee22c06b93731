"""What nobody sees to is said again: campaigns that are over, and what was left to somebody."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.types import Named
from app.core.errors import NotFound
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from app.upkeep import handing_over, reminding, stewards
from tests.domain.conftest import Desk, House
from tests.upkeep.test_campaigns import admin_of, heirs, plan, typed

__all__ = ["plan"]


def words_of(house: House, at: datetime) -> list[tuple[SignalKind, list[int]]]:
    """Who is told of what at that moment."""
    with house.db.write() as session:
        session.execute(delete(SignalRow))
        reminding.work(session, at)
        return [(row.kind, row.people) for row in session.scalars(select(SignalRow).order_by(SignalRow.id))]


def test_what_is_over_is_said_until_somebody_signs(
    house: House, desk: Desk, now: datetime, plan: Callable[..., int]
) -> None:
    plan(name="Still running", last=60)
    spring, day = plan(first=-10, last=-1), timedelta(days=1)
    told = SignalKind.CAMPAIGN_OVER
    assert words_of(house, now) == [(told, [house.bob.id])]
    assert words_of(house, now + 2 * day) == []
    assert words_of(house, now + 3 * day)[-1] == (told, [house.bob.id])
    assert words_of(house, now + 9 * day) == []
    assert (told, sorted([house.bob.id, desk.eve.id])) in words_of(house, now + 10 * day)
    with house.db.read() as session:
        assert reminding.unsigned(session, house.bob.id, now) == [Named(spring, "Spring")]
        assert reminding.unsigned(session, house.ann.id, now) == []
    with house.db.write() as session:
        service.change(session, house.bob, spring, typed(house, now, last=30), 1, now)
    with house.db.read() as session:
        assert session.get_one(Campaign, spring).reminders == 0, "it goes on, and ends another time"


def test_an_heir_is_reminded_until_they_take_it_up(
    house: House, desk: Desk, now: datetime, plan: Callable[..., int]
) -> None:
    spring, day = plan(first=-10, last=-1), timedelta(days=1)
    ann, bob = house.ann.id, house.bob.id
    with house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house, questions_heir_id=bob), now)
    assert words_of(house, now + 2 * day) == [], "they have been told once, and Bob signed himself"
    told = SignalKind.HANDED_OVER
    assert words_of(house, now + 3 * day) == [(told, [ann])]
    assert words_of(house, now + 10 * day) == [(told, sorted([ann, desk.eve.id]))]
    with house.db.write() as session:
        assert reminding.inherited(session, ann) == [Named(spring, "Spring")]
        with pytest.raises(NotFound):
            handing_over.take_up(session, desk.eve, spring, now)
        handing_over.take_up(session, house.ann, spring, now)
        handing_over.take_up(session, house.ann, spring, now + day)
    assert words_of(house, now + 30 * day) == []
    with house.db.read() as session:
        found = queries.campaign(session, spring, now)
        assert found is not None
        assert found.hand_over is not None
        assert [(one.person.id, one.taken_up_at) for one in found.hand_over.heirs] == [(ann, now), (bob, now)]


def test_who_follows_an_heir_is_told_anew(house: House, now: datetime, plan: Callable[..., int]) -> None:
    admin, spring = admin_of(house, now), plan(first=-10, last=-1)
    with house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house), now)
        handing_over.take_up(session, house.ann, spring, now)
        stewards.switch_off(session, admin, house.ann.id, admin.id, now)
    assert (SignalKind.HANDED_OVER, [admin.id]) in words_of(house, now)
