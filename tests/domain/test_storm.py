"""Very many comments at once: all are routed, lists stay in order, an answer still leaves, and work is given out oldest
first, to nobody beyond their room. At full size: ``python -m bench.storm``."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Role
from app.duty import giving
from app.duty import service as duty
from app.duty.models import Handout
from app.duty.service import TermsTyped, WayTyped
from app.duty.types import Availability
from app.inbox import queries as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, ListFilter
from app.replies import service as replies
from app.routing import service as routing
from app.targets import runner as targets
from tests.domain.conftest import House

COMMENTS = 500
ROOM = 40


def test_a_storm_leaves_the_queues_usable(house: House, now: datetime) -> None:
    house.platform.say("Early", "When do you open?", now - timedelta(hours=1))
    house.collect()
    with house.db.write() as session:
        boss = people.create_user(session, login="boss", role=Role.SUPERVISOR, password=None, now=now)
        eve = accounts.actor(session, session.get_one(User, boss))
        for team_id in (house.service_team, house.marketing_team):
            duty.set_way(session, eve, team_id, WayTyped("round_robin", "", "", ""), now)
        for one in (house.ann, house.bob):
            duty.set_terms(session, eve, one.id, TermsTyped(str(ROOM), "", "", ""), now)
            duty.say(session, one, Availability.ONLINE, now)
        early = session.scalars(select(Conversation.id)).one()
        replies.send(
            session,
            house.ann,
            early,
            "At nine.",
            key="k",
            version=None,
            resolve=True,
            limit=None,
            undo_seconds=0,
            now=now,
        )
    for number in range(COMMENTS):
        text = ("Where is my parcel?", "Lovely, thank you!")[number % 2]
        house.platform.say(f"P{number}", text, now - timedelta(seconds=60 - number * 0.1))
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(_work, house, now, stop) for _one in range(2)]
        house.collect()
        stop.set()
        for job in working:
            job.result()
    _work(house, now, stop)

    with house.db.read() as session:
        unrouted = session.scalar(select(func.count()).where(Conversation.routed_at.is_(None)))
        rows = inbox.rows(session, ListFilter(ConversationState.NEW), limit=COMMENTS + 1)
        query = (
            select(Handout.team_id, Handout.at, Handout.id, Conversation.sort_at, Handout.user_id)
            .join(Conversation, Conversation.id == Handout.conversation_id)
            .order_by(Handout.team_id, Handout.id)
        )
        given = session.execute(query).all()
    assert unrouted == 0
    assert house.platform.posted == ["At nine."]
    assert len(rows) == COMMENTS
    assert all(a.at <= b.at for a, b in pairwise(rows))
    assert len({one.user_id for one in given}) == 2
    assert all(sum(one.user_id == person.id for one in given) == ROOM for person in (house.ann, house.bob))
    for _team, some in groupby(given, key=lambda one: one.team_id):
        assert all(a.sort_at <= b.sort_at for a, b in pairwise(some)), "younger ones were given out first"


def _work(house: House, now: datetime, stop: threading.Event) -> None:
    """What a worker does for those who answer, until it is asked to stop; once more than nothing is left to do."""
    while True:
        last = stop.is_set()
        house.deliverer().run()
        targets.watch(house.db, now)
        with house.db.write() as session:
            routing.route_waiting(session, now)
        with house.db.write() as session:
            moved = giving.work(session, now)
        if last and not moved:
            return
