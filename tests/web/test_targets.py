"""Setting targets on the screen, and seeing in the inbox what is close to one."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.pages.models import Page
from app.targets import runner
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

EMPTY = dict.fromkeys(("team", "page", "priority", "first_reply", "next_reply", "resolution"), "")


def test_a_target_is_set_seen_and_removed(
    app: Flask, parts: Services, platform: Platform, crew: dict[Role, int], agent: Browser
) -> None:
    scene = Scene(parts, platform)
    supervisor = signed_in(app, Role.SUPERVISOR)
    assert "No targets yet" in words(supervisor.get("/targets"))
    refused = supervisor.post("/targets/new", **(EMPTY | {"first_reply": "two days"}))
    assert refused.status_code == 422
    assert "like: 45 min, 2 h" in words(refused)
    assert 'value="two days"' in refused.text
    typed = EMPTY | {"team": str(scene.team("customer_service")), "first_reply": "90", "resolution": "1 h 20 min"}
    assert supervisor.post("/targets/new", **typed).status_code == 303
    assert 'value="1 h 30 min"' in supervisor.get("/targets/1").text
    assert supervisor.get("/targets/9").status_code == 404

    soon, late = scene.say("Soon", "Hello?", minutes_ago=62), scene.say("Late", "Hello?", minutes_ago=300)
    scene.collect()
    with parts.db.write() as session:
        session.execute(update(Page).values(created_at=scene.now - timedelta(days=1)))
    runner.watch(parts.db, utc_now())
    shown = words(agent.get("/inbox"))
    assert "Late 3 h" in shown
    assert "Due " in shown
    assert "Soon" not in words(agent.get("/inbox?view=all&target=late"))
    assert "Soon" in words(agent.get("/inbox?view=all&target=close"))
    assert "Late 3 h" in words(agent.get(f"/inbox/{scene.talk_with(late)}"))
    assert "Due " in words(agent.get(f"/inbox/{scene.talk_with(soon)}"))
    overview = words(agent.get("/targets"))
    assert "Customer service 1 late 1 due soon" in overview
    assert "Change" not in overview
    assert agent.post("/targets/1/remove").status_code == 403
    assert supervisor.post("/targets/1/remove").status_code == 303
    assert "No targets yet" in words(supervisor.get("/targets"))
