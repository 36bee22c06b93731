"""Tags, and taking back: exactly as it was, by whoever did it, unless somebody has acted since."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor, Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.desk import service as desk
from app.inbox import journal, tags, threads, waking
from app.inbox import service as inbox
from app.inbox.models import Conversation, ConversationTag
from app.inbox.types import ConversationState
from app.routing import service as routing
from app.routing.models import RoutingDecision
from app.routing.types import DecidedBy
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_inbox_lists import Crew, listed

COLUMNS = ("state", "waiting_since", "sort_at", "team_id", "assignee_id", "put_off_until")
ACTS = ("put off", "take", "give", "release", "move", "resolve", "reopen", "spam", "tag", "untag", "note")


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: Crew) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def talk(scene: Scene) -> int:
    return scene.heard("Bob", "Where is my order?", minutes_ago=90)


def standing(scene: Scene, talk: int) -> dict[str, Any]:
    """Everything that an act can change."""
    with scene.parts.db.read() as session:
        one = session.get_one(Conversation, talk)
        worn = select(ConversationTag.tag_id).where(ConversationTag.conversation_id == talk)
        corrected = select(RoutingDecision.id).where(RoutingDecision.decided_by == DecidedBy.PERSON)
        return {
            **{name: getattr(one, name) for name in COLUMNS},
            "tags": set(session.scalars(worn)),
            "notes": len(threads.record(session, scene.actor("agent"), talk).notes),
            "corrections": len(session.scalars(corrected).all()),
        }


def act(scene: Scene, talk: int, what: str, login: str = "agent") -> None:
    """Do one of ACTS, whatever state the conversation is in."""
    me, now = scene.actor(login), utc_now()
    with scene.parts.db.write() as session:
        tag_id = tags.find_or_make(session, "refund", now)
        other = scene.team("marketing")
        if session.get_one(Conversation, talk).team_id == other:
            other = scene.team("customer_service")
        acts: dict[str, Callable[[], object]] = {
            "take": lambda: inbox.take(session, me, talk, None, now),
            "give": lambda: inbox.assign(session, me, talk, scene.actor("marketer").id, None, now),
            "release": lambda: inbox.assign(session, me, talk, None, None, now),
            "move": lambda: routing.correct(session, me, talk, other, version=None, reason="", now=now),
            "put off": lambda: put_off_open(session, me, talk, now),
            "resolve": lambda: inbox.resolve(session, me, talk, None, now),
            "reopen": lambda: inbox.reopen(session, me, talk, None, now),
            "spam": lambda: inbox.set_aside(session, me, talk, None, now),
            "tag": lambda: tags.put_on(session, me, talk, [tag_id], None, now),
            "untag": lambda: tags.take_off(session, me, talk, [tag_id], None, now),
            "note": lambda: inbox.add_note(session, me, talk, "Called them", now),
        }
        acts[what]()


def put_off_open(session: Session, me: Actor, talk: int, now: datetime) -> None:
    """What is done or spam can't be."""
    if session.get_one(Conversation, talk).state in (ConversationState.NEW, ConversationState.WAITING):
        waking.put_off(session, me, talk, now + timedelta(hours=3), None, now)


class TestUndo:
    @given(done=st.lists(st.sampled_from(ACTS), min_size=1, max_size=8))
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_taking_everything_back_leads_through_every_step_to_the_beginning(
        self, scene: Scene, talk: int, done: list[str]
    ) -> None:
        me = scene.actor("agent")
        steps = []
        for what in done:
            before = standing(scene, talk)
            with scene.parts.db.read() as session:
                known = journal.latest(session, me, utc_now())
            act(scene, talk, what)
            with scene.parts.db.read() as session:
                if journal.latest(session, me, utc_now()) != known:
                    steps.append(before)
        for before in reversed(steps):
            with scene.parts.db.write() as session:
                assert desk.undo(session, me, None, utc_now()).conversations == (talk,)
            assert standing(scene, talk) == before

    def test_somebody_else_acted_since(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(scene, talk, "resolve")
        act(scene, talk, "reopen", "marketer")
        before = standing(scene, talk)
        agent.get("/inbox")
        answer = agent.press("/inbox/undo", {"HX-Request": "true"})
        assert answer.status_code == 409
        assert "Marketer has done something with it since" in words(answer)
        assert standing(scene, talk) == before

    def test_the_person_wrote_again_since(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(scene, talk, "spam")
        scene.say("Bob", "Hello?", parent="n1", minutes_ago=1)
        scene.collect()
        agent.get("/inbox")
        answer = agent.press("/inbox/undo", {"HX-Request": "true"})
        assert (answer.status_code, "Something has happened to it since" in words(answer)) == (409, True)

    def test_nobody_takes_back_what_others_did(self, scene: Scene, app: Flask, agent: Browser, talk: int) -> None:
        act(scene, talk, "resolve")
        with scene.parts.db.read() as session:
            entry = journal.latest(session, scene.actor("agent"), utc_now())
        boss = signed_in(app, Role.SUPERVISOR)
        for fields in ({}, {"entry": entry}):
            answer = boss.press("/inbox/undo", {"HX-Request": "true"}, **fields)
            assert (answer.status_code, "nothing of yours" in words(answer)) == (404, True)
        assert listed(agent, "/inbox?view=all&state=done") == ["Bob"]

    def test_twice_is_once(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(scene, talk, "resolve")
        with scene.parts.db.read() as session:
            entry = journal.latest(session, scene.actor("agent"), utc_now())
        agent.get("/inbox")
        assert agent.press("/inbox/undo", {"HX-Request": "true"}, entry=entry).status_code == 200
        assert agent.press("/inbox/undo", {"HX-Request": "true"}, entry=entry).status_code == 409

    def test_without_script(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(scene, talk, "take")
        agent.get("/inbox")
        answer = agent.post("/inbox/undo?view=all")
        assert (answer.status_code, answer.location) == (303, f"/inbox/{talk}?view=all")
        assert "Taken back: taking it." in words(agent.get("/inbox?view=all"))
        assert "took it back: taking it" in words(agent.get(f"/inbox/{talk}"))
        assert agent.post("/inbox/undo").status_code == 303

    def test_what_is_old_is_forgotten(self, scene: Scene, talk: int) -> None:
        act(scene, talk, "take")
        with scene.parts.db.write() as session:
            journal.tidy(session, utc_now() + journal.KEPT_FOR)
        with scene.parts.db.read() as session:
            assert journal.latest(session, scene.actor("agent"), utc_now()) is None


class TestTags:
    def put(self, browser: Browser, talk: int, name: str) -> int:
        browser.get(f"/inbox/{talk}")
        return browser.post(f"/inbox/{talk}/tag", name=name).status_code

    def test_on_the_row_in_the_filter_and_off_again(self, scene: Scene, agent: Browser, talk: int) -> None:
        scene.heard("Cleo", "Hello?")
        assert self.put(agent, talk, " Money   back ") == 303
        assert self.put(agent, talk, "money BACK") == 303
        (tag,) = standing(scene, talk)["tags"]
        assert "Money back" in words(agent.get("/inbox?view=all"))
        assert listed(agent, f"/inbox?view=all&tag={tag}") == ["Bob"]
        agent.get(f"/inbox/{talk}")
        assert agent.post(f"/inbox/{talk}/untag", tag=tag).status_code == 303
        assert listed(agent, f"/inbox?view=all&tag={tag}") == []
        assert "put on: Money back" in words(agent.get(f"/inbox/{talk}"))

    def test_what_cant_be_a_tag(self, scene: Scene, agent: Browser, talk: int) -> None:
        for name in ("", "  ", "a,b", "x" * 41, "a\x07b"):
            assert self.put(agent, talk, name) == 422, name
        agent.get(f"/inbox/{talk}")
        for tag in ("0", "999", "x", str(10**30)):
            assert agent.post(f"/inbox/{talk}/untag", tag=tag).status_code == 404, tag

    def test_supervisors_look_after_them(self, scene: Scene, app: Flask, agent: Browser, talk: int) -> None:
        self.put(agent, talk, "refund")
        self.put(agent, talk, "parcel")
        with scene.parts.db.read() as session:
            ids = {one.name: one.id for one in tags.tags(session)}
        agent.get("/inbox/tags")
        for what in ("rename", "remove", "return"):
            assert agent.post(f"/inbox/tags/{ids['refund']}/{what}", name="x").status_code == 403
        boss = signed_in(app, Role.SUPERVISOR)
        assert boss.post(f"/inbox/tags/{ids['refund']}/rename", name="Money back").status_code == 303
        assert boss.post(f"/inbox/tags/{ids['refund']}/rename", name="PARCEL").status_code == 409
        assert boss.post(f"/inbox/tags/{ids['refund']}/rename", name="").status_code == 422
        assert boss.post(f"/inbox/tags/{ids['parcel']}/remove").status_code == 303
        row = words(agent.get("/inbox?view=all"))
        assert ("Money back" in row, "parcel" in row) == (True, False)
        assert boss.post(f"/inbox/tags/{ids['parcel']}/return").status_code == 303
        assert "parcel" in words(agent.get("/inbox?view=all"))
        assert "parcel" in agent.get("/inbox/tags/names").text


def test_the_same_note_twice_is_one(scene: Scene, agent: Browser, talk: int) -> None:
    agent.get(f"/inbox/{talk}")
    for _press in range(2):
        assert agent.post(f"/inbox/{talk}/note", text="Called", key="one-form-only").status_code == 303
    assert standing(scene, talk)["notes"] == 1


def test_the_same_moderation_twice_is_one_line(scene: Scene, agent: Browser, talk: int) -> None:
    with scene.parts.db.read() as session:
        (comment,) = threads.thread(session, scene.actor("agent"), talk)
    agent.get(f"/inbox/{talk}")
    for _press in range(2):
        agent.post(f"/inbox/{talk}/moderate", comment=comment.id, act="hold", key="one-form-only")
    assert words(agent.get(f"/inbox/{talk}")).count("Agent: Hold back") == 1
