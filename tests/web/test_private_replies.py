"""The composer's private form, beside the public one and the note."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.ports import LengthLimit, LengthUnit, PrivateReplies
from app.core.clock import utc_now
from app.replies import requirements
from app.replies.types import Subject
from app.writing import queries as drafts
from app.writing.types import Voice
from tests.domain.platform import Platform
from tests.web.browser import Browser
from tests.web.conftest import signed_in
from tests.web.scene import Scene

SEND, OPEN = "Reply in private as Our brand", 'id="mode-private" value="private" checked'


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    platform.private = PrivateReplies(LengthLimit(60, LengthUnit.CHARACTERS), within=timedelta(days=7), once=True)
    return Scene(parts, platform)


@pytest.fixture
def talk(scene: Scene) -> int:
    return scene.heard("Bob", "Where is my order?", minutes_ago=90)


def reply(browser: Browser, scene: Scene, talk: int, text: str, **fields: object) -> str:
    """Press the private form's button; answers what comes then."""
    known: dict[str, object] = {"key": "a-key-of-the-form", "voice": "private", "version": scene.version(talk)}
    answer = browser.post(f"/inbox/{talk}/reply?view=team", text=text, **(known | fields))
    return answer.text if answer.status_code != 303 else browser.get(answer.location or "").text


def test_it_is_offered_where_the_page_can(scene: Scene, platform: Platform, agent: Browser, talk: int) -> None:
    page = agent.get(f"/inbox/{talk}?view=team").text
    assert SEND in page
    assert OPEN not in page
    assert 'id="private-text" name="text"' in page
    assert 'data-limit="60"' in page
    platform.private = None
    page = agent.get(f"/inbox/{talk}?view=team").text
    assert SEND not in page
    assert "mode-private" not in page
    assert "in private" in reply(agent, scene, talk, "Your address?")
    assert scene.replies(talk) == []


def test_it_leaves_in_private_and_says_so(scene: Scene, platform: Platform, agent: Browser, talk: int) -> None:
    page = reply(agent, scene, talk, "Your address?")
    assert "Leaves in a few seconds" in page
    assert 'class="said-line depth-1 alone ours"' in page
    scene.deliver()
    page = agent.get(f"/inbox/{talk}?view=team").text
    assert "Arrived in their private messages." in page
    assert '<span class="row-alone">' in agent.get("/inbox?view=team&state=done").text
    assert (len(platform.letters), platform.posted) == (1, [])
    assert "was answered in private already" in page


def test_what_is_taken_back_opens_the_private_form(scene: Scene, agent: Browser, talk: int) -> None:
    reply(agent, scene, talk, "Your address?")
    (sent,) = scene.replies(talk)
    page = agent.post(f"/inbox/{talk}/replies/{sent.id}/undo?view=team").text
    assert OPEN in page
    assert page.count("Your address?") == 1


def test_a_refused_one_comes_back_in_its_own_form(scene: Scene, agent: Browser, talk: int) -> None:
    page = reply(agent, scene, talk, "x" * 61)
    assert OPEN in page
    assert "1 character too long" in page
    assert "x" * 61 in page
    assert scene.replies(talk) == []


def test_a_private_comment_is_only_answered_in_private(scene: Scene, platform: Platform, agent: Browser) -> None:
    number = scene.say("Eva", "My address is 1 Hill Road")
    scene.put(replace(platform.comments[number], private=True))
    scene.collect()
    talk = scene.talk_with(number)
    page = agent.get(f"/inbox/{talk}?view=team").text
    assert OPEN in page
    assert "mode-reply" not in page
    assert '<span class="row-alone">' in page
    assert "Answer in private" in reply(agent, scene, talk, "Thank you", voice="reply")
    assert "Leaves in a few seconds" in reply(agent, scene, talk, "Thank you")


def test_approval_says_who_will_read_it(
    scene: Scene, platform: Platform, app: Flask, agent: Browser, crew: dict[Role, int], talk: int
) -> None:
    with scene.parts.db.write() as session:
        chief = scene.actor("supervisor")
        requirements.add(session, chief, Subject.PERSON, crew[Role.AGENT], "New here", utc_now())
    assert "Send for approval, then in private as" in agent.get(f"/inbox/{talk}?view=team").text
    reply(agent, scene, talk, "Your address?")
    supervisor = signed_in(app, Role.SUPERVISOR)
    page = supervisor.get(f"/inbox/{talk}?view=approval").text
    assert "Approve and send in private" in page
    number = page.partition('id="p-')[2].partition('"')[0]
    supervisor.post(
        f"/inbox/{talk}/proposals/{number}/approve?view=approval", text="Your address?", version=scene.version(talk)
    )
    scene.deliver()
    assert (len(platform.letters), platform.posted) == (1, [])


def test_drafts_of_both_answers_are_kept_apart(scene: Scene, agent: Browser, talk: int) -> None:
    agent.post(f"/inbox/{talk}/draft?view=team", text="To all", voice="reply", revision=0)
    agent.post(f"/inbox/{talk}/draft?view=team", text="To you", voice="private", revision=0)
    actor = scene.actor("agent")
    with scene.parts.db.read() as session:
        begun = drafts.begun(session, actor, talk, utc_now())
    own = {one.voice: one.text for one in begun.drafts}
    assert own == {Voice.REPLY: "To all", Voice.PRIVATE: "To you"}
    page = agent.get(f"/inbox/{talk}?view=team").text
    assert "To all" in page
    assert "To you" in page
    assert OPEN not in page
    page = agent.post(f"/inbox/{talk}/preview?view=team", text="To you", voice="private").text
    assert "as only they will read it" in page
    assert OPEN in page


def test_what_was_begun_last_time_is_what_is_open(scene: Scene, agent: Browser, talk: int) -> None:
    agent.post(f"/inbox/{talk}/draft?view=team", text="For colleagues", voice="note", revision=0)
    note = re.compile(r'id="mode-note" value="note" checked')
    assert note.search(agent.get(f"/inbox/{talk}?view=team").text), "a note alone"
    agent.post(f"/inbox/{talk}/draft?view=team", text="To all", voice="reply", revision=0)
    assert not note.search(agent.get(f"/inbox/{talk}?view=team").text), "an answer goes first"
