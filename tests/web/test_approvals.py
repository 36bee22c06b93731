"""Approval on the screens: required, asked for, given, refused."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.types import Role
from app.bootstrap import Services
from app.remedies.models import Remedy
from app.remedies.runner import Runner as RemedyRunner
from app.remedies.types import State
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def require(scene: Scene, supervisor: Browser, login: str = "agent") -> None:
    supervisor.get("/approvals")
    assert (
        supervisor.post("/approvals", about=f"person:{scene.actor(login).id}", reason="First week").status_code == 303
    )


def ask(scene: Scene, agent: Browser, talk: int) -> int:
    agent.get(f"/inbox/{talk}")
    agent.post(f"/inbox/{talk}/reply", text="Hello Bob", key="k" * 12, version=scene.version(talk), then="done")
    found = re.search(r'id="p-(\d+)"', agent.get(f"/inbox/{talk}").text)
    assert found
    return int(found[1])


def test_the_button_says_so_before(scene: Scene, agent: Browser, supervisor: Browser) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    assert "Reply in public as Our brand" in words(agent.get(f"/inbox/{talk}"))
    require(scene, supervisor)
    shown = words(agent.get(f"/inbox/{talk}"))
    assert "Needs approval: First week" in shown
    assert "Send for approval, then in public as Our brand" in shown


def test_asked_listed_changed_and_sent(scene: Scene, agent: Browser, supervisor: Browser) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    require(scene, supervisor)
    proposal = ask(scene, agent, talk)
    assert scene.replies(talk) == []
    assert "Bob" in words(supervisor.get("/inbox?view=approval"))
    supervisor.get(f"/inbox/{talk}")
    supervisor.post(f"/inbox/{talk}/proposals/{proposal}/approve", text="Dear Bob", version=scene.version(talk))
    (reply,) = scene.replies(talk)
    assert (reply.text, reply.author, reply.approved_by) == ("Dear Bob", "Agent", "Supervisor")
    assert "approved by Supervisor" in words(agent.get(f"/inbox/{talk}"))


def test_sent_back_with_a_remark(scene: Scene, agent: Browser, supervisor: Browser) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    require(scene, supervisor)
    proposal = ask(scene, agent, talk)
    supervisor.get(f"/inbox/{talk}")
    empty = supervisor.post(f"/inbox/{talk}/proposals/{proposal}/refuse", remark="", version=scene.version(talk))
    assert empty.status_code == 422
    supervisor.post(f"/inbox/{talk}/proposals/{proposal}/refuse", remark="Friendlier", version=scene.version(talk))
    shown = agent.get(f"/inbox/{talk}")
    assert "Friendlier" in words(shown)
    assert re.search(r"<textarea id=\"reply-text\"[^>]*>\s*Hello Bob</textarea>", shown.text)


def test_taken_back_by_the_author(scene: Scene, agent: Browser, supervisor: Browser) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    require(scene, supervisor)
    proposal = ask(scene, agent, talk)
    assert agent.post(f"/inbox/{talk}/proposals/{proposal}/withdraw").status_code == 303
    assert "Hello Bob" in agent.get(f"/inbox/{talk}").text
    assert "Waits for approval" not in words(agent.get(f"/inbox/{talk}"))


def test_ones_own_answer_is_not_approved(scene: Scene, supervisor: Browser, admin: Browser) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    require(scene, admin, "supervisor")
    proposal = ask(scene, supervisor, talk)
    answer = supervisor.post(f"/inbox/{talk}/proposals/{proposal}/approve", text="x", version=scene.version(talk))
    assert answer.status_code == 403
    found = re.search(r"/approvals/(\d+)/remove", admin.get("/approvals").text)
    assert found
    assert "/remove" not in supervisor.get("/approvals").text
    assert supervisor.post(f"/approvals/{found[1]}/remove").status_code == 403
    assert admin.post(f"/approvals/{found[1]}/remove").status_code == 303


def test_nonsense_is_told(scene: Scene, supervisor: Browser) -> None:
    supervisor.get("/approvals")
    assert supervisor.post("/approvals", about="person:x", reason="y").status_code == 422
    assert supervisor.post("/approvals", about="person:99999", reason="y").status_code == 404
    assert supervisor.post("/approvals", about="page:1", reason=" ").status_code == 422


def test_a_remedy_is_told_by_an_answer_that_was_approved(scene: Scene, agent: Browser, supervisor: Browser) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    agent.get(f"/remedies/ask/{talk}")
    fields = {"kind": "other", "amount": "5", "currency": "EUR", "reason": "late", "key": "form-key-9"}
    assert agent.post(f"/remedies/ask/{talk}", **fields).status_code == 303
    remedy_id = remedy(scene).id
    agent.post(f"/remedies/{remedy_id}/take")
    agent.post(f"/remedies/{remedy_id}/finish", done="yes", reference="R-1")
    require(scene, supervisor)
    agent.post(
        f"/inbox/{talk}/reply", text="Done", key="k" * 12, version=scene.version(talk), then="wait", tells=remedy_id
    )
    found = re.search(r'id="p-(\d+)"', agent.get(f"/inbox/{talk}").text)
    assert found
    assert 'name="tells"' not in agent.get(f"/inbox/{talk}").text, "an answer that waits is to tell it"
    approve = f"/inbox/{talk}/proposals/{found[1]}/approve"
    answer = supervisor.post(approve, text="You get 5.00 EUR", version=scene.version(talk))
    assert answer.status_code == 422, "what a reviewer changes is read by everybody too"
    assert supervisor.post(approve, text="Done, see", version=scene.version(talk)).status_code == 303
    assert remedy(scene).told_reply_id == scene.replies(talk)[0].id
    supervisor.post(f"/inbox/{talk}/replies/{scene.replies(talk)[0].id}/undo")
    run_remedies(scene)
    assert remedy(scene).state is State.EXECUTED
    assert supervisor.post(approve, text="Done, look", version=scene.version(talk)).status_code == 303
    scene.deliver()
    run_remedies(scene)
    assert remedy(scene).state is State.TOLD


def remedy(scene: Scene) -> Remedy:
    with scene.parts.db.read() as session:
        return session.scalars(select(Remedy)).one()


def run_remedies(scene: Scene) -> None:
    RemedyRunner(scene.parts.db, scene.parts.executors, scene.parts.box, 30).run()
