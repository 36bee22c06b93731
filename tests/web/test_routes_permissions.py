"""Every route names the permission it needs or says that it is public, and holds everybody to it."""

import pytest
from flask import Flask

from app.accounts.rules import GRANTS
from app.accounts.types import Permission, Role
from tests.web.browser import Browser
from tests.web.conftest import signed_in

PUBLIC = {
    "asking.ask",
    "asset",
    "health.check",
    "outreach.called",
    "outreach.enter",
    "remedies.called",
    "notifications.ask_leave",
    "notifications.leave",
    "notifications.push_worker",
    "health.live",
    "health.ready",
    "hooks.called",
    "hooks.greeted",
    "sessions.sign_in",
    "sessions.open_session",
    "sessions.sign_out",
    "setup.show",
    "setup.finish",
    "style.show",
    "welcome.show",
    "welcome.finish",
}


ADMITTED_BY_TOKEN = {"asking.ask", "notifications.leave", "outreach.called", "outreach.enter"}
"""Sent by programs, which know no form of ours."""


def routes(app: Flask) -> list[tuple[str, str, str, set[str]]]:
    """(endpoint, what it needs, an address, methods) of every route."""
    found = []
    for rule in app.url_map.iter_rules():
        values: dict[str, object] = {}
        for name, converter in rule._converters.items():
            values[name] = 1 if type(converter).__name__ == "IntegerConverter" else "x"
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values)
        needs = getattr(app.view_functions[rule.endpoint], "needs", None)
        assert needs is not None, f"{rule.endpoint} says nothing about who may use it"
        found.append((rule.endpoint, str(needs), address, (rule.methods or set()) - {"HEAD", "OPTIONS"}))
    return found


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    allowed = {"public", *Permission}
    assert {needs for _endpoint, needs, _address, _methods in routes(app)} <= allowed


def test_the_public_ones_are_known(app: Flask) -> None:
    assert {endpoint for endpoint, needs, _address, _methods in routes(app) if needs == "public"} == PUBLIC


def test_nothing_but_forms_changes_anything(app: Flask) -> None:
    assert {method for *_rest, methods in routes(app) for method in methods} <= {"GET", "POST"}


def test_strangers_are_sent_to_sign_in(app: Flask, browser: Browser) -> None:
    browser.get("/sign-in")
    for endpoint, needs, address, methods in routes(app):
        if needs == "public":
            continue
        for method in methods:
            answer = browser.get(address) if method == "GET" else browser.post(address)
            assert answer.status_code == 302, (endpoint, method)
            assert str(answer.location).startswith("/sign-in"), endpoint


def test_forms_need_their_token(app: Flask, browser: Browser) -> None:
    for endpoint, _needs, address, methods in routes(app):
        if "POST" in methods and endpoint not in ADMITTED_BY_TOKEN:
            wanted = 303 if endpoint == "sessions.open_session" else 400  # which asks again, see test_sessions
            assert browser.post(address, csrf_token="wrong").status_code == wanted, endpoint


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_it_was_granted(app: Flask, crew: dict[Role, int], role: Role) -> None:
    person = signed_in(app, role)
    for endpoint, needs, address, methods in routes(app):
        if needs == "public":
            continue
        for method in methods:
            answer = person.get(address) if method == "GET" else person.post(address)
            granted = Permission(needs) in GRANTS[role]
            assert (answer.status_code != 403) is granted, (endpoint, method, answer.status_code)
            assert answer.status_code < 500, (endpoint, method)
