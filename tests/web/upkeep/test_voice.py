"""One voice: notes beside the composer, words looked for while somebody types, and none that is banned leaves."""

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def marketer(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.MARKETER)


def test_notes_hold_for_their_page_and_are_read_beside_the_composer(
    scene: Scene, marketer: Browser, agent: Browser
) -> None:
    talk = scene.heard("Maria", "When do you open?")
    other = Scene(scene.parts, scene.platform, name="Other", address="memory:other")
    assert "None yet" in words(agent.get("/voice"))
    for page, language, text in (
        ("", "", "We say you."),
        (scene.page_id, "", "Gardeners among themselves."),
        (other.page_id, "", "Somewhere else."),
        ("", "fr", "On dit vous."),
    ):
        form = {"note_page": page, "note_language": language, "text": text}
        assert marketer.post("/voice/notes", **form).status_code == 303
    shown = words(agent.get(f"/inbox/{talk}/voice"))
    assert "We say you. Gardeners among themselves." in shown
    assert "Somewhere else." not in shown
    assert "On dit vous." not in shown
    assert "hx-post" not in agent.get(f"/inbox/{talk}/voice").text  # no words are listed
    assert marketer.post("/voice/notes", note_page="", note_language="", text=" ").status_code == 303
    assert "We say you." not in words(agent.get("/voice"))
    assert marketer.post("/voice/notes", note_page=99, note_language="", text="x").status_code == 422
    assert agent.post("/voice/notes", note_page="", note_language="", text="x").status_code == 403


def test_words_are_found_while_somebody_types_and_banned_ones_do_not_leave(
    scene: Scene, marketer: Browser, agent: Browser
) -> None:
    talk = scene.heard("Maria", "When do you open?")
    form = {"term": "cheap*", "instead": "good value", "banned": "yes", "page": "", "language": ""}
    assert marketer.post("/voice/terms", **form).status_code == 303
    assert marketer.post("/voice/terms", **form).status_code == 409
    rather = {"term": "no problem", "instead": "with pleasure", "page": scene.page_id, "language": ""}
    assert marketer.post("/voice/terms", **rather).status_code == 303
    for wrong in (form | {"term": "*"}, rather | {"term": "hm", "instead": ""}, form | {"term": "x" * 81}):
        assert marketer.post("/voice/terms", **wrong).status_code == 422
    assert "input delay" in agent.get(f"/inbox/{talk}/voice").text
    typed = words(agent.post(f"/inbox/{talk}/terms", text="No problem, it is CHEAPER on Mondays."))
    assert "Not said here “CHEAPER”: say “good value”" in typed
    assert "Rather not “No problem”: say “with pleasure”" in typed
    assert words(agent.post(f"/inbox/{talk}/terms", text="We open at nine.")) == ""

    answer = {"key": "0123456789ab", "version": scene.version(talk)}
    refused = agent.post(f"/inbox/{talk}/reply", text="It is cheap.", **answer)
    assert refused.status_code == 422
    assert "“cheap” is not said here. Say “good value”." in words(refused)
    assert agent.post(f"/inbox/{talk}/reply", text="No problem.", **answer).status_code == 303
    assert marketer.post("/voice/terms/1/remove").status_code == 303
    assert marketer.post("/voice/terms/1/remove").status_code == 404
