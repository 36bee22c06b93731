"""Nothing serious for axe-core: in both themes, on a desk and on a phone."""

from typing import Literal, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from app.accounts import service as accounts
from app.accounts.types import Role
from app.connectors import errors
from app.core.clock import utc_now
from app.inbox import service as inbox
from app.library import service as library
from app.library.types import PostTyped, Words
from tests.browser.conftest import PASSWORD, Opener
from tests.web.scene import Scene

SERIOUS = {"serious", "critical"}


class Look(NamedTuple):
    """How a page is looked at."""

    scheme: Literal["light", "dark"]
    width: int
    height: int


DESK_BY_DAY, DESK_BY_NIGHT = Look("light", 1440, 900), Look("dark", 1440, 900)
PHONE_BY_DAY, PHONE_BY_NIGHT = Look("light", 390, 844), Look("dark", 390, 844)
EVERY_LOOK = (PHONE_BY_DAY, PHONE_BY_NIGHT, DESK_BY_NIGHT, DESK_BY_DAY)
DAY_AND_NIGHT = (PHONE_BY_NIGHT, DESK_BY_DAY)
"""With these all widths and themes of a screen were seen."""


def check(page: Page, looks: tuple[Look, ...] = ()) -> None:
    """Nothing serious is wrong, as the page stands, or in each of these looks; it is left in the last one."""
    assert [(look, found) for look in looks if (found := wrong_in(page, look))] == [], page.url
    if not looks:
        assert wrong(page) == [], page.url


def wrong_in(page: Page, look: Look) -> list[tuple[str, object, str]]:
    """What is wrong in that look, for axe-core or because it is wider than the screen."""
    page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": look.width, "height": look.height})
    too_wide = page.evaluate("document.documentElement.scrollWidth") > look.width
    return [*wrong(page), *([("too wide", page.url, "")] if too_wide else [])]


def wrong(page: Page) -> list[tuple[str, object, str]]:
    """What axe-core finds, and where."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], node["target"], node.get("failureSummary", ""))
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


def test_an_agents_screens_in_every_look(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "My lawyer will hear of this https://b.example/long", minutes_ago=125)
    scene.say("Cleo", "Me too", parent="n1", minutes_ago=60)
    scene.heard("Dora", "Where is my order?", minutes_ago=30)
    agent = scene.actor("agent")
    page = person()
    check(page, EVERY_LOOK)
    with scene.parts.db.write() as session:
        inbox.add_note(session, agent, talk, "Called the carrier", utc_now())
    page.goto(f"/inbox/{talk}")
    for text, fault in (("One", None), ("Two", errors.Permanent(errors.COMMENTS_CLOSED, "closed"))):
        page.fill("#reply-text", text)
        page.get_by_role("button", name="Reply and wait").click()
        # Of this very reply: the one before may still be shown to leave.
        expect(delivery(page, text).get_by_text("Leaves in")).to_be_visible()
        if fault:
            scene.platform.fail_before.append(fault)
        scene.deliver()
    page.reload()
    expect(delivery(page, "Two").get_by_text("Not sent.")).to_be_visible()
    for fold in page.locator("details > summary").all():
        if fold.is_visible():
            fold.press("Enter")  # what is open may lie over the next
    check(page, EVERY_LOOK)
    page.keyboard.press("Escape")
    page.get_by_text("Internal note", exact=True).click()
    check(page, EVERY_LOOK)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    check(page, EVERY_LOOK)
    for path in ("/inbox?state=done&view=all", "/style", "/duty", "/inbox/1"):
        page.goto(path)
        check(page, EVERY_LOOK)


def delivery(page: Page, text: str) -> Locator:
    """Where the reply with that text stands on its way."""
    return page.locator(".said-line", has=page.get_by_text(text, exact=True)).locator(".delivery")


LEAVES = (
    "/campaigns/add",
    "/campaigns/calendar",
    "/inbox/views",
    "/library",
    "/library/1",
    "/library/1/change",
    "/library/pages/1",
    "/library/published",
    "/outreach/add",
    "/outreach/file",
    "/outreach/held",
    "/outreach/programs",
    "/routing/model/programs",
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
    with scene.parts.db.write() as session:
        accounts.create_user(
            session, login="admin", name="Ada", role=Role.ADMIN, password=PASSWORD, teams=["marketing"], now=utc_now()
        )
        typed = PostTyped("Bread", (Words("en", "", "Our bread rests."),), page_ids=frozenset({scene.page_id}))
        library.add(session, scene.actor("agent"), typed, utc_now())
    talk = scene.talk(scene.heard("Dora", "Where is my order?", minutes_ago=30))
    page = person("admin")
    page.goto("/settings")
    ways = [str(one.get_attribute("href")) for one in page.locator("a.way").all()]
    assert len(ways) > 20
    found = {}
    for path in dict.fromkeys([*ways, *LEAVES, f"/campaigns/of/{talk.id}", f"/contacts/{talk.contact_id}"]):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        for look in DAY_AND_NIGHT:
            found[path, look] = wrong_in(page, look)
    assert {place: some for place, some in found.items() if some} == {}


def test_the_check_finds_something_when_there_is_something(scene: Scene, person: Opener) -> None:
    page = person()
    page.evaluate("document.getElementById('main').append(document.createElement('input'))")
    with pytest.raises(AssertionError, match="label"):
        check(page)
