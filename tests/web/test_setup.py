"""The set-up link: works once, whoever comes first, and never once there is an admin."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import queries
from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from tests.web.browser import PASSWORD, Browser, words

FILLED = {"name": "Ann Admin", "login": "Ann", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def link(parts: Services) -> str:
    """The address of a fresh set-up link."""
    with parts.db.write() as session:
        return f"/setup/{accounts.new_setup_link(session, utc_now())}"


def test_the_first_admin_is_made_signed_in_and_shown_how_to_connect(
    browser: Browser, parts: Services, link: str
) -> None:
    assert browser.get(link).status_code == 200
    before = browser.cookie()
    answer = browser.post(link, **FILLED)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/pages/connect")
    assert browser.cookie() != before
    with parts.db.read() as session:
        (ann,) = queries.users(session)
    assert (ann.login, ann.name, ann.role) == ("ann", "Ann Admin", Role.ADMIN)
    assert len(ann.team_names) == 2
    page = browser.get("/pages/connect")
    assert page.status_code == 200
    assert "Welcome, Ann Admin" in words(page)


def test_the_link_works_once(browser: Browser, app: Flask, parts: Services, link: str) -> None:
    browser.get(link)
    assert browser.post(link, **FILLED).status_code == 303
    other = Browser(app)
    assert other.get(link).status_code == 403
    assert "Sign in" in words(other.get(link))
    other.get("/sign-in")
    assert other.post(link, **{**FILLED, "login": "eve"}).status_code == 403
    with parts.db.read() as session:
        assert [user.login for user in queries.users(session)] == ["ann"]


def test_of_two_at_once_one_wins(app: Flask, parts: Services, link: str) -> None:
    browsers = [Browser(app) for _ in range(4)]
    for browser in browsers:
        assert browser.get(link).status_code == 200
    together = threading.Barrier(len(browsers))

    def send(number: int) -> int:
        together.wait(30)
        return browsers[number].post(link, **{**FILLED, "login": f"ann{number}"}).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = sorted(pool.map(send, range(len(browsers))))
    assert answers == [303, 403, 403, 403]
    with parts.db.read() as session:
        assert len(queries.users(session)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"again": "something else"}, "differ"),
        ({"login": "a"}, "2 to 80"),
        ({"login": "<script>"}, "2 to 80"),
    ],
)
def test_a_mistake_costs_nothing(
    browser: Browser, parts: Services, link: str, changes: dict[str, str], said: str
) -> None:
    browser.get(link)
    answer = browser.post(link, **{**FILLED, **changes})
    assert answer.status_code == 422
    assert said in words(answer)
    assert "Ann Admin" in answer.text, "what was typed is kept"
    assert PASSWORD not in answer.text
    assert "<script>" not in answer.text.partition("<h1>")[2]
    assert browser.post(link, **FILLED).status_code == 303


def test_old_and_invented_links_are_refused(browser: Browser, parts: Services) -> None:
    with parts.db.write() as session:
        old = accounts.new_setup_link(session, utc_now() - timedelta(hours=25))
    for token in (old, "invented", "%00", "a" * 5_000):
        answer = browser.get(f"/setup/{token}")
        assert answer.status_code == 403
        assert "start it again" in words(answer)


def test_a_link_is_of_no_use_once_there_is_an_admin(browser: Browser, parts: Services, link: str) -> None:
    with parts.db.write() as session:
        accounts.create_user(session, login="first", role=Role.ADMIN, password=PASSWORD, now=utc_now())
    assert browser.get(link).status_code == 403
    browser.get("/sign-in")
    assert browser.post(link, **FILLED).status_code == 403
    with parts.db.read() as session:
        assert [user.login for user in queries.users(session)] == ["first"]


def test_a_login_the_demonstration_has_is_told(browser: Browser, parts: Services, link: str) -> None:
    with parts.db.write() as session:
        accounts.create_user(session, login="ann", role=Role.AGENT, password=PASSWORD, now=utc_now(), demo=True)
    browser.get(link)
    answer = browser.post(link, **FILLED)
    assert answer.status_code == 409
    assert "already" in words(answer)
