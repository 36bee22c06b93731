"""Many at once: all of it, once, whoever is killed; nothing that changed meanwhile; taken back like anything else."""

import threading
from dataclasses import fields
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from app.accounts.models import User
from app.core.db import run_in_bulk
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.desk import bulk, rules, service
from app.desk.models import BulkJob
from app.desk.types import Deed, JobView, Task, read, written
from app.inbox import journal, queries, tags, threads, waking
from app.inbox import service as inbox
from app.inbox.models import Conversation, ConversationTag
from app.inbox.types import ConversationState, ListFilter
from tests.domain.conftest import House

NEW = ListFilter(ConversationState.NEW)


@pytest.fixture
def mine(house: House) -> ListFilter:
    """The queue of the page's team, which is Bob's."""
    return ListFilter(ConversationState.NEW, team_ids=frozenset({house.marketing_team}))


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PORTION", 4)


def fill(house: House, now: datetime, count: int = 10) -> list[int]:
    for number in range(count):
        house.platform.say(f"P{number}", "Hello", now - timedelta(minutes=5))
    house.collect()
    with house.db.write() as session:
        run_in_bulk(session, update(Conversation).values(team_id=house.marketing_team))
        return list(session.scalars(select(Conversation.id).order_by(Conversation.id)))


def states(house: House) -> list[ConversationState]:
    with house.db.read() as session:
        return list(session.scalars(select(Conversation.state).order_by(Conversation.id)))


def begin(
    house: House,
    wanted: ListFilter,
    deed: Deed,
    seen_at: datetime,
    to_id: int | None = None,
    until: datetime | None = None,
) -> int:
    with house.db.write() as session:
        return bulk.begin(session, house.bob, wanted, Task(deed, to_id, until), seen_at=seen_at, now=seen_at)


def work(house: House, now: datetime) -> int:
    """As the worker does; answers how many portions there were."""
    portions = 0
    while True:
        with house.db.write() as session:
            if not bulk.work(session, now):
                return portions
        portions += 1


def look(house: House, job_id: int) -> JobView:
    with house.db.read() as session:
        return bulk.job(session, house.bob, job_id)


def later(now: datetime) -> datetime:
    return now + timedelta(minutes=10)


def test_a_whole_list_and_back(house: House, now: datetime, mine: ListFilter, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(house, now)
    with house.db.read() as session:
        before = queries.rows(session, NEW)
    job = begin(house, mine, Deed.RESOLVE, later(now))
    assert look(house, job).total == 10
    work(house, later(now))
    seen = look(house, job)
    assert (seen.done, seen.left, seen.finished_at is not None) == (10, 0, True)
    assert set(states(house)) == {ConversationState.DONE}
    monkeypatch.setattr(rules, "UNDO_AT_ONCE", 5)
    with house.db.write() as session:
        back = bulk.begin_undo(session, house.bob, None, later(now))
    assert back
    work(house, later(now))
    assert look(house, back).done == 10
    with house.db.read() as session:
        after = queries.rows(session, NEW)
    assert [(one.id, one.at, one.assignee_id) for one in after] == [(one.id, one.at, one.assignee_id) for one in before]


def test_a_small_entry_is_taken_back_at_once(house: House, now: datetime, mine: ListFilter) -> None:
    fill(house, now)
    begin(house, mine, Deed.SPAM, later(now))
    work(house, later(now))
    with house.db.write() as session:
        assert bulk.begin_undo(session, house.bob, None, now) is None
        assert len(service.undo(session, house.bob, None, now).conversations) == 10
    assert set(states(house)) == {ConversationState.NEW}


def test_what_came_in_after_the_look_is_left_alone(house: House, now: datetime, mine: ListFilter) -> None:
    fill(house, now)
    job = begin(house, mine, Deed.RESOLVE, later(now))
    with house.db.write() as session:
        first = select(Conversation.id).order_by(Conversation.id).limit(1)
        run_in_bulk(
            session,
            update(Conversation).where(Conversation.id.in_(first.scalar_subquery())).values(news_at=later(later(now))),
        )
    work(house, later(now))
    assert states(house).count(ConversationState.NEW) == 1
    assert look(house, job).done == 9


def test_a_worker_that_dies_in_the_middle_of_a_portion(house: House, now: datetime, mine: ListFilter) -> None:
    """Each is done once: the events say so."""
    ids = fill(house, now)
    job = begin(house, mine, Deed.RESOLVE, later(now))
    with house.db.write() as session:
        assert bulk.work(session, later(now))
    with pytest.raises(KeyboardInterrupt):
        _die_at_work(house, later(now))
    assert (look(house, job).done, states(house).count(ConversationState.DONE)) == (4, 4)
    work(house, later(now))
    assert look(house, job).done == 10
    with house.db.read() as session:
        assert all(len(threads.record(session, house.bob, talk).events) == 1 for talk in ids)


def _die_at_work(house: House, now: datetime) -> None:
    with house.db.write() as session:
        bulk.work(session, now)
        raise KeyboardInterrupt


def test_two_workers_share_and_do_nothing_twice(house: House, now: datetime, mine: ListFilter) -> None:
    ids = fill(house, now, 24)
    jobs = [begin(house, mine, deed, later(now)) for deed in (Deed.TAKE, Deed.RESOLVE)]
    workers = [threading.Thread(target=work, args=(house, later(now))) for _number in range(3)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    work(house, later(now))
    assert [look(house, job).finished_at is not None for job in jobs] == [True, True]
    with house.db.read() as session:
        counts = [len(threads.record(session, house.bob, talk).events) for talk in ids]
    assert max(counts) <= 2
    assert states(house).count(ConversationState.DONE) == look(house, jobs[1]).done


def test_stopped_where_it_is(house: House, now: datetime, mine: ListFilter) -> None:
    fill(house, now)
    job = begin(house, mine, Deed.RESOLVE, later(now))
    with house.db.write() as session:
        bulk.work(session, later(now))
    with house.db.write() as session:
        bulk.stop(session, house.bob, job, now)
        with pytest.raises(NotFound):
            bulk.stop(session, house.ann, job, now)
    assert work(house, now) == 0
    assert states(house).count(ConversationState.DONE) == 4
    assert look(house, job).stopped


def test_undone_while_it_runs_it_stops_first(house: House, now: datetime, mine: ListFilter) -> None:
    fill(house, now)
    job = begin(house, mine, Deed.RESOLVE, later(now))
    with house.db.write() as session:
        bulk.work(session, later(now))
    with house.db.write() as session:
        assert bulk.begin_undo(session, house.bob, look(house, job).entry_id, now) is None
        service.undo(session, house.bob, None, now)
    assert work(house, now) == 0
    assert set(states(house)) == {ConversationState.NEW}


def test_somebody_who_left_does_nothing_more(house: House, now: datetime, mine: ListFilter) -> None:
    fill(house, now)
    begin(house, mine, Deed.RESOLVE, later(now))
    with house.db.write() as session:
        session.execute(update(User).where(User.id == house.bob.id).values(active=False))
    work(house, now)
    assert set(states(house)) == {ConversationState.NEW}


def test_whole_lists_of_other_teams_are_not_for_everybody(house: House, now: datetime) -> None:
    fill(house, now)
    for wanted in (
        NEW,
        ListFilter(ConversationState.NEW, team_ids=frozenset({house.service_team, house.marketing_team})),
        ListFilter(ConversationState.NEW, chosen=(("team", str(house.service_team)),)),
    ):
        with pytest.raises(Forbidden):
            begin(house, wanted, Deed.RESOLVE, now)
    begin(house, ListFilter(ConversationState.NEW, assignee_id=house.bob.id), Deed.RESOLVE, now)
    begin(house, ListFilter(ConversationState.NEW, chosen=(("team", str(house.marketing_team)),)), Deed.RESOLVE, now)


def test_chosen_ones_as_they_were_seen(house: House, now: datetime) -> None:
    first, second, third, *_rest = fill(house, now)
    with house.db.write() as session:
        seen = {talk: session.get_one(Conversation, talk).version for talk in (first, second, third)}
    with house.db.write() as session:
        inbox.take(session, house.ann, second, None, now)
    with house.db.write() as session:
        tag_id = tags.find_or_make(session, "later", now)
        did = bulk.act_on(session, house.bob, seen, Task(Deed.TAG, tag_id), now)
    assert (did.done, did.left) == (2, 1)
    with house.db.write() as session:
        tagged = set(session.scalars(select(ConversationTag.conversation_id)))
        assert tagged == {first, third}
        assert journal.size(session, did.entry_id or 0, 10) == 2
        for chosen in ({}, dict.fromkeys(range(201), 1)):
            with pytest.raises(InvalidInput):
                bulk.act_on(session, house.bob, chosen, Task(Deed.RESOLVE), now)


def test_a_whole_list_put_off_and_taken_back(house: House, now: datetime, mine: ListFilter) -> None:
    fill(house, now, 10)
    until = now + timedelta(days=2)
    for wrong in (None, now, now + timedelta(days=400)):
        with pytest.raises(InvalidInput):
            begin(house, mine, Deed.PUT_OFF, now, until=wrong)
    job = begin(house, mine, Deed.PUT_OFF, later(now), until=until)
    assert work(house, later(now)) == 4
    assert (look(house, job).done, look(house, job).left) == (10, 0)
    with house.db.read() as session:
        assert session.scalars(select(Conversation.put_off_until)).all() == [until] * 10
        assert waking.has_due(session, until)
    with house.db.write() as session:
        assert bulk.begin_undo(session, house.bob, look(house, job).entry_id, later(now)) is None
        service.undo(session, house.bob, look(house, job).entry_id, later(now))
    assert states(house) == [ConversationState.NEW] * 10


@pytest.mark.parametrize(
    ("deed", "to"),
    [(Deed.ASSIGN, "person"), (Deed.MOVE, "team"), (Deed.TAKE, None), (Deed.REOPEN, None), (Deed.UNTAG, 0)],
)
def test_every_deed(house: House, now: datetime, mine: ListFilter, deed: Deed, to: str | int | None) -> None:
    fill(house, now, 5)
    to_id = {"person": house.ann.id, "team": house.service_team}.get(str(to))
    if deed is Deed.UNTAG:
        with house.db.write() as session:
            to_id = tags.find_or_make(session, "later", now)
    job = begin(house, mine, deed, later(now), to_id)
    work(house, later(now))
    assert look(house, job).done == 5
    with house.db.read() as session:
        for one in queries.rows(session, NEW):
            assert one.assignee_id == {Deed.ASSIGN: house.ann.id, Deed.TAKE: house.bob.id}.get(deed)
            assert one.team_id == (house.service_team if deed is Deed.MOVE else house.marketing_team)


@given(st.builds(ListFilter, **dict.fromkeys((one.name for one in fields(ListFilter)), ...)))
def test_a_list_survives_being_written_down(one: ListFilter) -> None:
    """With everything it can be narrowed down by: what is lost here would be done to conversations nobody chose."""
    assert read(written(one)) == one


def test_work_on_what_is_put_off_leaves_all_else_alone(house: House, now: datetime) -> None:
    first, *others = fill(house, now, count=3)
    with house.db.write() as session:
        waking.put_off(session, house.bob, first, now + timedelta(hours=3), None, now)
    wanted = ListFilter(None, team_ids=frozenset({house.marketing_team}), put_off=True)
    job = begin(house, wanted, Deed.RESOLVE, later(now))
    assert look(house, job).total == 1
    work(house, later(now))
    with house.db.read() as session:
        found = {one.id: one.state for one in session.scalars(select(Conversation))}
    assert found == {first: ConversationState.DONE} | dict.fromkeys(others, ConversationState.NEW)


def test_a_portion_costs_a_fixed_number_of_looks(house: House, now: datetime, mine: ListFilter) -> None:
    """However long the list is that the portion is taken from."""

    def cost() -> int:
        begin(house, mine, Deed.REOPEN, later(now))
        with house.db.write() as session:
            with counted(house) as seen:
                bulk.work(session, later(now))
            run_in_bulk(session, update(BulkJob).values(finished_at=now))
        return len(seen)

    fill(house, now, 4)
    few = cost()
    fill(house, now, 30)
    assert cost() == few


class counted:
    """What is asked of the database meanwhile."""

    def __init__(self, house: House) -> None:
        self._engine = house.db.engine
        self._seen: list[str] = []

    def _note(self, *given: object) -> None:
        self._seen.append(str(given[2]))

    def __enter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self._seen

    def __exit__(self, *_error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)
