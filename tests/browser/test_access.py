"""Nothing serious for axe-core: in both themes, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.connectors import errors
from app.core.clock import utc_now
from app.inbox import service as inbox
from tests.browser.conftest import Opener
from tests.web.scene import Scene

SERIOUS = {"serious", "critical"}


def check(page: Page) -> None:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    report = [
        (one["id"], node["target"], node.get("failureSummary", ""))
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
    assert report == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens(scene: Scene, person: Opener, width: int, scheme: str) -> None:
    talk = scene.heard("Bob", "My lawyer will hear of this https://b.example/long", minutes_ago=125)
    scene.say("Cleo", "Me too", parent="n1", minutes_ago=60)
    scene.heard("Dora", "Where is my order?", minutes_ago=30)
    agent = scene.actor("agent")
    page = person(width=width, scheme=scheme)
    page.emulate_media(reduced_motion="reduce")
    check(page)
    with scene.parts.db.write() as session:
        inbox.add_note(session, agent, talk, "Called the carrier", utc_now())
    page.goto(f"/inbox/{talk}")
    for text, fault in (("One", None), ("Two", errors.Permanent(errors.COMMENTS_CLOSED, "closed"))):
        page.fill("#reply-text", text)
        page.get_by_role("button", name="Reply and wait").click()
        expect(page.locator(".delivery", has_text="Leaves in")).to_be_visible()
        if fault:
            scene.platform.fail_before.append(fault)
        scene.deliver()
    page.reload()
    expect(page.locator(".delivery", has_text="Not sent")).to_be_visible()
    for fold in page.locator("details > summary").all():
        if fold.is_visible():
            fold.click()
    check(page)
    page.keyboard.press("Escape")
    page.get_by_text("Internal note", exact=True).click()
    check(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    check(page)
    page.goto("/inbox?state=done&view=all")
    check(page)
    for path in ("/style", "/duty"):
        page.goto(path)
        check(page)
    page.goto("/inbox/1")
    check(page)


def test_the_check_finds_something_when_there_is_something(scene: Scene, person: Opener) -> None:
    page = person()
    page.evaluate("document.getElementById('main').append(document.createElement('input'))")
    with pytest.raises(AssertionError, match="label"):
        check(page)
