"""What screens cost over the wire: the first, and every one after it."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opener
from tests.processes import eventually
from tests.web.scene import Scene

FIRST = 60_000
FIRST_INBOX = 50_000
LATER = 10_000
"""Bytes, headers included, compressed as they come."""
INBOX = "/inbox?view=all"
SCREENS = (
    INBOX,
    "/notifications",
    "/account",
    "/search",
    "/pages",
    "/people",
    "/contacts",
    "/health",
    "/style",
)


class Scale:
    """Weighs what a page loads."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._wire = page.context.new_cdp_session(page)
        self._wire.send("Network.enable")
        self._sizes: list[float] = []
        self._wire.on("Network.loadingFinished", lambda loaded: self._sizes.append(loaded["encodedDataLength"]))

    def cached(self, on: bool) -> None:
        self._wire.send("Network.setCacheDisabled", {"cacheDisabled": not on})

    def weigh(self, path: str) -> int:
        self._sizes.clear()
        self._page.goto(path)
        expect(self._page.locator("html[data-live=stream]")).to_have_count(1)  # the last that any screen does
        return int(sum(self._sizes))


@pytest.fixture
def filled(scene: Scene) -> Scene:
    for number in range(60):
        said = f"Where is my order {number}? " + "I would like to know. " * 6
        scene.say(f"P{number:02}", said, minutes_ago=number + 1)
    scene.collect()
    return scene


def test_every_screen_is_light(filled: Scene, person: Opener) -> None:
    page = person().context.new_page()
    scale = Scale(page)
    scale.cached(False)
    first = {path: scale.weigh(path) for path in SCREENS}
    scale.cached(True)
    for path in SCREENS:
        page.goto(path)
    later = {path: scale.weigh(path) for path in SCREENS}
    assert {path: size for path, size in first.items() if not 5_000 < size < FIRST} == {}, first
    assert 20_000 < first[INBOX] < FIRST_INBOX
    assert {path: size for path, size in later.items() if not 500 < size < LATER} == {}, later


def test_the_zones_a_browser_knows_are_offered_when_one_is_typed(scene: Scene, person: Opener) -> None:
    page = person()
    page.goto("/account")
    expect(page.locator("#zones option")).to_have_count(0)
    page.locator("[list=zones]").focus()
    expect(page.locator("#zones option", has_text="America/New_York")).to_have_count(1)


def test_a_wait_shows_its_outline_and_moves_nothing(filled: Scene, person: Opener) -> None:
    page = person()
    before = page.locator("#talk").bounding_box()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/inbox/*?view=*", hold)
    page.locator("#rows .row a").first.click()
    expect(page.locator("#talk.htmx-request")).to_have_count(1)
    style = "getComputedStyle(document.getElementById('talk'), '::after')"
    eventually(lambda: page.evaluate(f"{style}.content") == '""', "the outline is there")
    assert page.evaluate(f"{style}.animationDelay") == "0.3s"
    assert page.locator("#talk").bounding_box() == before
    for route in held:
        route.continue_()
    expect(page.locator("#talk-title")).to_be_visible()
    assert page.evaluate(f"{style}.content") == "none"


def test_opening_another_conversation_takes_few_steps(filled: Scene, person: Opener) -> None:
    """htmx would tell of each of the hundreds of elements that go, and copy the page for a history it never keeps: half
    of the time until another conversation is on the screen."""
    page = person()
    page.locator("#rows .row a").nth(0).click()
    expect(page.locator("#rows .row a").nth(0)).to_have_attribute("aria-current", "true")
    page.evaluate(
        """() => {
             window.heard = [];
             for (const kind of ["htmx:beforeCleanupElement", "htmx:beforeHistorySave"])
               addEventListener(kind, () => window.heard.push(kind), true);
           }"""
    )
    page.locator("#rows .row a").nth(1).click()
    expect(page.locator("#rows .row a").nth(1)).to_have_attribute("aria-current", "true")
    assert page.locator("#talk *").count() > 200
    heard = page.evaluate("window.heard")
    assert heard.count("htmx:beforeCleanupElement") < 20
    assert "htmx:beforeHistorySave" not in heard


def test_more_rows_fit_when_it_is_compact(filled: Scene, person: Opener) -> None:
    page = person()

    def height() -> float:
        box = page.locator("#rows .row").first.bounding_box()
        assert box is not None
        return box["height"]

    airy = height()
    page.goto("/account")
    page.get_by_label("Density").select_option("compact")
    page.locator("section", has=page.locator("#looks")).get_by_role("button", name="Save").click()
    expect(page.locator("html[data-density=compact]")).to_have_count(1)
    page.goto("/inbox")
    assert 24 <= height() < airy * 0.8
