"""Very many comments within a minute: how long it takes until all are stored and routed, how long a list takes to load
meanwhile, and how soon what waits is given out.

Comments arrive in batches at the pace of one storm a minute; beside that somebody loads a list over and over, and the
job that gives out works as the scheduler would have it. The reference is the same list before the storm. Usage:
``python -m bench.storm [--comments N]``.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import bootstrap
from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Role
from app.bootstrap import Services
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import Found
from app.core import logs, migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.sections import DatabaseSection
from app.duty import giving, queries
from app.duty import service as duty
from app.duty.service import TermsTyped, WayTyped
from app.duty.types import Availability
from app.inbox import queries as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, ListFilter
from app.pages import leases
from app.pages import service as pages
from bench.intake import BATCH, batches
from tests.servers.postgres import shared

MINUTE = 60.0
ROOM = 40
TEAMS = ("customer_service", "marketing")


@dataclass(slots=True)
class Seen:
    """What was measured while it lasted."""

    lists: list[float] = field(default_factory=list)
    given_after: float | None = None
    """Seconds from the first comment until everybody had as much as they can take."""


def storm(services: Services, count: int) -> None:
    """Send the storm and print what came of it."""
    with services.db.write() as session:
        found = Found("feed", "Blog", "https://blog.example/feed")
        page_id = pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=utc_now())
        _crew(session)
    with services.db.write() as session:
        claim = leases.claim_read(session, page_id, utc_now())
    assert claim is not None
    claim = replace(claim, cursor={"last": 0})  # not its first reading, which is routed by itself afterwards
    before = [_list(services) for _again in range(50)]
    seen, stop = Seen(), threading.Event()
    begun, worked = time.perf_counter(), time.process_time()
    busy = 0.0
    with ThreadPoolExecutor(2) as pool:
        looking = pool.submit(_look, services, seen, stop)
        giving = pool.submit(_give, services, seen, stop, begun)
        for number, batch in enumerate(batches(count)):
            wait = begun + number * BATCH / count * MINUTE - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            started = time.perf_counter()
            with services.db.write() as session:
                collecting.store_loads(session, [Load(claim, batch)], utc_now())
            busy += time.perf_counter() - started
        lasted, worked = time.perf_counter() - begun, time.process_time() - worked
        stop.set()
        looking.result()
        giving.result()
    with services.db.read() as session:
        unrouted = session.scalar(select(func.count()).where(Conversation.routed_at.is_(None)))
    slow = statistics.quantiles(seen.lists, n=20)
    print(
        f"  stored and routed within {lasted:.1f} s ({busy:.1f} s of it at work, {worked:.1f} s of a "
        f"processor for everything here but the database server), {unrouted} left; "
        f"a list: {1000 * statistics.median(before):.1f} ms before, {1000 * slow[9]:.1f} ms in the storm "
        f"(one in twenty {1000 * slow[18]:.1f} ms); all had their fill after {seen.given_after or lasted:.0f} s"
    )


def _crew(session: Session) -> None:
    """Ten people at work in teams that give out in turn."""
    now = utc_now()
    boss = people.create_user(session, login="boss", role=Role.SUPERVISOR, password=None, now=now)
    leads = accounts.actor(session, session.get_one(User, boss))
    for team in accounts.teams(session):
        duty.set_way(session, leads, team.id, WayTyped("round_robin", "", "", ""), now)
    for number in range(10):
        one = people.create_user(
            session, login=f"p{number}", role=Role.AGENT, password=None, now=now, teams=[TEAMS[number % 2]]
        )
        duty.set_terms(session, leads, one, TermsTyped(str(ROOM), "", "", ""), now)
        duty.say(session, accounts.actor(session, session.get_one(User, one)), Availability.ONLINE, now)


def _list(services: Services) -> float:
    """Seconds that a screenful of what waits takes."""
    begun = time.perf_counter()
    with services.db.read() as session:
        inbox.rows(session, ListFilter(ConversationState.NEW))
    return time.perf_counter() - begun


def _look(services: Services, seen: Seen, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        seen.lists.append(_list(services))


def _give(services: Services, seen: Seen, stop: threading.Event, begun: float) -> None:
    while not stop.wait(1.0):
        with services.db.read() as session:
            due = queries.has_work(session, utc_now())
        while due:
            with services.db.write() as session:
                due = giving.work(session, utc_now()) > 0
        if seen.given_after is None and not _has_room(services):
            seen.given_after = time.perf_counter() - begun


def _has_room(services: Services) -> bool:
    with services.db.read() as session:
        ways = queries.ways(session).values()
        return any(one.free for way in ways for one in queries.colleagues(session, way, utc_now()))


def main() -> None:
    logs.configure("critical", "text")  # there is no Redis here to be told of it
    parser = argparse.ArgumentParser()
    parser.add_argument("--comments", type=int, default=10_000)
    count = parser.parse_args().comments
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with shared(folder, os.getpid()).database() as postgresql:
            for url in (f"sqlite:///{folder}/storm.db", postgresql):
                migrate.upgrade(url)
                services = bootstrap.build(Settings(data_dir=folder, database=DatabaseSection(url=url)))
                bootstrap.seed(services)
                print(f"{services.db.engine.dialect.name}, {count:,} comments within a minute:")
                storm(services, count)
                services.db.dispose()


if __name__ == "__main__":
    main()
