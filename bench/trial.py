"""Seconds for replaying a hundred thousand conversations on two sets of rules, as the background job does it.

Fills a database of its own through the intake, then works a trial off in slices.
Usage: ``python -m bench.trial [--conversations N] [--postgresql]``.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app import bootstrap
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import Author, Batch, Found, Item, Post
from app.core import logs, migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.sections import DatabaseSection
from app.pages import leases
from app.pages import service as pages
from app.routing import trials, versions, writing
from bench.intake import _TEXTS
from bench.rules import hundred
from tests.servers.postgres import shared

BATCH = 500


def main() -> None:
    logs.configure("critical", "text")  # there is no Redis here to be told of it
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.postgresql:
            with shared(Path(name), os.getpid()).database() as url:
                measure(url, Path(name), options.conversations)
        else:
            measure(f"sqlite:///{name}/p.db", Path(name), options.conversations)


def batches(count: int) -> Iterator[Batch]:
    start = utc_now() - timedelta(days=20)
    for first in range(0, count, BATCH):
        yield Batch(
            [
                Item(
                    external_id=f"c{number}",
                    post=Post(f"p{number % 40}", f"https://blog.example/p{number % 40}", f"Post {number % 40}"),
                    author=Author(name=f"Person {number}", key=f"mailto:p{number}@example.org"),
                    text=f"{_TEXTS[number % len(_TEXTS)]} ({number})",
                    published_at=start + timedelta(seconds=number),
                )
                for number in range(first, min(first + BATCH, count))
            ],
            {"last": first},
        )


def measure(url: str, folder: Path, count: int) -> None:
    migrate.upgrade(url)
    services = bootstrap.build(Settings(data_dir=folder / "data", database=DatabaseSection(url=url)))
    bootstrap.seed(services)
    with services.db.write() as session:
        found = Found("feed", "Blog", "https://blog.example/feed")
        page_id = pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=utc_now())
    with services.db.write() as session:
        claim = leases.claim_read(session, page_id, utc_now())
    assert claim is not None
    claim = replace(claim, cursor={"last": 0})  # not its first reading, which is routed by itself afterwards
    for batch in batches(count):
        with services.db.write() as session:
            collecting.store_loads(session, [Load(claim, batch)], utc_now())
    with services.db.write() as session:
        wanted = versions._new(session, writing.write(hundred()), None, None, utc_now()).id
        trial = trials.ask(session, None, wanted, days=30, against_id=None, now=utc_now())
    begun, worked, slices = time.perf_counter(), time.process_time(), 0
    while trials.work(services.db, utc_now()):
        slices += 1
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    with services.db.read() as session:
        found_out = trials.view(session, trial)
    print(f"{found_out.done:,} conversations in {seconds:.1f} s, {worked:.1f} s of them ours, {slices} slices")
    services.db.dispose()


if __name__ == "__main__":
    main()
