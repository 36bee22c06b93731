"""The screen of the search: what was found, marked; what to do when nothing was; what is wrong with what was typed."""

import re

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.types import Role
from app.bootstrap import Services
from app.inbox import service as inbox
from app.search import looking, queries, rules, service
from app.search.queries import TooSlow
from app.search.rules import Patience
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.scene import Scene
from tests.web.test_inbox_statements import EDGE, statements


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


def index(scene: Scene) -> None:
    with scene.parts.db.write() as session:
        while service.index_waiting(session):
            pass


def test_what_was_found_is_marked_and_leads_to_its_place(scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Bob <b>", "My <i>Möbel</i> parcel & more")
    index(scene)
    page = agent.get("/search?q=mobel")
    assert "<mark>Möbel</mark>" in page.text
    assert "&lt;i&gt;" in page.text
    assert "<i>" not in page.text
    assert re.search(rf'href="/inbox/{talk}\?view=all#c-\d+"', page.text)
    assert 'value="mobel"' in page.text


def test_nothing_found_says_what_to_try(scene: Scene, agent: Browser) -> None:
    page = agent.get("/search?q=nowhere")
    assert "Nothing found" in words(page)
    assert "How to search" in words(page)
    assert "How to search" in words(agent.get("/search"))
    assert "Nothing found" not in words(agent.get("/search"))


def test_what_makes_no_sense_is_told_and_the_rest_is_found(scene: Scene, agent: Browser) -> None:
    scene.heard("Bob", "My parcel")
    index(scene)
    said = words(agent.get("/search?q=parcel+before:soon+has:legs"))
    assert "“before:soon” is left out" in said
    assert "has:note and has:remedy" in said
    assert "My parcel" in said


def test_more_is_fetched_below(scene: Scene, agent: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        scene.say(f"Person {number}", f"parcel {number}", minutes_ago=number + 1)
    scene.collect()
    index(scene)
    first = agent.get("/search?q=parcel")
    assert len(re.findall(r"found-hit comment", first.text)) == queries.PAGE_LENGTH
    more = re.search(r'hx-get="(/search[^"]+)"', first.text)
    assert more
    rest = agent.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true", "HX-Target": "more"})
    assert "<html" not in rest.text
    assert len(re.findall(r"found-hit comment", rest.text)) == 10
    whole = agent.get(more[1].replace("&amp;", "&"))
    assert "Back to the newest" in words(whole)


def test_what_a_quick_look_leaves_is_looked_for_by_itself(
    scene: Scene, agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it says that there is nothing more; a press does the same without script."""
    if scene.parts.db.engine.dialect.name == "sqlite":
        return  # answers with everything at once
    for number in range(9):
        scene.say(f"Person {number}", "parcel" if number == 8 else "letter", minutes_ago=number + 1)
    scene.collect()
    index(scene)
    monkeypatch.setattr(rules, "QUICK", Patience(first=1, most=2, index_seconds=-1))
    monkeypatch.setattr(rules, "THOROUGH", Patience(first=2, most=1, index_seconds=-1))
    page = agent.get("/search?q=parcel+is:comment").text
    assert "Looked back to" in page
    assert "Nothing found" not in page
    assert 'hx-trigger="load"' in page
    steps = 0
    while more := re.search(r'href="(/search[^"]+further=1[^"]*)"', page):
        page = agent.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true", "HX-Target": "more"}).text
        assert "<html" not in page
        steps += 1
        if "<mark>parcel</mark>" in page:
            break
    assert "<mark>parcel</mark>" in page
    assert steps > 1
    after = re.search(r"after=(\d+)", agent.get("/search?q=nobody+is:comment").text)
    assert after
    end = agent.get(f"/search?q=nobody&after={1 << 21}&further=1", headers={"HX-Request": "true", "HX-Target": "more"})
    assert "Nothing further back." in end.text
    assert "Nothing further back" in words(agent.get(f"/search?q=nobody&after={1 << 21}&further=1"))


def test_a_search_that_takes_too_long_is_given_up(
    agent: Browser, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL stops it by itself; the screen says so, with everything that stands around it."""

    def look_long(session: Session, *_arguments: object) -> None:
        if session.get_bind().dialect.name == "sqlite":
            raise TooSlow("This takes too long to look through.")
        session.execute(text("SELECT pg_sleep(30)"))

    monkeypatch.setattr(looking, "LONGEST_SECONDS", 0.05)
    monkeypatch.setattr(queries, "_in_sqlite", look_long)
    monkeypatch.setattr(looking, "_among", look_long)
    answer = agent.get("/search?q=parcel")
    assert answer.status_code == 200
    assert "This takes too long to look through." in words(answer)


@pytest.mark.parametrize("size", [1, 40])
def test_statements_do_not_grow(scene: Scene, agent: Browser, size: int) -> None:
    for number in range(size):
        scene.say(f"Person {number}", "parcel", minutes_ago=number + 1)
    scene.collect()
    with scene.parts.db.write() as session:
        talk = scene.talk_with("n1")
        inbox.add_note(session, scene.actor("agent"), talk, "parcel note", scene.now)
    index(scene)
    postgresql = scene.parts.db.engine.dialect.name == "postgresql"
    for path, most in (
        ("/search", EDGE),
        ("/search?q=parcel", EDGE + 1 + 3 + 2 + 6 * postgresql),
        # SQLite is asked how far it looked, where conversations are to be looked up besides.
        ("/search?q=parcel+page:garden+team:service", EDGE + 1 + 2 + 3 + 2 + (6 if postgresql else 1)),
    ):
        with statements(scene) as seen:
            assert agent.get(path).status_code == 200
        assert len(seen) <= most, f"{path}: {len(seen)}\n" + "\n".join(seen)


def test_strangers_find_nothing(app: Flask, scene: Scene, browser: Browser) -> None:
    assert browser.get("/search?q=parcel").status_code == 302
