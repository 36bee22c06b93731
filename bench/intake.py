"""Comments per second through the whole intake, beside the raw bulk insert of the same rows.

The intake is what a worker does with a batch in one transaction: people, conversations, comments, routing, raw answers,
cursor. The reference inserts exactly the rows that came of it into empty tables of the same form, in
as few statements as the driver allows. Usage: ``python -m bench.intake [--comments N]``.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import bootstrap
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import Author, Batch, Found, Item, Payload, Post
from app.core import logs, migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.sections import DatabaseSection
from app.models import Base
from app.pages import leases
from app.pages import service as pages
from tests.servers.postgres import shared

BATCH = 100
_TEXTS = (
    "Wo bleibt meine Bestellung? Ich warte seit zwei Wochen auf das Paket.",
    "Love the new recipe, can't wait for the next one!",
    "The mixer I bought arrived broken, I want a refund please.",
    "Gibt es die Brötchen auch glutenfrei? Meine Tochter verträgt kein Weizenmehl und wir suchen schon lange.",
    "ok",
    "What are your opening hours on Sunday? The page says ten but the door was closed when we came.",
)
_FILLED = ("contacts", "identities", "posts", "conversations", "comments", "raw_payloads", "routing_decisions")


def batches(count: int) -> Iterator[Batch]:
    """Comments of 1 person in 3 known, a third of them answers, over 40 posts."""
    chance = random.Random(7)
    start = utc_now() - timedelta(days=3)
    for first in range(0, count, BATCH):
        items = []
        for number in range(first, min(first + BATCH, count)):
            person = chance.randrange(max(1, count // 3))
            parent = f"c{chance.randrange(first, number)}" if number > first and chance.random() < 0.33 else None
            items.append(
                Item(
                    external_id=f"c{number}",
                    post=Post(f"p{person % 40}", f"https://blog.example/p{person % 40}", f"Post {person % 40}"),
                    author=Author(name=f"Person {person}", key=f"mailto:p{person}@example.org"),
                    text=f"{chance.choice(_TEXTS)} ({number})",
                    published_at=start + timedelta(seconds=number),
                    parent=parent,
                    url=f"https://blog.example/p{person % 40}#comment-{number}",
                )
            )
        body = json.dumps([item.text for item in items]).encode()
        yield Batch(items, {"last": first}, [Payload("https://blog.example/feed", "application/json", body)])


def intake(settings: Settings, count: int) -> tuple[float, dict[str, list[dict[str, Any]]]]:
    """Seconds for ``count`` comments, and the rows that came of them."""
    services = bootstrap.build(settings)
    bootstrap.seed(services)
    db = services.db
    with db.write() as session:
        found = Found("feed", "Blog", "https://blog.example/feed")
        page_id = pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=utc_now())
    with db.write() as session:
        claim = leases.claim_read(session, page_id, utc_now())
    assert claim is not None
    claim = replace(claim, cursor={"last": 0})  # not its first reading, which is routed by itself afterwards
    prepared = list(batches(count))
    begun = time.perf_counter()
    for batch in prepared:
        with db.write() as session:
            (stored,) = collecting.store_loads(session, [Load(claim, batch)], utc_now())
        assert stored is not None
    seconds = time.perf_counter() - begun
    rows = {}
    with db.read() as session:
        for name in _FILLED:
            table = Base.metadata.tables[name]
            rows[name] = [dict(row._mapping) for row in session.execute(select(table))]
    services.db.dispose()
    return seconds, rows


def raw(settings: Settings, rows: dict[str, list[dict[str, Any]]]) -> float:
    """Seconds for inserting the same rows in bulk, one transaction a batch as above."""
    services = bootstrap.build(settings)
    bootstrap.seed(services)
    with services.db.write() as session:
        found = Found("feed", "Blog", "https://blog.example/feed")
        pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=utc_now())
    begun = time.perf_counter()
    with services.db.write() as session:
        for name in _FILLED:
            table = Base.metadata.tables[name]
            for first in range(0, len(rows[name]), 1000):
                session.execute(table.insert(), rows[name][first : first + 1000])
    seconds = time.perf_counter() - begun
    services.db.dispose()
    return seconds


def main() -> None:
    logs.configure("critical", "text")  # there is no Redis here to be told of it
    parser = argparse.ArgumentParser()
    parser.add_argument("--comments", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure("sqlite", folder, [f"sqlite:///{folder}/a.db", f"sqlite:///{folder}/b.db"], options.comments)
        server = shared(folder, os.getpid())
        with server.database() as first, server.database() as second:
            measure("postgresql", folder, [first, second], options.comments)


def measure(name: str, folder: Path, urls: list[str], count: int) -> None:
    """Measure both ways on two fresh databases of one kind and print the figures."""
    both = []
    for number, url in enumerate(urls):
        migrate.upgrade(url)
        both.append(Settings(data_dir=folder / f"{name}{number}", database=DatabaseSection(url=url)))
    seconds, rows = intake(both[0], count)
    reference = raw(both[1], rows)
    total = sum(len(some) for some in rows.values())
    print(
        f"{name}: {count / seconds:,.0f} comments/s through the intake ({seconds:.1f} s), "
        f"raw insert of the same {total:,} rows {count / reference:,.0f}/s ({reference:.2f} s): "
        f"{100 * reference / seconds:.1f} % of raw"
    )


if __name__ == "__main__":
    main()
