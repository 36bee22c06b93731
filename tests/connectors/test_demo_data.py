"""The demonstration's comments: whole, in order, and from where PROVENANCE.md says."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from app.connectors.demo.script import Act, story
from app.connectors.ports import Status
from app.demo import cast

DATA = resources.files("app.connectors.demo").joinpath("data")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.joinpath(name).read_text(encoding="utf-8").splitlines()]


def test_every_comment_stands_somewhere_and_answers_one_that_came_before() -> None:
    pages = {row["key"] for row in rows("pages.jsonl")}
    posts = {row["key"]: row["page"] for row in rows("posts.jsonl")}
    assert set(posts.values()) == pages == {page.address.removeprefix("demo:") for page in cast.PAGES}
    seen: dict[str, dict[str, Any]] = {}
    for row in rows("comments.jsonl"):
        assert row["id"] not in seen
        assert row["text"].strip()
        if row["parent"]:
            above = seen[row["parent"]]
            assert above["post"] == row["post"]
            assert above["at"] <= row["at"]
        assert (row["person"] is None) == (row["us"] or not row["author"])
        seen[row["id"]] = row
    assert {row["post"] for row in seen.values()} == set(posts)
    assert sum(1 for row in seen.values() if row["parent"]) > 50


def test_the_provenance_counts_every_source() -> None:
    told = DATA.joinpath("PROVENANCE.md").read_text(encoding="utf-8")
    table = {name: int(count) for name, count in re.findall(r"^\| `(\w+)` \| (\d+) \|", told, re.MULTILINE)}
    assert table == Counter(row["source"] for row in rows("comments.jsonl"))
    assert f"{sum(table.values())} comments" in told


def test_some_days_lie_behind_and_the_rest_comes_first_quickly_then_slowly() -> None:
    at = sorted(row["at"] for row in rows("comments.jsonl"))
    behind, quick = [one for one in at if one <= 0], [one for one in at if one > 0][:110]
    assert len(behind) == 120
    assert behind[0] > -7 * 86_400
    assert max(later - before for before, later in zip([0, *quick], quick, strict=False)) <= 40
    assert timedelta(hours=8) < timedelta(seconds=at[-1]) < timedelta(days=1)


def test_edits_approvals_and_deletions_come_after_what_they_change() -> None:
    appeared: set[str] = set()
    kinds: Counter[Act] = Counter()
    for step in sorted(story(START).steps, key=lambda step: step.at):
        kinds[step.act] += 1
        if step.act is Act.APPEAR:
            Status(step.value["status"])
            appeared.add(step.comment)
        else:
            assert step.at > START
            assert step.comment in appeared
    assert all(kinds[act] for act in Act)


def test_what_the_people_of_the_demonstration_have_done_is_about_what_is_there() -> None:
    there = {row["id"]: row["post"] for row in rows("comments.jsonl") if row["at"] <= 0}
    pages = {row["key"]: row["page"] for row in rows("posts.jsonl")}
    for deed in cast.DEEDS:
        assert f"demo:{pages[there[deed.comment]]}" == deed.page
