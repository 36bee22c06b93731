"""Goals are measured by what really happened, and put right by what changes later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.core.db import Database
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.goals import measuring, queries, service
from app.goals.models import GoalRow
from app.goals.types import Goal, GoalTyped, GoalView, Measure, Period, Scope, Standing
from app.inbox import service as acts
from app.outreach import holding
from app.outreach import service as outreach
from app.outreach.types import By, Source
from app.pages.models import Page
from app.upkeep import rolling, stewards
from app.upkeep.types import Life
from tests.domain.conftest import Desk
from tests.outreach.test_holding import DECLINED, INVITED
from tests.remedies.stage import Stage
from tests.reports.test_counting import answer, count, say

HOUR = timedelta(hours=1)
WEDNESDAY = datetime(2026, 2, 11, 9, tzinfo=UTC)
TYPED = GoalTyped("first_reply", "all", "50", "2 h", "week", "")


@pytest.fixture
def stage(db: Database) -> Stage:
    """Everybody who has to do with remedies."""
    return Stage(db).set_up()


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """We have looked after the page for long, and it is a Wednesday in the middle of a month."""
    with desk.house.db.write() as session:
        session.execute(update(Page).values(created_at=WEDNESDAY - timedelta(days=90)))
    return replace(desk, now=WEDNESDAY)


def save(desk: Desk, **typed: str) -> None:
    with desk.house.db.write() as session:
        given = replace(TYPED, **({"owner": str(desk.eve.id)} | typed))
        service.save(session, desk.eve, None, given, desk.now)


def measure(desk: Desk, at: datetime) -> list[GoalView]:
    count(desk.house.db, at)
    with desk.house.db.write() as session:
        session.execute(update(GoalRow).values(measured_at=None))
        measuring.work(session, at)
    with desk.house.db.read() as session:
        return queries.goals(session, at)


def reading(view: GoalView) -> tuple[int, int]:
    return view.readings[0].good, view.readings[0].total


def test_replies_in_time_and_what_changes_later(busy: Desk) -> None:
    house, at = busy.house, busy.now
    save(busy)
    save(busy, measure="answered", about=f"page:{house.page_id}", within="", percent="100")
    assert [queries.standing(view) for view in measure(busy, at)] == [Standing.NOTHING] * 2
    quick, _ = say(house, at, "Maria")
    slow, _ = say(house, at, "Ken")
    answer(house, quick, at + HOUR)
    answer(house, slow, at + 5 * HOUR)
    found = {view.goal.measure: view for view in measure(busy, at + 5 * HOUR)}
    assert reading(found[Measure.FIRST_REPLY]) == (1, 2)
    assert queries.standing(found[Measure.FIRST_REPLY]) is Standing.KEPT
    assert reading(found[Measure.ANSWERED]) == (2, 2)
    with house.db.write() as session:
        acts.set_aside(session, house.ann, slow, None, at + 6 * HOUR)
    found = {view.goal.measure: view for view in measure(busy, at + 6 * HOUR)}
    assert reading(found[Measure.FIRST_REPLY]) == (1, 1)
    assert reading(found[Measure.ANSWERED]) == (1, 1)


def test_vitality_and_conflicts(busy: Desk) -> None:
    house, at = busy.house, busy.now
    save(busy, measure="vitality", about=f"team:{house.marketing_team}", percent="50")
    save(busy, measure="conflicts", about=f"team:{house.service_team}", within="3 h", percent="90", period="quarter")
    with house.db.write() as session:
        rolling.keep_life(session, house.page_id, at, Life.GHOST_TOWN)
        for who, team, typed in ((house.bob, house.marketing_team, INVITED), (house.ann, house.service_team, DECLINED)):
            done = outreach.record(session, By(team, who.id, Source.PAGE, who), typed, at)
        assert done.held_id
    found = {view.goal.measure: view for view in measure(busy, at + HOUR)}
    assert reading(found[Measure.VITALITY]) == (0, 1)
    assert queries.standing(found[Measure.CONFLICTS]) is Standing.NOTHING
    with house.db.write() as session:
        holding.drop(session, house.ann, done.held_id, 1, at + 2 * HOUR)
    found = {view.goal.measure: view for view in measure(busy, at + 2 * HOUR)}
    assert reading(found[Measure.CONFLICTS]) == (1, 1)


def test_remedies_told_in_time(stage: Stage) -> None:
    goal = Goal(1, Measure.TOLD, Scope.TEAM, stage.team_id, 90, 24 * 60, Period.MONTH, None)
    first, last = stage.now.date().replace(day=1), stage.now.date() + timedelta(days=9)
    remedy = stage.ask(amount="60.00")
    stage.decide("sue", remedy)
    signed = stage.remedy(remedy).approved_at
    assert signed is not None

    def told(at: datetime) -> tuple[int, int]:
        with stage.db.read() as session:
            one = measuring.measure(session, goal, first, last, at)
        return one.good, one.total

    assert told(signed + HOUR) == (0, 0)
    assert told(signed + 25 * HOUR) == (0, 1)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"measure": "joy"}, "measure"),
        ({"about": "team:99"}, "about"),
        ({"about": "galaxy:1"}, "about"),
        ({"measure": "conflicts", "about": "page:1"}, "about"),
        ({"percent": "0"}, "percent"),
        ({"percent": "1e9"}, "percent"),
        ({"within": "soon"}, "within"),
        ({"within": ""}, "within"),
        ({"period": "year"}, "period"),
        ({"owner": "99"}, "owner"),
    ],
)
def test_what_makes_no_goal(busy: Desk, typed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(busy, **typed)
    assert refused.value.field == field


def test_who_may_set_them_and_whom_they_concern(busy: Desk) -> None:
    house, at = busy.house, busy.now
    for about in ("all", f"team:{house.service_team}", f"page:{house.page_id}"):
        save(busy, about=about)
    with pytest.raises(Forbidden), house.db.write() as session:
        service.save(session, house.bob, None, replace(TYPED, owner=str(house.bob.id)), at)

    def mine(actor: Actor) -> set[Scope]:
        with house.db.read() as session:
            return {view.goal.scope for view in queries.mine(session, actor, at)}

    with house.db.write() as session:
        cleo = people.create_user(session, login="cleo", role=Role.AGENT, password=None, teams=[], now=at)
        outside = accounts.person(session, cleo)
    assert mine(house.ann) == {Scope.ALL, Scope.TEAM}
    assert mine(house.bob) == {Scope.ALL, Scope.PAGE}
    assert mine(busy.eve) == {Scope.ALL, Scope.TEAM, Scope.PAGE}
    assert mine(outside) == {Scope.ALL}
    with house.db.write() as session:
        stewards.appoint(session, busy.eve, house.page_id, cleo, None, at)
    assert mine(outside) == {Scope.ALL, Scope.PAGE}


def test_changed_it_is_measured_anew_and_given_up_it_is_gone(busy: Desk) -> None:
    house, at = busy.house, busy.now
    save(busy)
    talk, _ = say(house, at)
    answer(house, talk, at)
    (view,) = measure(busy, at)
    assert reading(view) == (1, 1)
    with house.db.write() as session:
        session.execute(update(User).where(User.id == busy.eve.id).values(active=False))
        typed = replace(TYPED, about=f"team:{house.service_team}", owner=str(house.ann.id))
        service.save(session, busy.eve, view.goal.id, typed, at)
    with house.db.read() as session:
        (view,) = queries.goals(session, at)
    assert (reading(view), view.owner) == ((0, 0), "ann")
    with house.db.write() as session:
        service.remove(session, busy.eve, view.goal.id, at)
    assert measure(busy, at) == []
    with pytest.raises(NotFound), house.db.write() as session:
        service.remove(session, busy.eve, view.goal.id, at)
