"""Planning and handing over campaigns on the screen."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.ports import Status
from app.core.clock import utc_now
from app.inbox.models import Post
from app.upkeep import belonging
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

TODAY = utc_now().date()


def day(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def marketer(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.MARKETER)


def test_a_post_is_moved_to_another_campaign(
    marketer: Browser, agent: Browser, scene: Scene, plan: dict[str, object]
) -> None:
    marketer.post("/campaigns/add", **(plan | {"first": day(-1), "last": day(3)}))
    talk = scene.heard("Maria", "When do you open?")
    path = f"/campaigns/of/{talk}"
    assert f'href="{path}"' in marketer.get(f"/inbox/{talk}").text
    assert f'href="{path}"' not in agent.get(f"/inbox/{talk}").text
    assert agent.get(path).status_code == 403
    assert "It belongs to no campaign." in words(marketer.get(path))
    assert marketer.post(path, campaign=1).status_code == 303
    assert "Moved by Marketer" in words(marketer.get(path))
    assert "Tulips & more" in words(marketer.get(f"/inbox/{talk}"))
    assert marketer.post(path, campaign=99).status_code == 404


@pytest.fixture
def plan(scene: Scene, crew: dict[Role, int]) -> dict[str, object]:
    """A campaign that is over."""
    return {
        "name": "Tulips & more",
        "goal": "Sell bulbs",
        "owner": crew[Role.MARKETER],
        "first": day(-9),
        "last": day(-1),
        "zone": "Europe/Berlin",
        "pages": scene.page_id,
        "disciplines": "pr",
    }


def test_a_campaign_from_its_plan_to_its_hand_over(
    marketer: Browser, agent: Browser, scene: Scene, crew: dict[Role, int], plan: dict[str, object]
) -> None:
    assert "No campaign is planned yet" in words(marketer.get("/campaigns"))
    assert "Garden blog: nothing from" in words(marketer.get("/campaigns"))
    refused = marketer.post("/campaigns/add", **(plan | {"last": day(-20)}))
    assert refused.status_code == 422
    assert "The last day can’t be before the first." in words(refused)
    assert 'value="Tulips &amp; more"' in refused.text
    assert marketer.post("/campaigns/add", **plan).location == "/campaigns/1"
    shown = words(marketer.get("/campaigns/1"))
    assert "nobody has signed who inherits" in shown
    assert "Press" in shown
    entry = {"title": "A walk", "day": day(-2), "discipline": "pr", "page": ""}
    assert marketer.post("/campaigns/1/entries", **entry).status_code == 303
    assert marketer.post("/campaigns/1/entries", **(entry | {"day": "soon"})).status_code == 422
    month = marketer.get(f"/campaigns/calendar?month={day(-2)[:7]}")
    assert "A walk" in words(month)
    assert "<svg" in month.text
    assert marketer.get("/campaigns/calendar?month=never").status_code == 200

    form = marketer.get("/campaigns/1/hand-over")
    assert "0 open conversations" in words(form)
    one = crew[Role.AGENT]
    heirs = {f"heir-{scene.page_id}": one, "conversations": one, "remedies": one, "asked": one, "questions": ""}
    refused = marketer.post("/campaigns/1/hand-over", **heirs, plan="", successor="")
    assert refused.status_code == 422
    assert "Name the next campaign" in words(refused)
    assert marketer.post("/campaigns/1/hand-over", **heirs, plan="A post a week", successor="").status_code == 303
    assert "A post a week" in words(agent.get("/campaigns/1"))
    assert marketer.get("/campaigns/1/hand-over").status_code == 409
    assert marketer.post("/campaigns/1/change", **plan, version=1).status_code == 409
    assert "Agent" in words(agent.get(f"/pages/{scene.page_id}"))
    assert agent.get("/campaigns/add").status_code == 403
    assert agent.get("/campaigns/77").status_code == 404


def test_gaps_of_many_pages_are_said_once(agent: Browser, scene: Scene, platform: Platform) -> None:
    for number in range(12):
        Scene(scene.parts, platform, name=f"Page {number}", address=f"memory:{number}")
    shown = words(agent.get("/campaigns"))
    assert "13 pages: nothing from" in shown
    assert shown.index("Page 9: nothing") < shown.index("Page 10: nothing")


def test_an_open_conversation_says_which_campaign_its_post_belongs_to_and_whether_it_stands(
    marketer: Browser, agent: Browser, scene: Scene, plan: dict[str, object]
) -> None:
    talk = scene.heard("Bob", "Where can I buy them?", minutes_ago=60)
    assert "Campaign Belongs to none State Visitors can see it" in words(agent.get(f"/inbox/{talk}"))
    marketer.post("/campaigns/add", **(plan | {"last": day(2)}))
    with scene.parts.db.write() as session:
        belonging.work(session, utc_now())
        session.execute(update(Post).values(status=Status.DELETED))
    page = agent.get(f"/inbox/{talk}")
    assert "Campaign Tulips & more State Post deleted" in words(page)
    assert '<a class="post-link" href="/campaigns/1">' in page.text


def test_a_steward_is_named_and_followed(
    marketer: Browser, admin: Browser, scene: Scene, crew: dict[Role, int]
) -> None:
    path = f"/pages/{scene.page_id}/stewards"
    one, other = crew[Role.AGENT], crew[Role.MARKETER]
    assert marketer.post(path, steward="", deputy="").status_code == 422
    assert marketer.post(path, steward=one, deputy=one).status_code == 422
    assert marketer.post(path, steward=one, deputy=other).status_code == 303
    assert "They look after: Garden blog" in words(admin.get(f"/people/{one}"))
    refused = admin.post(f"/people/{one}/off")
    assert refused.status_code == 409
    assert "Say who takes over" in words(refused)
    assert admin.post(f"/people/{one}/off", heir=other).status_code == 303
    assert "Marketer" in words(marketer.get(f"/pages/{scene.page_id}"))
    assert marketer.get("/pages/99/stewards").status_code == 404
