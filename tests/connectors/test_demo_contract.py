"""The contract suite on the demonstration's pretend platform."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from app.connectors.demo.connector import DemoConnector
from app.connectors.demo.platform import Platform
from app.connectors.demo.script import Act, Page, Post, Step, Story
from app.connectors.ports import Access, Status, Target
from tests.connectors.contract import ConnectorContract
from tests.connectors.publish_contract import PublishContract
from tests.connectors.stage import Lack, PublishStage


class DemoStage(PublishStage):
    """A pretend platform with one empty page and one that is none of our business."""

    address = "demo:garden"
    elsewhere = "demo:nowhere"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._platform = Platform(folder)
        pages = [Page("garden", "The garden"), Page("other", "Another page")]
        posts = [Post("roses", "garden", "Roses"), Post("weeds", "other", "Weeds")]
        self._platform.create(Story(pages, posts, [_appears("somewhere-else", "weeds", "Not for us")]))
        self._numbers = count(1)
        self.connector = DemoConnector(self._platform)
        found = self.connector.discover(self.address)
        assert found is not None
        self.access = Access(found.url, found.settings)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        comment = f"c{next(self._numbers)}"
        status = Status.HELD if held else Status.LIVE
        self._platform.schedule([_appears(comment, "roses", text, author, parent, status, at)])
        return comment

    def say_many(self, texts: Sequence[str]) -> list[str]:
        comments = {f"c{next(self._numbers)}": text for text in texts}
        self._platform.schedule([_appears(comment, "roses", text) for comment, text in comments.items()])
        return list(comments)

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = f"c{next(self._numbers)}"
        step = _appears(comment, "roses", text, "")
        value = step.value if lack is Lack.EMPTY_NAME else {**step.value, "person": None}
        self._platform.schedule([replace(step, value=value)])
        return comment

    def release(self, comment: str) -> None:
        self._later(Act.JUDGE, comment, {"status": Status.LIVE.value})

    def edit(self, comment: str, text: str) -> None:
        self._later(Act.EDIT, comment, {"text": text})

    def remove(self, comment: str) -> None:
        self._later(Act.VANISH, comment, {})

    def target(self, comment: str) -> Target:
        return Target(comment, "roses")

    def answers(self, comment: str) -> list[str]:
        with sqlite3.connect(self._folder / "platform.db") as db:
            return [text for (text,) in db.execute("SELECT text FROM comments WHERE parent = ?", (comment,))]

    def posts(self) -> list[str]:
        with sqlite3.connect(self._folder / "platform.db") as db:
            return [title for (title,) in db.execute("SELECT title FROM posts WHERE page = 'garden'")]

    def say_below(self, post: str, text: str) -> str:
        comment = f"c{next(self._numbers)}"
        self._platform.schedule([_appears(comment, post, text)])
        return comment

    def letters(self, comment: str) -> list[str]:
        with sqlite3.connect(self._folder / "platform.db") as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'letters'").fetchall():
                return []
            return [text for (text,) in db.execute("SELECT text FROM letters WHERE comment = ?", (comment,))]

    def _later(self, act: Act, comment: str, value: dict[str, str]) -> None:
        self._platform.schedule([Step(datetime.now(UTC), act, comment, dict(value))])


def _appears(
    comment: str,
    post: str,
    text: str,
    author: str = "Ann",
    parent: str | None = None,
    status: Status = Status.LIVE,
    at: datetime | None = None,
) -> Step:
    value = {
        "post": post,
        "parent": parent,
        "author": author,
        "person": f"person-{comment}",
        "us": False,
        "text": text,
        "status": status.value,
    }
    return Step(at or datetime.now(UTC), Act.APPEAR, comment, value)


class TestDemo(ConnectorContract, PublishContract):
    kind = "demo"

    @pytest.fixture
    def stage(self, tmp_path: Path) -> DemoStage:
        return DemoStage(tmp_path)
