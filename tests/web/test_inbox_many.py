"""Many conversations at once, from the screen."""

import re

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.desk import bulk
from app.inbox import service
from app.inbox.types import ConversationState
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_inbox_lists import Crew, listed

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: Crew) -> Scene:
    return Scene(parts, platform)


def fill(scene: Scene, count: int) -> list[int]:
    ids = [scene.say(f"P{number:02}", "Where is my order?", minutes_ago=100 - number) for number in range(count)]
    scene.collect()
    return [scene.talk_with(one) for one in ids]


def boxes(browser: Browser, path: str) -> list[str]:
    return re.findall(r'name="talk" value="([^"]+)"', browser.get(path).text)


def work(scene: Scene) -> None:
    more = True
    while more:
        with scene.parts.db.write() as session:
            more = bulk.work(session, utc_now())


def test_chosen_ones_are_done_and_taken_back(scene: Scene, agent: Browser) -> None:
    fill(scene, 3)
    first, second, _third = boxes(agent, "/inbox?view=all")
    answer = agent.press("/inbox/many?view=all", SCRIPT, deed="resolve", talk=first)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "list-stale")
    assert "Marking as done: 1 conversation." in words(answer)
    assert listed(agent, "/inbox?view=all") == ["P01", "P02"]
    entry = re.search(r'name="entry" value="(\d+)"', answer.text)
    assert entry
    assert agent.press("/inbox/undo?view=all", SCRIPT, entry=entry[1]).status_code == 200
    assert listed(agent, "/inbox?view=all") == ["P00", "P01", "P02"]
    with scene.parts.db.write() as session:
        service.take(session, scene.actor("marketer"), int(first.split(".")[0]), None, utc_now())
    stale = agent.press("/inbox/many?view=all", SCRIPT, deed="spam", talk=first)
    assert "1 has changed meanwhile and was left alone" in words(stale)
    assert agent.post("/inbox/many?view=all", deed="tag", tag="later", talk=second).status_code == 303
    assert "later" in words(agent.get("/inbox?view=all"))


def test_chosen_ones_are_put_off(scene: Scene, agent: Browser) -> None:
    fill(scene, 2)
    first, second = boxes(agent, "/inbox?view=all")
    wrong = agent.press("/inbox/many?view=all", SCRIPT, when="", until="", talk=first)
    assert (wrong.status_code, "Choose a day and a time." in words(wrong)) == (422, True)
    past = agent.press("/inbox/many?view=team", SCRIPT, when="", until="2001-01-01T09:00", all="yes")
    assert (past.status_code, "Choose a time from now on" in words(past)) == (422, True)
    did = agent.press("/inbox/many?view=all", SCRIPT, when="tomorrow", zone="Europe/Berlin", talk=first)
    assert "Putting off: 1 conversation." in words(did)
    assert listed(agent, "/inbox?view=all") == ["P01"]
    assert listed(agent, "/inbox?view=put_off") == ["P00"]
    assert agent.post("/inbox/many?view=all", when="", until="2027-01-04T09:00", talk=second).status_code == 303
    assert listed(agent, "/inbox?view=all") == []


def test_the_whole_list_by_a_worker_with_its_progress(scene: Scene, agent: Browser) -> None:
    fill(scene, 60)
    page = agent.get("/inbox").text
    assert "All 60 that match" in page
    answer = agent.press("/inbox/many?view=team", SCRIPT, deed="resolve", all="yes", read_at=utc_now().isoformat())
    assert answer.headers["HX-Retarget"] == "#bulk-job"
    assert "0 of 60" in words(answer)
    assert "0 of 60" in words(agent.get("/inbox")), "and after a reload too"
    address = re.search(r'hx-get="(/inbox/many/\d+[^"]*)"', answer.text)
    assert address
    with scene.parts.db.write() as session:
        bulk.work(session, utc_now())
    assert "50 of 60" in words(agent.get(address[1]))
    work(scene)
    done = agent.get(address[1])
    assert "Marking as done: 60 conversations." in words(done)
    assert "every 1s" not in done.text
    assert listed(agent, "/inbox") == []
    agent.get("/inbox")
    entry = re.search(r'name="entry" value="(\d+)"', done.text)
    assert entry
    assert "Taken back" in words(agent.press("/inbox/undo", SCRIPT, entry=entry[1]))
    assert len(listed(agent, "/inbox")) == 50


def test_stop(scene: Scene, agent: Browser) -> None:
    fill(scene, 60)
    agent.get("/inbox")
    assert agent.post("/inbox/many?view=team", deed="resolve", all="yes").status_code == 303
    stop = re.search(r'hx-post="(/inbox/many/\d+/stop[^"]*)"', agent.get("/inbox").text)
    assert stop
    assert "Stopped." in words(agent.press(stop[1], SCRIPT))
    work(scene)
    assert len(listed(agent, "/inbox")) == 50


def test_other_teams_lists_need_somebody_who_looks_after_all(scene: Scene, app: Flask, agent: Browser) -> None:
    fill(scene, 60)
    assert "that match" not in agent.get("/inbox?view=all").text
    refused = agent.press("/inbox/many?view=all", SCRIPT, deed="resolve", all="yes")
    assert (refused.status_code, "own teams only" in words(refused)) == (403, True)
    boss = signed_in(app, Role.SUPERVISOR)
    boss.get("/inbox?view=all")
    assert boss.press("/inbox/many?view=all", SCRIPT, deed="resolve", all="yes").status_code == 200


def test_nonsense_changes_nothing(scene: Scene, agent: Browser) -> None:
    (talk,) = fill(scene, 1)
    (seen,) = boxes(agent, "/inbox?view=all")
    for fields, status in (
        ({"deed": "nonsense", "talk": seen}, 422),
        ({"deed": "undo", "talk": seen}, 422),
        ({"deed": "resolve"}, 422),
        ({"deed": "resolve", "talk": "x.y"}, 422),
        ({"deed": "tag", "tag": "a,b", "talk": seen}, 422),
        ({"deed": "assign", "person": 999, "talk": seen}, 200),
        ({"deed": "move", "team": 10**12, "talk": seen}, 200),
        ({"deed": "move", "talk": seen}, 200),
        ({"deed": "resolve", "talk": "999.1"}, 200),
    ):
        answer = agent.press("/inbox/many?view=all", SCRIPT, **fields)
        assert answer.status_code == status, fields
        assert status != 200 or "was left alone" in words(answer), fields
    assert scene.talk(talk).state is ConversationState.NEW
    assert agent.get("/inbox/many/1").status_code == 404
    assert agent.post("/inbox/many?view=all", deed="nonsense").status_code == 303
