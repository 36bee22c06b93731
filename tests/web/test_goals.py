"""Goals on the screen: empty, set, behind, at the edge of every screen, given up."""

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.goals import measuring
from app.goals.models import GoalReading
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in

TYPED = {"measure": "first_reply", "about": "all", "percent": "90", "within": "4 h", "period": "month"}


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def test_from_no_goal_to_one_given_up(
    supervisor: Browser, agent: Browser, parts: Services, crew: dict[Role, int]
) -> None:
    assert "No goals yet" in words(supervisor.get("/goals"))
    assert agent.get("/goals/mine").text.strip() == ""
    assert agent.post("/goals/new", **TYPED, owner=crew[Role.AGENT]).status_code == 403
    assert supervisor.get("/goals/new").status_code == 200
    refused = supervisor.post("/goals/new", **(TYPED | {"percent": "<many>"}), owner=crew[Role.AGENT])
    assert refused.status_code == 422
    assert "Write a number from 1 to 100." in words(refused)
    assert 'value="&lt;many&gt;"' in refused.text
    assert supervisor.post("/goals/new", **TYPED, owner=crew[Role.AGENT]).status_code == 303
    with parts.db.write() as session:
        measuring.work(session, utc_now())
        session.get_one(GoalReading, (1, utc_now().date().replace(day=1))).good = 16
        session.get_one(GoalReading, (1, utc_now().date().replace(day=1))).total = 20
    shown = words(agent.get("/goals"))
    assert "First reply within 4 h Behind 80% 16 of 20, wanted: 90%" in shown
    assert "20 more in a row that go well" in shown
    assert "Give up" not in shown
    strip = agent.get("/goals/mine")
    assert "80%" in words(strip)
    assert strip.headers["Cache-Control"] == "private, max-age=60"
    assert 'hx-get="/goals/mine"' in agent.get("/inbox").text
    assert supervisor.get("/goals/1").status_code == 200
    assert supervisor.post("/goals/1", **(TYPED | {"percent": "75"}), owner=crew[Role.AGENT]).status_code == 303
    assert supervisor.post("/goals/1/remove").status_code == 303
    assert supervisor.get("/goals/1").status_code == 404
