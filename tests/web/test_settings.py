"""The ways through the house: everybody is offered what they may open, and nothing else."""

import re

import pytest
from flask import Flask

from app.accounts.types import Role
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in

WAY = re.compile(r'<a class="way" href="([^"]+)"')


@pytest.mark.parametrize("role", list(Role))
def test_every_way_that_is_offered_can_be_gone(app: Flask, crew: dict[Role, int], role: Role) -> None:
    browser = signed_in(app, role)
    page = browser.get("/settings")
    found = dict.fromkeys(WAY.findall(page.text))
    assert "/settings" in found
    assert "/saved-replies" in found
    for way in found:
        answer = browser.get(way, follow_redirects=True)
        assert answer.status_code == 200, way


def test_the_settings_offer_more_to_who_may_more(app: Flask, crew: dict[Role, int], agent: Browser) -> None:
    offered = [set(WAY.findall(one.get("/settings").text)) for one in (agent, signed_in(app, Role.ADMIN))]
    assert offered[1] - offered[0] >= {"/remedies/policy", "/remedies/shops", "/rooms", "/pages/connect"}
    assert "Rules for remedies" not in words(agent.get("/settings"))


def test_what_the_settings_lead_to_stays_part_of_them(agent: Browser) -> None:
    for path in ("/settings", "/routing", "/saved-replies", "/inbox/tags"):
        assert re.findall(r'class="way" href="([^"]+)"[^>]*aria-current="page"', agent.get(path).text) == ["/settings"]
