"""Who gets which conversation: nobody gets too much, nothing is given twice or left that somebody could take."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import TeamMember
from app.accounts.types import Actor, Role
from app.core import hours
from app.core.errors import Forbidden, InvalidInput
from app.duty import giving, queries, rules, service
from app.duty.service import TermsTyped, WayTyped
from app.duty.types import Availability, Colleague, Mode, Wanting
from app.inbox import service as inbox
from app.inbox import waking
from app.inbox.models import Conversation, ConversationEvent
from app.inbox.types import ConversationState, EventKind
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from tests.domain.conftest import House

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def _colleague(number: int, *, capacity: int = 3, load: int = 0, ready: bool = True, **more: object) -> Colleague:
    values: dict[str, object] = {
        "languages": frozenset(),
        "skills": frozenset(),
        "given_at": None,
        "given_lately": 0,
        **more,
    }
    return Colleague(id=number, ready=ready, capacity=capacity, load=load, **values)  # type: ignore[arg-type]


COLLEAGUES = st.lists(
    st.builds(
        lambda load, capacity, ready, languages, skills, per_hour, lately: _colleague(
            0,
            load=load,
            capacity=capacity,
            ready=ready,
            languages=frozenset(languages),
            skills=frozenset(skills),
            per_hour=per_hour,
            given_lately=lately,
        ),
        st.integers(0, 6),
        st.integers(1, 5),
        st.booleans(),
        st.sets(st.sampled_from(["en", "de"])),
        st.sets(st.sampled_from(["billing", "press"])),
        st.sampled_from([None, 1, 3]),
        st.integers(0, 4),
    ),
    max_size=6,
)
LIE = st.lists(st.sets(st.integers(0, 24)), min_size=6, max_size=6)
"""What each of up to six people let lie."""
TALKS = st.lists(
    st.tuples(st.sampled_from([None, "en", "de", "fr"]), st.sets(st.sampled_from(["billing", "press", "news"]))),
    max_size=25,
)


@given(people=COLLEAGUES, talks=TALKS, lie=LIE, mode=st.sampled_from([Mode.ROUND_ROBIN, Mode.LEAST_LOADED]))
def test_whatever_comes_nobody_is_given_too_much_and_nothing_is_left_without_need(
    people: list[Colleague], talks: list[tuple[str | None, set[str]]], lie: list[set[int]], mode: Mode
) -> None:
    team = [replace(one, id=number, lapsed=frozenset(lie[number])) for number, one in enumerate(people)]
    waiting = [Wanting(number, language, frozenset(tags)) for number, (language, tags) in enumerate(talks)]
    given_out = rules.hand_out(mode, team, waiting)
    assert len({talk for talk, _person in given_out}) == len(given_out)
    assert [talk for talk, _person in given_out] == sorted(talk for talk, _person in given_out)
    got = Counter(person for _talk, person in given_out)
    for one in team:
        assert got[one.id] <= one.free
        assert not any(talk in one.lapsed for talk, person in given_out if person == one.id)
    for talk_id in rules.stuck(team, waiting):
        assert talk_id not in dict(given_out)
    left = [talk for talk in waiting if talk.id not in dict(given_out)]
    room = [one for one in team if one.free > got[one.id]]
    known_skills = {skill for one in team for skill in one.skills}
    for talk in left:
        for one in (one for one in room if talk.id not in one.lapsed):
            asked = talk.tags & known_skills
            assert not (asked <= one.skills and not one.languages), "somebody who takes anything was free"
            assert not (asked <= one.skills and talk.language in one.languages), "somebody able was free"


@given(st.integers(1, 6), st.integers(0, 60))
def test_taking_turns_is_fair(count: int, talks: int) -> None:
    team = [_colleague(number, capacity=100) for number in range(count)]
    got = Counter(p for _t, p in rules.hand_out(Mode.ROUND_ROBIN, team, [Wanting(n, None) for n in range(talks)]))
    assert max(got.values(), default=0) - min((got[one.id] for one in team), default=0) <= 1


def test_turns_go_on_where_they_stopped() -> None:
    first = _colleague(1, given_at=NOON)
    second = _colleague(2, given_at=NOON - timedelta(minutes=5))
    never = _colleague(3)
    given_out = rules.hand_out(Mode.ROUND_ROBIN, [first, second, never], [Wanting(n, None) for n in range(3)])
    assert [person for _talk, person in given_out] == [3, 2, 1]


def test_evenly_looks_at_what_each_can_take_on() -> None:
    half_full = _colleague(1, capacity=10, load=5)
    nearly_empty = _colleague(2, capacity=2, load=0)
    given_out = rules.hand_out(Mode.LEAST_LOADED, [half_full, nearly_empty], [Wanting(n, None) for n in range(2)])
    assert [person for _talk, person in given_out] == [2, 1]


def test_a_language_nobody_of_the_team_has_goes_to_anyone() -> None:
    team = [_colleague(1, languages=frozenset({"de"})), _colleague(2, languages=frozenset({"en"}))]
    given_out = dict(rules.hand_out(Mode.ROUND_ROBIN, team, [Wanting(1, "en"), Wanting(2, "fr"), Wanting(3, "de")]))
    assert given_out[1] == 2
    assert given_out[3] == 1
    assert 2 in given_out


@pytest.mark.parametrize(
    ("said", "since_minutes", "seen_minutes", "stands", "gives_back"),
    [
        (Availability.ONLINE, 60, 1, Availability.ONLINE, False),
        (Availability.ONLINE, 60, 2.5, Availability.OFFLINE, False),
        (Availability.ONLINE, 60, 3, Availability.OFFLINE, True),
        (Availability.AWAY, 60, 60, Availability.AWAY, False),
        (Availability.AWAY_RETURNING, 0.9, 0, Availability.AWAY_RETURNING, False),
        (Availability.AWAY_RETURNING, 1, 0, Availability.AWAY_RETURNING, True),
        (Availability.OFFLINE, 0.5, 0.5, Availability.OFFLINE, False),
        (Availability.OFFLINE, 1, 1, Availability.OFFLINE, True),
    ],
)
def test_how_somebody_really_stands(
    said: Availability, since_minutes: float, seen_minutes: float, stands: Availability, gives_back: bool
) -> None:
    since, seen = NOON - timedelta(minutes=since_minutes), NOON - timedelta(minutes=seen_minutes)
    now_stands, from_when = rules.at_work(said, since, seen, NOON)
    assert now_stands is stands
    assert rules.gives_back(now_stands, from_when, NOON) is gives_back


@pytest.mark.parametrize(
    ("week", "off", "at", "open_now"),
    [
        ("", "", NOON, True),
        ("", "2026-03-04 Fair", NOON, False),
        ("mo-fr 09:00-17:00 Europe/Berlin", "", NOON, True),
        ("mo-fr 09:00-17:00 Europe/Berlin", "", NOON.replace(hour=16), False),
        ("mo-fr 09:00-17:00 Europe/Berlin", "2026-03-04", NOON, False),
        ("sa 09:00-12:00; we 22:00-06:00", "", NOON.replace(hour=23), True),
        ("we 22:00-06:00", "", NOON.replace(day=5, hour=5), True),
        # Berlin's clocks go forward at 2:00 on 29 March 2026.
        ("su 03:00-04:00 Europe/Berlin", "", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), True),
    ],
)
def test_working_hours(week: str, off: str, at: datetime, open_now: bool) -> None:
    assert hours.read_week(week, off).hold(at) is open_now


@pytest.fixture
def boss(house: House, now: datetime) -> Actor:
    with house.db.write() as session:
        user_id = people.create_user(session, login="boss", role=Role.SUPERVISOR, password="correct horse", now=now)
    with house.db.read() as session:
        return accounts.person(session, user_id)


def _way(house: House, boss: Actor, mode: Mode, back_after: str = "", week: str = "", off: str = "") -> None:
    with house.db.write() as session:
        service.set_way(session, boss, house.marketing_team, WayTyped(mode.value, back_after, week, off), NOON)


def _say(house: House, who: Actor, availability: Availability, now: datetime) -> None:
    with house.db.write() as session:
        service.say(session, who, availability, now)


def _work(house: House, now: datetime) -> int:
    with house.db.write() as session:
        return giving.work(session, now)


def _owners(house: House) -> dict[int | None, int]:
    with house.db.read() as session:
        query = select(Conversation.assignee_id, func.count()).group_by(Conversation.assignee_id)
        return dict(session.execute(query).all())


def _comments(house: House, count: int, now: datetime) -> None:
    for number in range(count):
        house.platform.say(f"P{number}", f"Lovely photo number {number}!", now - timedelta(minutes=count - number))
    house.collect()
    with house.db.write() as session:
        for talk in session.scalars(select(Conversation)):
            talk.team_id = house.marketing_team


def test_who_comes_is_given_what_waits_and_no_more_than_they_can_take(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 5, now)
    _way(house, boss, Mode.ROUND_ROBIN)
    assert _work(house, now) == 0, "nobody is there"
    with house.db.write() as session:
        service.set_terms(session, boss, house.bob.id, TermsTyped("3", "", "", ""), now)
    _say(house, house.bob, Availability.ONLINE, now)
    assert _work(house, now) == 3
    assert _owners(house) == {house.bob.id: 3, None: 2}
    with house.db.read() as session:
        oldest = session.scalars(select(Conversation.assignee_id).order_by(Conversation.sort_at)).all()
        lines = session.scalars(select(ConversationEvent).where(ConversationEvent.kind == EventKind.GIVEN_OUT)).all()
    assert oldest == [house.bob.id] * 3 + [None] * 2
    assert [line.data["to"] for line in lines] == ["bob"] * 3
    assert _work(house, now) == 0


def test_giving_many_out_takes_no_more_statements_than_giving_few(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 9, now)
    _way(house, boss, Mode.ROUND_ROBIN)
    _say(house, house.bob, Availability.ONLINE, now)
    statements: list[str] = []

    def note(*said: object) -> None:
        statements.append(str(said[2]))

    event.listen(house.db.engine, "before_cursor_execute", note)
    taken = []
    for room in (2, 8):
        with house.db.write() as session:
            service.set_terms(session, boss, house.bob.id, TermsTyped(str(room), "", "", ""), now)
        statements.clear()
        given_out = _work(house, now)
        taken.append((given_out, len(statements)))
    event.remove(house.db.engine, "before_cursor_execute", note)
    assert taken == [(2, taken[0][1]), (6, taken[0][1])], statements


def test_a_team_that_takes_by_hand_is_given_nothing(house: House, now: datetime) -> None:
    _comments(house, 2, now)
    _say(house, house.bob, Availability.ONLINE, now)
    assert _work(house, now) == 0


def test_who_goes_keeps_it_for_a_minute(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 2, now)
    _way(house, boss, Mode.LEAST_LOADED)
    _say(house, house.bob, Availability.ONLINE, now)
    _work(house, now)
    _say(house, house.bob, Availability.OFFLINE, now + timedelta(seconds=5))
    assert _work(house, now + timedelta(seconds=30)) == 0
    with house.db.read() as session:
        assert not queries.has_work(session, now + timedelta(seconds=30))
        assert queries.has_work(session, now + timedelta(seconds=70))
    assert _work(house, now + timedelta(seconds=70)) == 2
    assert _owners(house) == {None: 2}


def test_a_browser_that_is_closed_gives_back_too(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 1, now)
    _way(house, boss, Mode.ROUND_ROBIN)
    _say(house, house.bob, Availability.ONLINE, now)
    _work(house, now)
    with house.db.write() as session:
        service.seen(session, house.bob, now + timedelta(minutes=2))
    assert _work(house, now + timedelta(minutes=4)) == 0
    assert _work(house, now + timedelta(minutes=6)) == 1
    assert _owners(house) == {None: 1}


def test_what_is_not_answered_in_time_goes_to_somebody_else(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 1, now)
    _way(house, boss, Mode.ROUND_ROBIN, back_after="30")
    _say(house, house.bob, Availability.ONLINE, now)
    _work(house, now)
    later = now + timedelta(minutes=31)
    with house.db.write() as session:
        service.seen(session, house.bob, later)
    assert _work(house, later) >= 1
    with house.db.read() as session:
        kinds = session.scalars(select(ConversationEvent.kind).order_by(ConversationEvent.id)).all()
    assert EventKind.NOT_IN_TIME in kinds


def test_what_is_answered_while_it_is_taken_back_stays_answered(
    house: House, boss: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be taken back is held until it is: nobody's answer of that very moment is undone."""
    if house.db.engine.dialect.name != "postgresql":
        return  # SQLite lets one write at a time
    _comments(house, 1, now)
    _way(house, boss, Mode.ROUND_ROBIN, back_after="30")
    _say(house, house.bob, Availability.ONLINE, now)
    _work(house, now)
    later = now + timedelta(minutes=31)
    with house.db.write() as session:
        service.seen(session, house.bob, later)
        (talk_id,) = session.scalars(select(Conversation.id))
    names, did = giving._names, []

    def answered_meanwhile(*arguments: Any) -> dict[int, str]:
        with ThreadPoolExecutor(1) as pool:
            did.append(pool.submit(answer).result())
        return names(*arguments)

    def answer() -> bool:
        try:
            with house.db.write() as session:
                session.execute(text("SET LOCAL lock_timeout = '200ms'"))
                inbox.resolve(session, house.bob, talk_id, None, later)
        except OperationalError:
            return False
        return True

    monkeypatch.setattr(giving, "_names", answered_meanwhile)
    _work(house, later)
    with house.db.read() as session:
        kinds = session.scalars(select(ConversationEvent.kind).order_by(ConversationEvent.id)).all()
    assert (did[0], kinds[-1]) in [(True, EventKind.RESOLVED), (False, EventKind.NOT_IN_TIME)]


def test_nobody_is_given_more_within_an_hour_than_agreed(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 5, now)
    _way(house, boss, Mode.LEAST_LOADED)
    with house.db.write() as session:
        service.set_terms(session, boss, house.bob.id, TermsTyped("20", "", "", "", "2"), now)
    for minutes, count in ((0, 2), (1, 0), (59, 0), (61, 2), (122, 1)):
        later = now + timedelta(minutes=minutes)
        _say(house, house.bob, Availability.ONLINE, later)
        with house.db.read() as session:
            assert queries.has_work(session, later) is bool(count)
        assert _work(house, later) == count
    with pytest.raises(InvalidInput) as refused, house.db.write() as session:
        service.set_terms(session, boss, house.bob.id, TermsTyped("20", "", "", "", "few"), now)
    assert refused.value.field == "per_hour"


def test_one_person_alone_is_not_given_again_what_they_let_lie(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 1, now)
    _way(house, boss, Mode.ROUND_ROBIN, back_after="30")
    _say(house, house.bob, Availability.ONLINE, now)
    _work(house, now)
    later = now + timedelta(minutes=31)
    _say(house, house.bob, Availability.ONLINE, later)
    assert (_work(house, later), _work(house, later)) == (1, 0)
    assert _owners(house) == {None: 1}
    with house.db.read() as session:
        assert not queries.has_work(session, later), "nothing is looked for over and over"
        (told,) = session.scalars(select(SignalRow).where(SignalRow.kind == SignalKind.NOT_IN_TIME))
    assert told.people == [boss.id]
    with house.db.write() as session:
        session.add(TeamMember(team_id=house.marketing_team, user_id=house.ann.id))
    _say(house, house.ann, Availability.ONLINE, later)
    _work(house, later)
    assert _owners(house) == {house.ann.id: 1}, "whoever comes is given it"


def test_who_let_it_lie_is_given_it_again_after_a_day_or_takes_it_by_hand_and_keeps_it(
    house: House, boss: Actor, now: datetime
) -> None:
    _comments(house, 1, now)
    _way(house, boss, Mode.ROUND_ROBIN, back_after="30")

    def work_after(minutes: int) -> dict[int | None, int]:
        later = now + timedelta(minutes=minutes)
        _say(house, house.bob, Availability.ONLINE, later)
        with house.db.write() as session:
            giving.tidy(session, later)
        _work(house, later)
        return _owners(house)

    day, bobs = 24 * 60, {house.bob.id: 1}
    assert [work_after(n) for n in (0, 31, 31 + day - 1, 31 + day, 62 + day)] == [
        bobs,
        {None: 1},
        {None: 1},
        bobs,
        {None: 1},
    ]
    with house.db.write() as session:
        inbox.take(
            session, house.bob, session.scalars(select(Conversation.id)).one(), None, now + timedelta(days=1, hours=2)
        )
    assert work_after(3 * day - 60) == bobs


def test_what_comes_back_waits_anew_before_it_is_taken_away(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 2, now)
    _way(house, boss, Mode.ROUND_ROBIN, back_after="30")
    _say(house, house.bob, Availability.ONLINE, now)
    _work(house, now)
    later = now + timedelta(hours=3)
    with house.db.write() as session:
        asleep, answered = session.scalars(select(Conversation).order_by(Conversation.id))
        waking.put_off(session, house.bob, asleep.id, later, None, now)
        inbox.set_state(answered, ConversationState.WAITING, None, now)
    with house.db.write() as session:
        assert waking.wake(session, later) == 1
        again = session.scalars(select(Conversation).where(Conversation.state == ConversationState.WAITING)).one()
        inbox.set_state(again, ConversationState.NEW, later, later)
    for minutes, owners in ((29, {house.bob.id: 2}), (31, {None: 2})):
        _say(house, house.bob, Availability.ONLINE, later + timedelta(minutes=minutes))
        _work(house, later + timedelta(minutes=minutes))
        assert _owners(house) == owners


def test_outside_the_teams_hours_nobody_is_given_anything(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 1, now)
    _way(house, boss, Mode.ROUND_ROBIN, off=f"{now.date()} today")
    _say(house, house.bob, Availability.ONLINE, now)
    assert _work(house, now) == 0


def test_two_workers_and_an_agent_at_once_give_nothing_twice(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 40, now)
    _way(house, boss, Mode.ROUND_ROBIN)
    with house.db.write() as session:
        service.set_terms(session, boss, house.bob.id, TermsTyped("30", "", "", ""), now)
        ids = session.scalars(select(Conversation.id)).all()
    _say(house, house.bob, Availability.ONLINE, now)

    def take(talk_id: int) -> None:
        with house.db.write() as session:
            inbox.take(session, house.ann, talk_id, None, now)

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(_work, house, now) for _n in range(3)] + [pool.submit(take, one) for one in ids[:10]]
        for job in jobs:
            job.result()
    owners = _owners(house)
    assert owners.get(house.bob.id, 0) <= 30
    assert owners[house.ann.id] == 10
    with house.db.read() as session:
        twice = session.execute(
            select(ConversationEvent.conversation_id, func.count())
            .where(ConversationEvent.kind == EventKind.GIVEN_OUT)
            .group_by(ConversationEvent.conversation_id)
            .having(func.count() > 1)
        ).all()
    assert twice == []
    assert _work(house, now) == 0 or _owners(house)[house.bob.id] <= 30


def test_answered_and_closed_ones_make_room(house: House, boss: Actor, now: datetime) -> None:
    _comments(house, 3, now)
    _way(house, boss, Mode.ROUND_ROBIN)
    with house.db.write() as session:
        service.set_terms(session, boss, house.bob.id, TermsTyped("1", "", "", ""), now)
    _say(house, house.bob, Availability.ONLINE, now)
    assert _work(house, now) == 1
    with house.db.write() as session:
        held = session.scalars(select(Conversation).where(Conversation.assignee_id == house.bob.id)).one()
        inbox.resolve(session, house.bob, held.id, None, now)
    assert _work(house, now) == 1
    with house.db.read() as session:
        states = session.scalars(select(Conversation.state).where(Conversation.assignee_id == house.bob.id)).all()
    assert sorted(states) == [ConversationState.DONE, ConversationState.NEW]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (TermsTyped("0", "", "", ""), "capacity"),
        (TermsTyped("many", "", "", ""), "capacity"),
        (TermsTyped("１２", "", "", ""), "capacity"),
        (TermsTyped("3", "english", "", ""), "languages"),
        (TermsTyped("3", "", "", "9 to 5"), "hours"),
    ],
)
def test_nonsense_is_named(house: House, boss: Actor, now: datetime, terms: TermsTyped, field: str) -> None:
    with pytest.raises(InvalidInput) as refused, house.db.write() as session:
        service.set_terms(session, boss, house.bob.id, terms, now)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (WayTyped("lottery", "", "", ""), "mode"),
        (WayTyped("by_hand", "-5", "", ""), "back_after"),
        (WayTyped("by_hand", "", "mo-xx 09:00-17:00", ""), "hours"),
        (WayTyped("by_hand", "", "", "Christmas"), "days_off"),
    ],
)
def test_nonsense_about_a_team_is_named(house: House, boss: Actor, typed: WayTyped, field: str) -> None:
    with pytest.raises(InvalidInput) as refused, house.db.write() as session:
        service.set_way(session, boss, house.marketing_team, typed, NOON)
    assert refused.value.field == field


def test_agents_do_not_say_who_takes_on_how_much(house: House, now: datetime) -> None:
    with pytest.raises(Forbidden), house.db.write() as session:
        service.set_terms(session, house.ann, house.bob.id, TermsTyped("3", "", "", ""), now)
    with pytest.raises(Forbidden), house.db.write() as session:
        service.set_way(session, house.ann, house.marketing_team, WayTyped("by_hand", "", "", ""), now)
