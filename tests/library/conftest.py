"""The house of the domain tests with a library: who writes, who approves, and the runner that publishes."""

import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.accounts.types import Actor
from app.connectors.ports import LengthLimit, LengthUnit
from app.connectors.publishing import PostForm
from app.core.clock import utc_now
from app.library import publishing, queries, service
from app.library.models import Publication
from app.library.publishing import Wish
from app.library.runner import Runner
from app.library.types import PostTyped, PublicationView, Words
from tests.domain.conftest import Desk, House, desk, house, now

__all__ = ["desk", "house", "now"]
FORM = PostForm(LengthLimit(500, LengthUnit.CHARACTERS))
TYPED = PostTyped(
    "Sourdough", (Words("en", "How we bake", "Our sourdough rests for a day."),), link="https://b.example"
)
_KEYS = count(1)


@dataclass
class Shelf:
    """The library of a house; Bob writes for marketing, Eve supervises."""

    house: House
    eve: Actor
    now: datetime

    def write(self, *, by: Actor | None = None, **other: Any) -> int:
        typed = replace(TYPED, **{"page_ids": frozenset({self.house.page_id}), **other})
        with self.house.db.write() as session:
            return service.add(session, by or self.house.bob, typed, self.now)

    def say(self, text: str, **other: Any) -> int:
        return self.write(words=(Words("en", "A word", text),), link="", **other)

    def publish(self, post_id: int, *, at: datetime | None = None, key: str = "", undo: float = 0) -> int:
        wish = Wish(post_id, self.house.page_id, "en", at, key or f"k{next(_KEYS)}")
        with self.house.db.write() as session:
            return publishing.publish(session, self.house.bob, wish, FORM, undo=undo, now=utc_now())

    def run(self, lease_seconds: float = 120) -> int:
        return Runner(self.house.db, self.house.registry, self.house.box, lease_seconds).run()

    def view(self, publication_id: int) -> PublicationView:
        with self.house.db.read() as session:
            return queries.publication(session, publication_id)

    def let_time_pass(self, publication_id: int, by: timedelta = timedelta(seconds=1)) -> None:
        """Bring what waits to the moment it waits for, and end leases."""
        past = utc_now() - by
        with self.house.db.write() as session:
            mine = Publication.id == publication_id
            session.execute(update(Publication).where(mine).values(due_at=past))
            leased = update(Publication).where(mine, Publication.lease_until.is_not(None))
            session.execute(leased.values(lease_until=past))


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone; ``tests/domain/test_publications.py`` tries on both what depends on the database."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def shelf(desk: Desk) -> Shelf:
    return Shelf(desk.house, desk.eve, desk.now)
