"""What happens on the pretend platform, and when: read from the files in ``data``."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import resources
from typing import Any

from app.connectors.ports import Status


class Act(StrEnum):
    """``appear``: somebody writes a comment. The others happen to one that stands there."""

    APPEAR = "appear"
    EDIT = "edit"
    JUDGE = "judge"
    VANISH = "vanish"


@dataclass(frozen=True, slots=True)
class Page:
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Post:
    key: str
    page: str
    title: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. ``value`` holds what ``act`` needs."""

    at: datetime
    act: Act
    comment: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """A platform from its first comment to its last."""

    pages: Sequence[Page]
    posts: Sequence[Post]
    steps: Sequence[Step]


def story(start: datetime) -> Story:
    """The demonstration's: some days that lie before ``start``, and most of a day after it."""
    return Story(
        [Page(row["key"], row["name"]) for row in _rows("pages.jsonl")],
        [Post(row["key"], row["page"], row["title"]) for row in _rows("posts.jsonl")],
        [step for row in _rows("comments.jsonl") for step in _of_comment(row, start)],
    )


def _of_comment(row: dict[str, Any], start: datetime) -> Iterator[Step]:
    at = start + timedelta(seconds=row["at"])
    value = {name: row[name] for name in ("post", "parent", "author", "person", "us", "text", "status")}
    yield Step(at, Act.APPEAR, row["id"], value)
    for change in row["later"]:
        then = at + timedelta(seconds=change["after"])
        if "text" in change:
            yield Step(then, Act.EDIT, row["id"], {"text": change["text"]})
        elif "status" in change:
            yield Step(then, Act.JUDGE, row["id"], {"status": Status(change["status"])})
        else:
            yield Step(then, Act.VANISH, row["id"], {})


def _rows(name: str) -> Iterator[dict[str, Any]]:
    text = resources.files("app.connectors.demo").joinpath("data", name).read_text(encoding="utf-8")
    return (json.loads(line) for line in text.splitlines())
