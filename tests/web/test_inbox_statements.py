"""A screen costs a fixed number of statements, however much it shows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app.accounts.types import Role
from app.bootstrap import Services
from app.texts import service as texts
from app.texts.types import Wording
from tests.domain.platform import Platform
from tests.web.browser import Browser
from tests.web.scene import Scene

EDGE = 2
"""Who is asking, and how much they have not read."""


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@contextmanager
def statements(scene: Scene) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            seen.append(statement)

    event.listen(scene.parts.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(scene.parts.db.engine, "before_cursor_execute", note)


def fill(scene: Scene, size: int) -> int:
    """A thread of that size, as many other conversations, and notes; answers the conversation in the thread."""
    root = scene.say("Bob", "Where is my order?", minutes_ago=900)
    for number in range(size):
        scene.say("Bob", f"Again {number}", parent=root, minutes_ago=800 - number)
        scene.say(f"Other {number}", "Me too", parent=root, minutes_ago=700 - number)
        scene.say("Bob", f"Elsewhere {number}", minutes_ago=600 - number)
    scene.collect()
    return scene.talk_with(root)


@pytest.mark.parametrize("size", [1, 60])
def test_statements_do_not_grow(scene: Scene, agent: Browser, size: int) -> None:
    talk = fill(scene, size)
    agent.get(f"/inbox/{talk}")
    agent.post(f"/inbox/{talk}/note", text="note")
    with scene.parts.db.write() as session:
        number = texts.add(session, scene.actor("admin"), Wording("Late", "late", "Sorry"), scene.now)
    agent.post(f"/inbox/{talk}/draft", text="Sorry", voice="reply", revision=0, saved=number)
    for path, headers, most in (
        ("/inbox?view=all", {}, EDGE + 7),
        ("/inbox?view=all&page=1&kind=first", {}, EDGE + 9),
        ("/inbox?view=unsent", {}, EDGE + 7),
        ("/inbox/filters?view=all", {}, EDGE + 6),
        (f"/inbox/{talk}", {"HX-Request": "true", "HX-Target": "talk"}, EDGE + 15),
        (f"/inbox/{talk}?view=all", {}, EDGE + 22),
        ("/inbox/palette/people?q=bo", {"HX-Request": "true"}, EDGE + 5),
        ("/inbox/palette/look?view=all", {"HX-Request": "true"}, EDGE + 2),
        (f"/inbox/{talk}/texts?q=l", {"HX-Request": "true"}, EDGE + 6),
        (f"/inbox/news?view=all&since=2026-01-01T00:00:00Z&shown={talk}.1", {}, EDGE + 5),
    ):
        with statements(scene) as seen:
            assert agent.get(path, headers=headers).status_code == 200
        assert len(seen) <= most, f"{path}: {len(seen)}\n" + "\n".join(seen)
    beside = agent.get(f"/inbox/{talk}", headers={"HX-Request": "true", "HX-Target": "talk"}).text
    shown = [int(number) for number in re.findall(r'history-words"[^>]*>Elsewhere (\d+)<', beside)]
    assert shown == list(range(size))[::-1][:10], "the newest of what the person said elsewhere"
