"""The screens of saved replies: written, changed, archived; by whom."""

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.texts import queries
from app.texts.types import SavedReply
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

FIELDS = {"title": "Late parcel", "shortcut": "/Late", "text": "Hello {person}", "afterwards": "stay", "tags": "a, b,a"}


def all_of(parts: Services, *, archived: bool = False) -> list[SavedReply]:
    with parts.db.read() as session:
        return queries.saved(session, archived=archived)


@pytest.fixture
def marketer(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.MARKETER)


def test_written_changed_archived_and_brought_back(parts: Services, marketer: Browser, agent: Browser) -> None:
    assert "No saved replies yet" in words(marketer.get("/saved-replies"))
    assert marketer.post("/saved-replies/new", **FIELDS).status_code == 303
    (one,) = all_of(parts)
    assert (one.title, one.shortcut, one.effects.resolve, one.effects.tags) == (
        "Late parcel",
        "late",
        False,
        ("a", "b"),
    )
    assert "Late parcel /late" in words(agent.get("/saved-replies?q=late"))
    assert "Waits for their answer" in words(agent.get("/saved-replies"))
    shown = words(marketer.get(f"/saved-replies/{one.id}"))
    assert "Sent 0 times" in shown
    assert marketer.post(f"/saved-replies/{one.id}", **FIELDS | {"text": "New"}, version=1).status_code == 303
    marketer.post(f"/saved-replies/{one.id}/archive", archived="yes")
    assert all_of(parts) == []
    assert "Late parcel" in words(marketer.get("/saved-replies?archived=yes"))
    marketer.post(f"/saved-replies/{one.id}/archive", archived="no")
    assert [found.text for found in all_of(parts)] == ["New"]


def test_what_can_not_be_taken_comes_back_with_a_word(parts: Services, marketer: Browser) -> None:
    marketer.get("/saved-replies/new")
    answer = marketer.post("/saved-replies/new", **FIELDS | {"shortcut": "late parcel"})
    assert answer.status_code == 422
    assert "letters, digits and hyphens" in words(answer)
    assert "Hello {person}" in answer.text
    answer = marketer.post("/saved-replies/new", **FIELDS | {"text": "Hello {name}, {page}"})
    assert answer.status_code == 422
    assert "{name} can't be filled in. These can: {person} {first_name} {page}" in words(answer)
    assert 'aria-invalid="true" aria-describedby="e-text h-text"' in answer.text
    assert "Hello {name}, {page}" in answer.text
    assert all_of(parts) == []


def test_nobody_overwrites_a_colleagues_change(parts: Services, marketer: Browser) -> None:
    marketer.post("/saved-replies/new", **FIELDS)
    (one,) = all_of(parts)
    marketer.post(f"/saved-replies/{one.id}", **FIELDS, version=1)
    answer = marketer.post(f"/saved-replies/{one.id}", **FIELDS | {"text": "Mine"}, version=1)
    assert answer.status_code == 409
    assert "Mine" in answer.text
    assert [found.text for found in all_of(parts)] == ["Hello {person}"]


def test_an_answer_can_be_kept_as_one(marketer: Browser) -> None:
    assert "It is on its way" in marketer.get("/saved-replies/new?text=It+is+on+its+way").text


@pytest.mark.parametrize("left_out", [False, True])
def test_one_may_have_a_remedy_asked_for_next(
    parts: Services, platform: Platform, marketer: Browser, agent: Browser, left_out: bool
) -> None:
    scene = Scene(parts, platform)
    talk = scene.heard("Bob", "Broken. I want my money back.", minutes_ago=9)
    marketer.post("/saved-replies/new", **FIELDS | {"tags": "", "asks_remedy": "yes"})
    (one,) = all_of(parts)
    agent.get(f"/inbox/{talk}/texts")
    agent.post(f"/inbox/{talk}/texts/{one.id}")
    page = agent.get(f"/inbox/{talk}")
    assert "Asks for a remedy next" in words(page)
    answer = agent.post(
        f"/inbox/{talk}/reply",
        version=scene.version(talk),
        text="Hello Bob",
        key="12345678",
        saved=one.id,
        also="stay" if left_out else "remedy",
    )
    assert answer.status_code == 303
    assert answer.location.endswith(f"/remedies/ask/{talk}") is not left_out
    assert len(scene.replies(talk)) == 1
