"""Remedies in a browser: asked for with the keyboard, decided with one key, nothing serious for axe-core."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.types import Role
from app.core.clock import utc_now
from app.remedies.models import Remedy
from app.remedies.types import State
from tests.browser.conftest import PASSWORD, Opener
from tests.browser.test_access import check
from tests.web.scene import Scene


@pytest.fixture
def supervised(scene: Scene) -> Scene:
    """With a supervisor in the house."""
    with scene.parts.db.write() as session:
        accounts.create_user(
            session,
            login="supervisor",
            name="Sue Smith",
            role=Role.SUPERVISOR,
            password=PASSWORD,
            teams=["customer_service"],
            now=utc_now(),
        )
    return scene


def ask(page: Page, talk: int, amount: str, order: str) -> None:
    """With the keyboard alone, from the open conversation."""
    page.goto(f"/inbox/{talk}")
    page.keyboard.press("m")
    expect(page.get_by_label("Amount, or value")).to_be_focused()
    expect(page.get_by_role("checkbox", name="My lamp arrived broken")).to_be_checked()
    page.keyboard.type(amount)
    page.get_by_label("Reason").select_option("broken")
    page.get_by_label("Order number").fill(order)
    page.get_by_label("Paid for it").fill("200")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Asked for. Somebody has to approve it.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_asked_with_the_keyboard_and_approved_with_one_key(
    supervised: Scene, person: Opener, width: int, scheme: str
) -> None:
    talk = supervised.heard("Eva", "My lamp arrived broken, and nobody answers the telephone.")
    agent = person("agent")
    ask(agent, talk, "60", "A-1001")
    ask(agent, talk, "45.50", "B-2002")
    check(agent)
    page = person("supervisor", width=width, scheme=scheme)
    page.goto("/remedies")
    expect(page.locator("figure.quote")).to_contain_text("My lamp arrived broken")
    check(page)
    _shoot(page, f"decide-{width}-{scheme}")
    if width > 800:
        ask(agent, talk, "70", "C-3003")
        expect(page.locator(".remedy-row")).to_have_count(3)
        page.locator(".remedy-row a").last.click()
        expect(page.locator("#remedy-title")).to_contain_text("70.00")
        expect(page.locator("#remedy-changed")).to_be_hidden()
        agent.goto(page.url)
        agent.get_by_text("Withdraw").first.click()
        agent.locator("#withdraw-why").fill("a mistake")
        agent.keyboard.press("Enter")
        expect(page.locator(".remedy-row")).to_have_count(2)
        expect(page.locator("#remedy-changed")).to_be_visible()
        page.get_by_text("Look at it again").click()
        page.goto("/remedies")
    page.keyboard.press("x")
    expect(page.locator("#refuse-why")).to_be_focused()
    page.locator("#remedy-title").click()
    page.keyboard.press("a")
    expect(page.get_by_text("Approved.").first).to_be_visible()
    page.keyboard.press("e")
    page.locator("#offer-amount").fill("40")
    page.locator("#offer-why").fill("a lamp costs 40")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You asked for this yourself.")).to_be_visible()
    for address in ("/remedies?queue=do", "/remedies/ledger", "/remedies/policy", f"/remedies/ask/{talk}"):
        page.goto(address)
        check(page)
        _shoot(page, f"{address.strip('/').replace('/', '-').replace('?', '-')}-{width}-{scheme}")
    with supervised.parts.db.read() as session:
        kept = select(Remedy.state).where(Remedy.state != State.WITHDRAWN).order_by(Remedy.id)
        states = session.scalars(kept).all()
    assert states == [State.APPROVED, State.REFUSED, State.ASKED]


def _shoot(page: Page, name: str) -> None:
    """A picture to look at, where somebody asks for pictures."""
    folder = os.environ.get("REMEDY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
