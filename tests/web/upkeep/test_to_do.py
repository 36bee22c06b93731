"""What waits besides answers: in the rail, on one screen, and done from there."""

from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.upkeep import keeping
from app.upkeep.models import KeepAlivePlan
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

COUNT = '<span id="count-to-do" class="count attention" hx-swap-oob="true">{}</span>'


@pytest.fixture
def marketer(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.MARKETER)


def day(off: int) -> str:
    return (utc_now().date() + timedelta(days=off)).isoformat()


def test_a_page_that_falls_behind_stands_in_its_stewards_rail_and_is_done_from_there(
    marketer: Browser, agent: Browser, parts: Services, platform: Platform, crew: dict[Role, int]
) -> None:
    assert "Nothing waits for you" in words(agent.get("/to-do"))
    scene = Scene(parts, platform)
    path = f"/pages/{scene.page_id}"
    marketer.post(f"{path}/stewards", steward=crew[Role.AGENT], deputy="")
    plan = {"post_every_days": "7", "answer_within_hours": "24", "quiet": ""}
    limits = {"quieting_days": "14", "at_risk_days": "30", "ghost_days": "60"}
    assert marketer.post(f"{path}/plan", **plan, **limits).status_code == 303
    with parts.db.write() as session:
        session.get_one(KeepAlivePlan, scene.page_id).since = utc_now() - timedelta(days=8)
        keeping.work(session, utc_now())
    assert 'href="/to-do"' in agent.get("/inbox").text
    assert COUNT.format(1) in agent.get("/goals/mine").text
    assert "count-to-do" not in marketer.get("/goals/mine").text
    assert "Post something Garden blog" in words(agent.get("/to-do"))
    assert agent.post(f"{path}/posted", back="to-do").location == "/to-do"
    assert "Nothing waits for you" in words(agent.get("/to-do"))


def test_a_campaign_that_is_over_and_what_it_leaves(
    marketer: Browser, agent: Browser, parts: Services, platform: Platform, crew: dict[Role, int]
) -> None:
    scene = Scene(parts, platform)
    plan = {"name": "Tulips", "goal": "Be seen", "owner": crew[Role.MARKETER], "first": day(-9), "last": day(-1)}
    marketer.post("/campaigns/add", **plan, zone="UTC", pages=scene.page_id)
    assert "Over, not handed over Tulips Hand over" in words(marketer.get("/to-do"))
    one = crew[Role.AGENT]
    heirs = {f"heir-{scene.page_id}": one, "conversations": one, "remedies": one, "asked": one, "questions": ""}
    assert marketer.post("/campaigns/1/hand-over", **heirs, plan="A post a week", successor="").status_code == 303
    assert "Nothing waits for you" in words(marketer.get("/to-do"))
    assert "Left to you Tulips" in words(agent.get("/to-do"))
    assert COUNT.format(1) in agent.get("/goals/mine").text
    assert "not taken up yet" in words(agent.get("/campaigns/1"))
    assert marketer.post("/to-do/inherited/1").status_code == 404
    assert agent.post("/to-do/inherited/1").location == "/to-do"
    assert "Nothing waits for you" in words(agent.get("/to-do"))
    assert "has taken it up" in words(marketer.get("/campaigns/1"))
