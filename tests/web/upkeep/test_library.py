"""The library on the screen: written, approved, published, taken back, held in a crisis."""

from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.library import service
from app.library.runner import Runner
from app.library.types import PostTyped, Words
from app.upkeep import pulses
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_inbox_statements import EDGE, statements

POST = {
    "name": "Sourdough",
    "title-en": "How we bake",
    "text-en": "Our sourdough rests for a day.",
    "text-de": "Unser Sauerteig ruht einen Tag.",
    "link": "https://b.example/bread",
    "season_first": "",
    "season_last": "",
    "pause_days": "30",
}


@pytest.fixture
def marketer(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.MARKETER)


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


@pytest.fixture
def scene(parts: Services, platform: Platform) -> Scene:
    return Scene(parts, platform)


def write(browser: Browser, scene: Scene, **other: object) -> str:
    answer = browser.post("/library/add", **(POST | {"pages": scene.page_id} | other))
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def run(parts: Services) -> None:
    Runner(parts.db, parts.connectors, parts.box, 60).run()


def test_from_nothing_to_a_post_that_is_taken_back(marketer: Browser, agent: Browser, scene: Scene) -> None:
    assert "The library is empty" in words(marketer.get("/library"))
    refused = marketer.post("/library/add", **(POST | {"pages": scene.page_id, "season_first": "32-1", "name": "<b>"}))
    assert refused.status_code == 422
    assert 'value="32-1"' in refused.text
    assert "<b>" not in refused.text
    assert "Write it in one language at least" in words(
        marketer.post("/library/add", name="Empty", pages=scene.page_id, pause_days="3")
    )
    path = write(marketer, scene)
    shown = words(marketer.get(path))
    assert "Our sourdough rests for a day. https://b.example/bread" in shown
    assert "55 of 500" in shown
    assert "Unser Sauerteig" in words(marketer.get(f"{path}?language=de"))
    assert "Sourdough" in words(marketer.get(f"/library?page={scene.page_id}"))
    wrong = marketer.post(f"{path}/publish", page=scene.page_id, language="en", key="k0", at="soon")
    assert "Choose a day and a time" in words(wrong)
    later = f"{utc_now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    assert marketer.post(f"{path}/publish", page=scene.page_id, language="en", key="k1", at=later).status_code == 303
    assert "It asks for a longer pause" in words(
        marketer.post(f"{path}/publish", page=scene.page_id, language="en", key="k2", at="")
    )
    page = marketer.get(path)
    assert "Goes out" in words(page)
    [cancel] = [one for one in page.text.split('"') if one.endswith("/cancel")]
    assert agent.post(cancel).status_code == 403
    assert marketer.post(cancel).status_code == 303
    assert "Taken back" in words(marketer.get("/library/published"))
    assert "by hand" not in words(marketer.get(f"{path}/change"))
    with scene.parts.db.write() as session:
        session.connection().exec_driver_sql("UPDATE connections SET sealed_secret = NULL")
    assert "by hand" in words(marketer.get(f"{path}/change"))
    page = marketer.get(path)
    assert "Nothing can be published from here on its pages" in words(page)
    assert f"{path}/publish" not in page.text


def test_out_of_season_it_says_so_before_and_after(marketer: Browser, scene: Scene) -> None:
    spring = utc_now() + timedelta(days=60)
    until = spring + timedelta(days=10)
    path = write(marketer, scene, season_first=f"{spring:%m-%d}", season_last=f"{until:%m-%d}")
    assert "It is out of season" in words(marketer.get(path))
    marketer.post(f"{path}/publish", page=scene.page_id, language="en", key="k1", at=f"{spring:%Y-%m-%dT12:00}")
    assert "On that day it is out of season" not in words(marketer.get(path))
    other = write(marketer, scene, season_first=f"{spring:%m-%d}", season_last=f"{until:%m-%d}")
    marketer.post(f"{other}/publish", page=scene.page_id, language="en", key="k2", at="")
    assert "On that day it is out of season" in words(marketer.get(other))


def test_one_platform_has_words_of_its_own(marketer: Browser, scene: Scene) -> None:
    toots = Scene(
        scene.parts, Platform(kind="mastodon", label="Mastodon"), name="Toots", address="https://m.example/@us"
    )
    form = marketer.get("/library/add")
    assert "Other words for one platform" in words(form)
    path = write(marketer, scene, pages=[scene.page_id, toots.page_id], **{"text-en-mastodon": "Bread, <i>slowly</i>."})
    shown = words(marketer.get(f"{path}?language=en"))
    assert "Mastodon · own words Bread, <i>slowly</i>. https://b.example/bread" in shown
    assert "Our sourdough rests for a day. https://b.example/bread" in shown
    assert "Bread, &lt;i&gt;slowly&lt;/i&gt;.</textarea>" in marketer.get(f"{path}/change").text
    refused = marketer.post("/library/add", **POST, pages=toots.page_id, **{"text-fr-mastodon": "Du pain."})
    assert refused.status_code == 422
    assert "First write what it says everywhere else." in words(refused)
    assert "Du pain.</textarea>" in refused.text


def test_somebody_else_approves_and_it_is_published_with_its_link(
    marketer: Browser, supervisor: Browser, scene: Scene, parts: Services, platform: Platform
) -> None:
    path = write(marketer, scene, needs_approval="yes")
    ask = {"page": scene.page_id, "language": "de", "key": "k1", "at": ""}
    assert "Somebody else has to approve it first" in words(marketer.post(f"{path}/publish", **ask))
    assert marketer.post(f"{path}/approve", version=1).status_code == 403
    assert "Say what is to be different" in words(supervisor.post(f"{path}/refuse", version=1, remark=""))
    assert supervisor.post(f"{path}/approve", version=7).status_code == 409
    assert supervisor.post(f"{path}/approve", version=1).status_code == 303
    assert marketer.post(f"{path}/publish", **ask).status_code == 303
    with parts.db.write() as session:
        session.connection().exec_driver_sql("UPDATE publications SET due_at = created_at")
    run(parts)
    assert [post.text for _key, post in platform.published] == ["Unser Sauerteig ruht einen Tag."]
    assert 'href="https://b.example/1"' in marketer.get(path).text
    with parts.db.write() as session:
        pulses.take(session, utc_now())
    assert "Our last post today" in words(marketer.get(f"/pages/{scene.page_id}/vitality"))


def test_a_page_that_grows_quiet_is_offered_a_post(
    marketer: Browser, scene: Scene, parts: Services, crew: dict[Role, int]
) -> None:
    write(marketer, scene)
    page = f"/pages/{scene.page_id}"
    plan = {"post_every_days": "7", "answer_within_hours": "24", "quiet": ""}
    plan |= {"quieting_days": "1", "at_risk_days": "2", "ghost_days": "60"}
    marketer.post(f"{page}/stewards", steward=crew[Role.MARKETER], deputy="")
    marketer.post(f"{page}/plan", **plan)
    with parts.db.write() as session:
        session.connection().exec_driver_sql("UPDATE pages SET created_at = '2026-01-01 00:00:00.000000'")
        pulses.take(session, utc_now())
    for path in ("/vitality", f"{page}/vitality"):
        assert "Publish “Sourdough”" in words(marketer.get(path))


def test_a_crisis_holds_and_says_so_everywhere(
    marketer: Browser, supervisor: Browser, scene: Scene, parts: Services
) -> None:
    path, page = write(marketer, scene), f"/library/pages/{scene.page_id}"
    assert marketer.post(f"{page}/crisis", reason="A recall", until="").status_code == 403
    assert "Say what is the matter" in words(supervisor.post(f"{page}/crisis", reason=" ", until=""))
    assert "still to come" in words(supervisor.post(f"{page}/crisis", reason="A recall", until="2020-01-01T10:00"))
    assert supervisor.post(f"{page}/crisis", reason="A recall", until="").status_code == 303
    assert "In a crisis" in words(marketer.get("/vitality"))
    held = marketer.post(f"{path}/publish", page=scene.page_id, language="en", key="k1", at="")
    assert held.status_code == 303
    shown = words(marketer.get(str(held.location)))
    assert "A recall" in shown
    assert "Go on all the same" not in shown
    assert "Go on all the same" in words(supervisor.get(str(held.location)))
    other = {"version": 1, "kind": "post", "text": "Other words"}
    assert "other words don’t change that" in words(marketer.post(f"{held.location}/change", **other))
    gone_on = supervisor.post(f"{held.location}/go-on", version=1, reason="It says where to bring them.")
    assert gone_on.status_code == 303
    assert "Goes out" in words(marketer.get(path))
    assert supervisor.post(f"{page}/crisis/end").status_code == 303
    assert "In a crisis" not in words(marketer.get("/vitality"))


@pytest.mark.parametrize("size", [1, 15])
def test_the_library_costs_the_same_however_much_is_in_it(
    agent: Browser, parts: Services, platform: Platform, size: int
) -> None:
    scenes = [Scene(parts, platform, name=f"Page {number}", address=f"memory:{number}") for number in range(size)]
    path = ""
    with parts.db.write() as session:
        for number in range(size):
            typed = PostTyped(
                f"Post {number}", (Words("en", "", "Hello"),), page_ids=frozenset(o.page_id for o in scenes)
            )
            path = f"/library/{service.add(session, scenes[0].actor('agent'), typed, utc_now())}"
    for address, most in (("/library", EDGE + 7), (path, EDGE + 10), (f"/library/pages/{scenes[0].page_id}", EDGE + 8)):
        with statements(scenes[0]) as seen:
            assert agent.get(address).status_code == 200
        assert len(seen) <= most, "\n".join(seen)
