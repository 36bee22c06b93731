"""Nothing serious for axe-core: in both themes, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.accounts import service as accounts
from app.accounts.types import Role
from app.connectors import errors
from app.core.clock import utc_now
from app.inbox import service as inbox
from tests.browser.conftest import PASSWORD, Opener
from tests.web.scene import Scene

SERIOUS = {"serious", "critical"}


def check(page: Page) -> None:
    assert wrong(page) == [], page.url


def wrong(page: Page) -> list[tuple[str, object, str]]:
    """What axe-core finds, and where."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], node["target"], node.get("failureSummary", ""))
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


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


LEAVES = (
    "/campaigns/add",
    "/campaigns/calendar",
    "/inbox/views",
    "/outreach/add",
    "/outreach/file",
    "/outreach/held",
    "/outreach/programs",
    "/pages/1/stewards",
    "/pages/1/vitality",
    "/people/add",
    "/remedies/follow-ups",
    "/remedies/ledger",
    "/routing/model/report",
    "/saved-replies/new",
    "/search?q=order",
    "/targets/new",
)
"""Screens that others lead to."""


def test_every_screen_there_is_a_way_to(scene: Scene, person: Opener) -> None:
    """On a desk by day and on a phone by night; with them all widths and themes of a screen were seen."""
    with scene.parts.db.write() as session:
        accounts.create_user(
            session, login="admin", name="Ada", role=Role.ADMIN, password=PASSWORD, teams=["marketing"], now=utc_now()
        )
    talk = scene.talk(scene.heard("Dora", "Where is my order?", minutes_ago=30))
    page = person("admin")
    page.emulate_media(reduced_motion="reduce")
    page.goto("/settings")
    ways = [str(one.get_attribute("href")) for one in page.locator("a.way").all()]
    assert len(ways) > 20
    found = {}
    for path in dict.fromkeys([*ways, *LEAVES, f"/contacts/{talk.contact_id}"]):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        for scheme, width, height in (("light", 1440, 900), ("dark", 390, 844)):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": height})
            found[path, scheme] = wrong(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found[path, scheme].append(("too wide", page.url, ""))
    assert {place: some for place, some in found.items() if some} == {}


def test_the_check_finds_something_when_there_is_something(scene: Scene, person: Opener) -> None:
    page = person()
    page.evaluate("document.getElementById('main').append(document.createElement('input'))")
    with pytest.raises(AssertionError, match="label"):
        check(page)
