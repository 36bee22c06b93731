"""The numbers beside the lists are right, whoever writes, however many at once, and cost no counting."""

import random
import threading
from collections import Counter
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from app.core.db import Database, run_in_bulk
from app.inbox import counts, journal, queries
from app.inbox import service as inbox
from app.inbox.models import Conversation, ConversationCount, ConversationCountChange
from app.inbox.types import ConversationState, Length, ListFilter, Mark
from tests.domain.conftest import House
from workers.jobs.inbox import fold_counts

SORT = (Conversation.state, Conversation.team_id, Conversation.assignee_id, Conversation.page_id)
ACTS = ("speak", "take", "give_back", "resolve", "reopen", "spam", "move", "bulk", "fold")


def there(session: Session) -> Counter[tuple[object, ...]]:
    """What stands in the table."""
    return Counter(tuple(one) for one in session.execute(select(*SORT)))


def known(session: Session) -> Counter[tuple[object, ...]]:
    """What the kept numbers say."""
    numbers = counts.numbers([None])
    columns = [numbers.c[name] for name in ("state", "team_id", "assignee_id", "page_id")]
    found = session.execute(select(*columns, func.sum(numbers.c.n)).group_by(*columns))
    return Counter({tuple(key): int(n) for *key, n in found if n})


def lists(house: House) -> list[ListFilter]:
    """Lists that are counted, of every make."""
    new = ConversationState.NEW
    return [
        ListFilter(new),
        ListFilter(None),
        ListFilter(ConversationState.DONE, team_ids=frozenset({house.service_team})),
        ListFilter(new, team_ids=frozenset()),
        ListFilter(new, assignee_id=house.ann.id),
        ListFilter(new, unassigned=True),
        ListFilter(new, chosen=(("page", str(house.page_id)), ("assignee", "nobody"))),
        ListFilter(new, chosen=(("platform", "memory"), ("team", str(house.marketing_team)))),
        ListFilter(new, chosen=(("platform", "elsewhere"),)),
    ]


def act(house: House, what: str, choose: random.Random, now: datetime) -> None:
    if what == "speak":
        house.platform.say(f"P{choose.random()}", "Hello", now)
        house.collect()
        return
    with house.db.write() as session:
        ids = list(session.scalars(select(Conversation.id).order_by(Conversation.id)))
        if what == "fold":
            counts.fold(session)
        elif what == "bulk":
            some = update(Conversation).where(Conversation.id.in_(choose.sample(ids, len(ids) // 2)))
            run_in_bulk(session, some.values(state=ConversationState.SPAM, assignee_id=house.bob.id))
        elif ids:
            _one(session, house, what, choose.choice(ids), now)


def _one(session: Session, house: House, what: str, talk: int, now: datetime) -> None:
    if what == "move":
        open_talk = inbox.open_for(session, house.ann, talk, None)
        team = house.service_team if open_talk.team_id == house.marketing_team else house.marketing_team
        inbox.move(session, open_talk, team, house.ann, now)
    elif what == "give_back":
        inbox.assign(session, house.ann, talk, None, None, now)
    else:
        acts = {"take": inbox.take, "resolve": inbox.resolve, "reopen": inbox.reopen, "spam": inbox.set_aside}
        acts[what](session, house.ann, talk, None, now)


@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=25), seed=st.integers(0, 999))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_is_done_the_numbers_are_right(house: House, now: datetime, acts: list[str], seed: int) -> None:
    choose = random.Random(seed)
    for what in acts:
        act(house, what, choose, now)
        with house.db.read() as session:
            assert known(session) == there(session), what
    with house.db.read() as session:
        told = queries.lengths(session, lists(house))
        assert told == [Length(len(queries.rows(session, one, limit=10_000))) for one in lists(house)]
    with house.db.write() as session:
        assert counts.mend(session) == 0


def test_many_at_once_wait_for_nobody_in_a_circle_and_count_right(house: House, now: datetime) -> None:
    """Eight writers change the same sorts in every order, while two fold."""
    for number in range(24):
        house.platform.say(f"P{number}", "Hello", now)
    house.collect()
    failures: list[Exception] = []

    def work(seed: int) -> None:
        choose = random.Random(seed)
        try:
            for _turn in range(12):
                with house.db.write() as session:
                    if seed % 4 == 0:
                        counts.fold(session)
                        continue
                    mine = select(Conversation.id).order_by(Conversation.id).offset(3 * (seed % 8)).limit(3)
                    for talk in choose.sample(list(session.scalars(mine)), 3):
                        state = choose.choice(list(ConversationState))
                        owner = choose.choice([None, house.ann.id, house.bob.id])
                        one = update(Conversation).where(Conversation.id == talk)
                        run_in_bulk(session, one.values(state=state, assignee_id=owner))
        except Exception as error:  # noqa: BLE001 (whatever it is, the test says so)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with house.db.write() as session:
        assert known(session) == there(session)
        assert counts.mend(session) == 0


def test_wrong_numbers_are_mended(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Hello", now)
    house.collect()
    with house.db.write() as session:
        for table in (ConversationCount, ConversationCountChange):
            run_in_bulk(session, update(table).values(n=7))
        session.add(ConversationCount(state=ConversationState.DONE, team_id=1, assignee_id=99, page_id=1, n=-3))
    with house.db.write() as session:
        assert known(session) != there(session)
        assert counts.mend(session) == 2
    with house.db.write() as session:
        assert known(session) == there(session)
        assert counts.mend(session) == 0
        counts.fold(session)
        assert known(session) == there(session)


def test_what_people_did_and_took_back_is_counted_too(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Hello", now)
    house.collect()
    with house.db.write() as session:
        (talk,) = session.scalars(select(Conversation.id))
        inbox.resolve(session, house.ann, talk, None, now)
        entry = journal.entry(session)
        assert entry
    with house.db.read() as session:
        assert known(session) == there(session)


def test_marked_ones_are_counted_to_a_hundred(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Hello", now)
    house.platform.say("Bob", "Hello", now)
    house.collect()
    with house.db.write() as session:
        for talk in session.scalars(select(Conversation.id)):
            inbox.mark(session, talk, Mark.APPROVAL, now)
    with house.db.read() as session:
        wanted = [ListFilter(None, mark=Mark.APPROVAL), ListFilter(ConversationState.NEW, chosen=(("kind", "first"),))]
        assert queries.lengths(session, wanted) == [Length(2), Length(2)]
        assert queries.lengths(session, wanted, limit=2) == [Length(2, exact=False)] * 2


def test_a_removed_page_takes_its_numbers_along(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Hello", now)
    house.collect()
    with house.db.write() as session:
        run_in_bulk(session, update(Conversation).values(routed_at=now))
        inbox.remove_pages(session, [house.page_id])
    with house.db.read() as session:
        assert known(session) == Counter()


def test_the_worker_folds_until_nothing_is_left(house: House, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "FOLDED_AT_ONCE", 2)
    monkeypatch.setattr(counts, "WORTH_FOLDING", 3)
    monkeypatch.setattr("workers.jobs.inbox.services", lambda: house)
    for number in range(7):
        act(house, "speak", random.Random(number), now)
    with house.db.write() as session:
        session.add(ConversationCountChange(state=ConversationState.DONE, team_id=1, assignee_id=0, page_id=1, n=1))
        session.add(ConversationCountChange(state=ConversationState.DONE, team_id=1, assignee_id=0, page_id=1, n=-1))
    fold_counts()
    with house.db.read() as session:
        assert session.scalar(select(func.count()).select_from(ConversationCountChange)) == 0
        assert not counts.has_many_changes(session, now)
        assert known(session) == there(session)


def test_asking_reads_no_conversation(house: House, db: Database) -> None:
    seen: list[str] = []
    event.listen(house.db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    with house.db.read() as session:
        queries.lengths(session, lists(house))
    (asked,) = [one for one in seen if one.startswith(("SELECT", "select"))]
    assert " conversations" not in asked
