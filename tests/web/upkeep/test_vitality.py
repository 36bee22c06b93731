"""The board of all pages, one page, and its plan on the screen."""

from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.upkeep import pulses, rolling
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_inbox_statements import EDGE, statements


@pytest.fixture
def marketer(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.MARKETER)


def judge(scene: Scene) -> None:
    with scene.parts.db.write() as session:
        rolling.work(session, utc_now() + timedelta(minutes=5))
        pulses.take(session, utc_now())


def test_from_no_page_to_a_plan(
    marketer: Browser, agent: Browser, parts: Services, platform: Platform, crew: dict[Role, int]
) -> None:
    assert "No page is connected yet" in words(marketer.get("/vitality"))
    scene = Scene(parts, platform)
    assert "not judged yet" in words(marketer.get("/vitality"))
    scene.heard("Maria", "When do you open?", minutes_ago=60 * 30)
    judge(scene)
    board = marketer.get("/vitality")
    assert "Growing quiet" in words(board)
    assert "Answer 1 who waits" in words(board)
    assert 'aria-label="Comments: 1 in the last quarter, 0 in the one before"' in board.text
    path = f"/pages/{scene.page_id}"
    shown = words(marketer.get(f"{path}/vitality"))
    assert "1 waits, the longest 30 h" in shown
    assert "There is none yet" in shown
    plan = {
        "post_every_days": "7",
        "answer_within_hours": "24",
        "quiet": "",
        "quieting_days": "14",
        "at_risk_days": "30",
        "ghost_days": "60",
    }
    assert "First name a steward" in words(marketer.post(f"{path}/plan", **plan))
    assert marketer.post(f"{path}/stewards", steward=crew[Role.AGENT], deputy="").status_code == 303
    refused = marketer.post(f"{path}/plan", **(plan | {"quiet": "at night"}))
    assert refused.status_code == 422
    assert 'value="at night"' in refused.text
    assert marketer.post(f"{path}/plan", **plan).status_code == 303
    assert agent.post(f"{path}/plan", **plan).status_code == 403
    assert "A post every 7 days." in words(agent.get(f"{path}/vitality"))
    assert agent.post(f"{path}/posted").status_code == 303
    judge(scene)
    assert "Our last post today" in words(agent.get(f"{path}/vitality"))
    assert agent.get("/pages/77/vitality").status_code == 404


def test_of_many_pages_those_in_one_state_can_be_looked_at(
    agent: Browser, parts: Services, platform: Platform, crew: dict[Role, int]
) -> None:
    scenes = [Scene(parts, platform, name=f"Page {number}.", address=f"memory:{number}") for number in range(14)]
    with parts.db.write() as session:
        session.connection().exec_driver_sql("UPDATE pages SET created_at = '2020-01-01 00:00:00.000000' WHERE id < 5")
    judge(scenes[0])
    assert "All pages 14 Ghost town 4 Growing quiet 10" in words(agent.get("/vitality"))
    some = words(agent.get("/vitality?life=ghost_town"))
    assert "Page 3." in some
    assert "Page 12." not in some
    assert agent.get("/vitality?life=%00").status_code == 200


@pytest.mark.parametrize("size", [1, 30])
def test_the_board_costs_the_same_for_any_number_of_pages(
    agent: Browser, parts: Services, platform: Platform, crew: dict[Role, int], size: int
) -> None:
    scenes = [Scene(parts, platform, name=f"Page {number}", address=f"memory:{number}") for number in range(size)]
    judge(scenes[0])
    for path, most in (("/vitality", EDGE + 5), (f"/pages/{scenes[0].page_id}/vitality", EDGE + 7)):
        with statements(scenes[0]) as seen:
            assert agent.get(path).status_code == 200
        assert len(seen) <= most, "\n".join(seen)
