"""How long a month of 5 million comments takes to open, and how many conversations a second are added up.

The sums of such a month, and of the one before that stands beside it, are filled in for 200 pages, 50 people, 20 teams,
40 campaigns and 300 tags; the screen is asked for through the application itself, beside the bare SQL of the same
answer. Then conversations are stored through the intake and counted by the job.
Usage: ``python -m bench.reports [--postgresql] [--conversations N]``.
"""

import argparse
import os
import random
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, insert

from app import bootstrap
from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.campaigns.models import Campaign
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import Found
from app.core import logs, migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import table_of
from app.core.sections import DatabaseSection
from app.factory import create_app
from app.inbox.models import Tag
from app.pages import leases
from app.pages import service as pages
from app.reports import counting
from app.reports.models import BUCKET_NAMES, ReportDay, ReportTimes
from app.reports.types import By
from app.targets.types import Figure
from bench.inbox import share
from bench.trial import batches
from tests.servers.postgres import shared

COMMENTS, DAYS = 5_000_000, 56
SIZES = {By.ALL: 1, By.PAGE: 200, By.AGENT: 50, By.TEAM: 20, By.CAMPAIGN: 40, By.TAG: 300}
LOGIN, PASSWORD = "bench", "a bench for the porch"
TIMES = 30


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--conversations", type=int, default=20_000)
    options = parser.parse_args()
    logs.configure("error", "auto")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        if options.postgresql:
            with shared(Path(name), os.getpid()).database() as url:
                measure(url, Path(name), options.conversations)
        else:
            measure(f"sqlite:///{name}/p.db", Path(name), options.conversations)


def measure(url: str, folder: Path, conversations: int) -> None:
    """Print all figures of one database."""
    migrate.upgrade(url)
    services = bootstrap.build(Settings(data_dir=folder, database=DatabaseSection(url=url)))
    bootstrap.seed(services)
    fill(services)
    opening(services)
    adding_up(services, conversations)
    services.db.dispose()


def fill(services: Services) -> None:
    """Names, and two months of sums."""
    chance, now = random.Random(1), utc_now()
    with services.db.write() as session:
        admin = accounts.create_user(
            session, login=LOGIN, name="Bench", role=Role.ADMIN, password=PASSWORD, teams=[], now=now
        )
        for number in range(SIZES[By.AGENT] - 1):
            accounts.create_user(
                session, login=f"p{number}", name=f"P{number}", role=Role.AGENT, password=None, teams=[], now=now
            )
        for number in range(SIZES[By.TEAM] - 2):
            accounts.create_team(session, key=f"t{number}", name=f"Team {number}")
        for number in range(SIZES[By.PAGE]):
            place = Found("webhook", f"Page {number}", f"https://blog.example/{number}")
            pages.add_page(session, place, team_id=1, sealed_secret=None, account=None, since=None, now=now)
        for number in range(SIZES[By.CAMPAIGN]):
            day = now.date()
            session.add(
                Campaign(
                    name=f"C{number}",
                    goal="",
                    owner_id=admin,
                    starts_on=day,
                    ends_on=day,
                    zone="UTC",
                    disciplines=[],
                    created_at=now,
                )
            )
        for number in range(SIZES[By.TAG]):
            session.add(Tag(key=f"tag{number}", name=f"tag{number}", created_at=now, removed_at=None))
        session.flush()
        for by, size in SIZES.items():
            rows = [days_of(by, of, day, size, chance) for day in days(now.date()) for of in ids(by, size)]
            session.execute(insert(table_of(ReportDay)), rows)
            for day in days(now.date()):
                times = [one for of in ids(by, size) for one in times_of(by, of, day, size, chance)]
                session.execute(insert(table_of(ReportTimes)), times)


def days(last: date) -> Iterator[date]:
    return (last - timedelta(days=step) for step in range(DAYS))


def ids(by: By, size: int) -> range:
    return range(1) if by is By.ALL else range(1, size + 1)


def days_of(by: By, of: int, day: date, size: int, chance: random.Random) -> dict[str, Any]:
    comments = int(COMMENTS / 28 / size * chance.uniform(0.5, 1.5))
    opened = comments // 3
    values = {"comments": comments, "opened": opened, "answered": opened // 2, "settled": opened // 3}
    return {"by": by, "of": of, "day": day} | values


def times_of(by: By, of: int, day: date, size: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for figure in Figure:
        counts = [int(chance.expovariate(1) * COMMENTS / 28 / size / 200) for _name in BUCKET_NAMES]
        values = {"n": sum(counts), "seconds": sum(counts) * 3600} | dict(zip(BUCKET_NAMES, counts, strict=True))
        yield {"by": by, "of": of, "day": day, "figure": figure} | values


def opening(services: Services) -> None:
    """The screen, by everything it can be told apart by."""
    client, said = signed_in(services), []
    engine = services.db.engine
    event.listen(engine, "before_cursor_execute", lambda *at: said.append((at[2], at[3])))
    for by in (one for one in By if one is not By.ALL):
        path = f"/reports?by={by}"
        figures = []
        for _time in range(TIMES):
            said.clear()
            begun = time.perf_counter()
            answer = client.get(path)
            figures.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.text
        bare = [replayed(services, [one for one in said if one[0] != "BEGIN"]) for _time in range(5)]
        print(
            f"  a month by {by:9} p50 {share(figures, 50):6.1f}  p95 {share(figures, 95):6.1f} ms  "
            f"raw SQL p50 {share(bare, 50):6.1f} ms, {len(said)} statements",
            flush=True,
        )


def signed_in(services: Services) -> FlaskClient:
    client = create_app(services).test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    client.post("/sign-in", data={"csrf_token": token[1], "login": LOGIN, "password": PASSWORD})
    return client


def replayed(services: Services, said: list[tuple[str, Any]]) -> float:
    """Milliseconds that the database alone takes."""
    connection = services.db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        begun = time.perf_counter()
        for statement, parameters in said:
            cursor.execute(statement, parameters)
            cursor.fetchall()
        took = time.perf_counter() - begun
        connection.rollback()
    finally:
        connection.close()
    return took * 1000


def adding_up(services: Services, count: int) -> None:
    """The job, over conversations that came through the intake."""
    now = utc_now()
    with services.db.write() as session:
        place = Found("webhook", "New", "https://new.example/")
        page_id = pages.add_page(session, place, team_id=1, sealed_secret=None, account=None, since=None, now=now)
        claim = leases.claim_read(session, page_id, now)
        assert claim is not None
    for batch in batches(count):
        with services.db.write() as session:
            collecting.store_loads(session, [Load(claim, batch, None, None)], now)
    begun, more = time.perf_counter(), True
    while more:
        with services.db.write() as session:
            more = counting.work(session, utc_now())
    took = time.perf_counter() - begun
    print(f"  {count:,} conversations counted in {took:.1f} s: {count / took:,.0f} a second")


if __name__ == "__main__":
    main()
