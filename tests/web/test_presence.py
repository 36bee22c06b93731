"""Who else is here, as the screens are told it."""

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.writing import queries
from app.writing import service as writing
from app.writing.rules import CLAIM_LIFE
from app.writing.types import Voice, Words
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


def test_others_are_told_and_oneself_is_not(scene: Scene, app: Flask, agent: Browser) -> None:
    talk, marketer = scene.heard("Bob", "Where is my order?"), signed_in(app, Role.MARKETER)
    assert words(agent.post("/inbox/here", open=talk, rows=talk)) == ""
    assert "Agent" in words(marketer.post("/inbox/here", rows=f"{talk},nonsense,7"))
    agent.post("/inbox/here", left=talk)
    assert words(marketer.post("/inbox/here", rows=talk)) == ""


def test_who_writes_is_told_apart_and_stays_it(scene: Scene, app: Flask, agent: Browser) -> None:
    talk, marketer = scene.heard("Bob", "Where is my order?"), signed_in(app, Role.MARKETER)
    ann, start = scene.actor("agent"), utc_now() - CLAIM_LIFE / 2
    with scene.parts.db.write() as session:
        writing.keep(session, ann, talk, Voice.REPLY, Words("H"), revision=0, now=start)
    shown = marketer.post("/inbox/here", rows=talk).text
    assert "Agent is writing" in shown
    assert "Your draft" not in shown
    assert "Your draft" in agent.post("/inbox/here", open=talk, rows=talk, writing="yes").text
    with scene.parts.db.read() as session:
        later = utc_now() + CLAIM_LIFE * 0.9
        assert queries.begun(session, ann, talk, later).claim is not None


def test_without_redis_nobody_waits_and_who_writes_is_still_known(scene: Scene, app: Flask, agent: Browser) -> None:
    talk, marketer = scene.heard("Bob", "Where is my order?"), signed_in(app, Role.MARKETER)
    with scene.parts.db.write() as session:
        writing.keep(session, scene.actor("agent"), talk, Voice.REPLY, Words("H"), revision=0, now=utc_now())
    scene.parts.redis.connection_pool.connection_kwargs["path"] = "/nowhere"
    scene.parts.redis.connection_pool.disconnect()
    assert "Agent is writing" in marketer.post("/inbox/here", rows=talk, open=talk).text
