"""Days are added up once, pages judged, and whoever looks after them is warned, has a task, and is relieved of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts import service as people
from app.accounts.types import Role
from app.core import days
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.duty import service as duty
from app.duty.types import Availability
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from app.upkeep import belonging, boards, keeping, plans, pulses, rolling, stewards
from app.upkeep.models import PageDay
from app.upkeep.types import Help, Life, PlanTyped, TaskKind
from tests.domain.conftest import House

PLAN = PlanTyped("7", "24", "", "14", "30", "60")
MINUTE = timedelta(minutes=1)


def say(house: House, at: datetime) -> int:
    house.platform.say("Maria", "When do you open?", at, key=f"user:{at.isoformat()}")
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0


def roll(house: House, now: datetime) -> None:
    with house.db.write() as session:
        while belonging.work(session, now) | rolling.work(session, now):
            pass


def planned(house: House, now: datetime, **other: str) -> None:
    with house.db.write() as session:
        stewards.appoint(session, house.bob, house.page_id, house.bob.id, house.ann.id, now)
        typed = PlanTyped(**{**{name: getattr(PLAN, name) for name in PLAN.__slots__}, **other})
        plans.keep(session, house.bob, house.page_id, typed, now)


def told(house: House) -> list[tuple[str, tuple[int, ...]]]:
    with house.db.read() as session:
        rows = session.scalars(select(SignalRow).where(SignalRow.kind == SignalKind.KEEP_ALIVE).order_by(SignalRow.id))
        return [(f"{row.facts['kind_of_task']} {row.facts['step']}", tuple(row.people)) for row in rows]


def keep(house: House, now: datetime) -> int:
    with house.db.write() as session:
        return keeping.work(session, now)


def test_each_comment_and_each_answer_is_added_up_once(house: House, now: datetime) -> None:
    talk = say(house, now - timedelta(hours=5))
    say(house, now - timedelta(days=3))
    later = now + 5 * MINUTE
    with house.db.write() as session:
        inbox.resolve(session, house.ann, talk, None, now)
    roll(house, now)  # too fresh
    for _again in range(3):
        roll(house, later)
    with house.db.read() as session:
        found = {one.day: one for one in session.scalars(select(PageDay))}
        assert sum(one.comments for one in found.values()) == 2
        assert found[(now - timedelta(days=3)).date()].comments == 1
        assert (found[now.date()].answered, found[now.date()].in_time) == (1, 1)


def test_days_that_begin_elsewhere_are_added_up_anew(house: House, now: datetime) -> None:
    evening = (now - timedelta(days=3)).replace(hour=23, minute=30)
    say(house, evening)
    later = now + 5 * MINUTE
    roll(house, later)
    days.use("Europe/Berlin")
    try:
        for _again in range(2):
            roll(house, later)
        with house.db.read() as session:
            added = {one.day: one.comments for one in session.scalars(select(PageDay)) if one.comments}
        assert added == {evening.date() + timedelta(days=1): 1}
    finally:
        days.use("UTC")


def test_a_page_is_judged_and_the_worst_stands_first(house: House, now: datetime) -> None:
    say(house, now - timedelta(days=2))
    roll(house, now + 5 * MINUTE)
    with house.db.write() as session:
        assert pulses.is_due(session, now)
        assert pulses.take(session, now + 5 * MINUTE) == 1
        assert not pulses.is_due(session, now + timedelta(minutes=50))
        assert pulses.is_due(session, now + timedelta(minutes=66))
    with house.db.read() as session:
        (row,) = boards.board(session, now + 5 * MINUTE)
        assert row.verdict is not None
        assert row.facts is not None
        assert (row.verdict.life, row.verdict.help, row.facts.waiting) == (Life.QUIETING, Help.ANSWER, 1)
        assert sum(week.comments for week in row.weeks) == 1
        days = boards.days(session, house.page_id, now + 5 * MINUTE)
        assert (days[0].day.weekday(), days[-1].day) == (0, (now + 5 * MINUTE).astimezone(UTC).date())
        assert days[-1].life is Life.QUIETING


def test_a_late_post_is_warned_of_then_a_task_then_told_further_and_done_by_posting(
    house: House, now: datetime
) -> None:
    with house.db.write() as session:
        boss = people.create_user(session, login="eve", role=Role.SUPERVISOR, password=None, now=now, teams=[])
    planned(house, now)
    day, bob = timedelta(days=1), house.bob.id
    assert keep(house, now + 5 * day) == 0
    assert keep(house, now + 6 * day) == 1
    assert keep(house, now + 6 * day) == 0  # once
    assert keep(house, now + 7 * day) == 1
    assert keep(house, now + 11 * day) == 1
    assert told(house) == [("post warn", (bob,)), ("post task", (bob,)), ("post escalate", (bob, boss))]
    with house.db.read() as session:
        (task,) = boards.tasks(session, user_id=bob)
        assert (task.kind, task.open, task.escalated) == (TaskKind.POST, True, True)
    with house.db.write() as session:
        plans.note_post(session, house.bob, house.page_id, now + 11 * day)
    keep(house, now + 11 * day)
    with house.db.read() as session:
        assert boards.tasks(session, user_id=bob) == []
    assert keep(house, now + 18 * day) == 2  # the next one: warned of and due at once, told once
    assert [what for what, _who in told(house)][3:] == ["post task"]


def test_nobody_is_told_in_quiet_hours(house: House, now: datetime) -> None:
    today = ("mo", "tu", "we", "th", "fr", "sa", "su")[now.weekday()]
    planned(house, now, quiet=f"{today} 00:00-24:00 UTC")
    assert keep(house, now + timedelta(days=28)) == 0
    assert told(house) == []
    assert keep(house, now + timedelta(days=29)) > 0


def test_the_deputy_stands_in_and_gets_what_nobody_took(house: House, now: datetime) -> None:
    planned(house, now)
    with house.db.write() as session:
        duty.say(session, house.ann, Availability.ONLINE, now)
        duty.say(session, house.bob, Availability.AWAY, now - timedelta(days=2))
    talk = say(house, now - timedelta(hours=11))
    with house.db.write() as session:
        assert keeping.give_stewards(session, now) == 0
        assert keeping.give_stewards(session, now + timedelta(hours=1)) == 1
    with house.db.read() as session:
        assert session.get_one(Conversation, talk).assignee_id == house.ann.id
    with house.db.write() as session:
        duty.say(session, house.bob, Availability.ONLINE, now)
        assert keeping.on_duty(session, [house.page_id], now) == {house.page_id: house.bob.id}


def test_what_makes_no_plan_is_named(house: House, now: datetime) -> None:
    with pytest.raises(Conflict) as refused, house.db.write() as session:
        plans.keep(session, house.bob, house.page_id, PLAN, now)
    assert refused.value.code == "no_steward"
    with pytest.raises(Forbidden), house.db.write() as session:
        plans.keep(session, house.ann, house.page_id, PLAN, now)
    for wrong, where in (
        ({"post_every_days": "often"}, "post_every_days"),
        ({"answer_within_hours": ""}, "answer_within_hours"),
        ({"quiet": "at night"}, "quiet"),
        ({"quiet": ";"}, "quiet"),
        ({"quiet": "mo-su 08:00-20:00 UTC; mo-su 20:00-08:00 UTC"}, "quiet"),
        ({"at_risk_days": "14"}, "ghost_days"),
        ({"ghost_days": "0"}, "ghost_days"),
    ):
        with pytest.raises(InvalidInput) as named:
            planned(house, now, **wrong)
        assert named.value.field == where
