"""Rules in a real browser: written with script, tried, published; and nothing serious for axe-core on the way."""

import re

from playwright.sync_api import Page, expect

from app.accounts import service as accounts
from app.accounts.types import Role
from app.core.clock import utc_now
from app.routing import trials, versions
from tests.browser.conftest import PASSWORD, Opener
from tests.browser.test_access import check
from tests.web.scene import Scene

SHORT = '[[rule]]\nname = "Parcels"\nwords = ["parcel*"]\nteam = "customer_service"\n'


def fill_condition(page: Page) -> None:
    """A condition and a group, by the buttons that rearrange only the form."""
    page.select_option("#f-add", "regex")
    page.get_by_role("button", name="Add a condition").last.click()
    expect(page.locator("textarea[name='when.0.value']")).to_be_visible()
    page.fill("textarea[name='when.0.value']", "parcel (")
    page.get_by_role("button", name="Add a group").click()
    expect(page.locator("textarea[name='when.1.0.value']")).to_be_visible()
    page.fill("textarea[name='when.1.0.value']", "never\narrived")


def test_a_rule_from_the_first_word_to_being_in_force(scene: Scene, person: Opener) -> None:
    scene.heard("Eva", "My parcel 7 never arrived", minutes_ago=30)
    with scene.parts.db.write() as session:
        accounts.create_user(
            session, login="sue", name="Sue", role=Role.SUPERVISOR, password=PASSWORD, teams=[], now=utc_now()
        )
        versions.install(session, SHORT, utc_now())
    page = person("sue")
    page.goto("/routing")
    check(page)
    page.get_by_role("button", name="Change the rules").click()
    check(page)
    draft = page.url
    page.get_by_role("link", name="Add a rule").click()
    page.fill("[name=name]", "Lost parcels")
    fill_condition(page)
    page.select_option("[name=to]", "marketing")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#e-when-1")).to_contain_text("missing )")
    expect(page.locator("textarea[name='when.1.0.value']")).to_have_value("never\narrived")
    check(page)
    page.fill("textarea[name='when.0.value']", r"parcel\s+\d")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url(re.compile("#rule-2$"))
    page.get_by_role("button", name="Up: Lost parcels").click()
    expect(page.locator("#rule-1")).to_contain_text("Lost parcels")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("progress")).to_be_visible()
    trials.work(scene.parts.db, utc_now())
    expect(page.get_by_text("Customer service → Marketing")).to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    check(page)
    page.set_viewport_size({"width": 390, "height": 844})
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.goto(draft)
    check(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#rule-1")).to_contain_text("Lost parcels")


def test_one_key_and_a_reason_hand_a_conversation_over(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Eva", "Where is my order?", minutes_ago=30)
    page = person()
    page.goto(f"/inbox/{talk}")
    page.locator("[data-keep=story] summary").click()
    expect(page.locator(".why-story mark").first).to_have_text("my order")
    check(page)
    page.keyboard.press("w")
    expect(page.locator("#hand-why")).to_be_focused()
    page.keyboard.type("It is a campaign")
    page.keyboard.press("Enter")
    expect(page.locator("#flashes")).to_contain_text("Handed over")
    assert scene.talk(talk).team_name == "Marketing"
