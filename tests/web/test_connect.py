"""Connecting a page: seen before stored, proved before stored, and never on the word of a hidden field."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors import errors
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.pages import connect, leases, queries
from app.pages import service as pages
from app.pages.types import PageState, PageView
from tests.domain.platform import Platform
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.wordpress.site import Site
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in

STORE = {"address": "memory:blog", "team": "customer_service", "days": "30"}


@contextmanager
def failing(platform: Platform, name: str, error: errors.ConnectorError) -> Iterator[None]:
    """One way of asking the platform fails."""

    def fail(*_arguments: object, **_named: object) -> object:
        raise error

    setattr(platform, name, fail)
    try:
        yield
    finally:
        delattr(platform, name)


def stored(parts: Services) -> list[PageView]:
    with parts.db.read() as session:
        return queries.pages(session)


@pytest.fixture
def at_connect(admin: Browser) -> Browser:
    assert admin.get("/pages/connect").status_code == 200
    return admin


def test_the_comments_are_shown_before_anything_is_stored(
    at_connect: Browser, platform: Platform, parts: Services
) -> None:
    platform.say("Jürgen <b>", "Wo ist <script>alert(1)</script> mein Paket? 🥐", utc_now() - timedelta(hours=3))
    page = at_connect.post("/pages/connect", address=" memory:blog ")
    assert page.status_code == 200
    assert "Jürgen <b> " in words(page)
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "3 h" in words(page)
    assert "application password" in words(page).lower()
    assert stored(parts) == []


def test_storing_reads_on_in_the_inbox(at_connect: Browser, platform: Platform, parts: Services) -> None:
    platform.say("Ann", "Hello", utc_now())
    at_connect.post("/pages/connect", address="memory:blog")
    answer = at_connect.post("/pages/connect/store", **STORE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox?view=all")
    (page,) = stored(parts)
    assert (page.url, page.team_name, page.account_name) == ("memory:blog", "Customer service", None)
    with parts.db.read() as session:
        assert queries.due(session, utc_now(), 10) == [page.id]
        reach = queries.reach(session, page.id)
    assert reach is not None
    assert reach.sealed_secret is None
    assert "last 30 days are read now" in words(at_connect.get("/pages"))


@pytest.mark.parametrize(("days", "back"), [("0", 0), ("7", 7), ("365", 365), ("all", None)])
def test_one_chooses_how_far_back(
    at_connect: Browser, platform: Platform, parts: Services, days: str, back: int | None
) -> None:
    at_connect.post("/pages/connect", address="memory:blog")
    assert at_connect.post("/pages/connect/store", **{**STORE, "days": days}).status_code == 303
    with parts.db.write() as session:
        claim = leases.claim_read(session, stored(parts)[0].id, utc_now(), force=True)
    assert claim is not None
    if back is None:
        assert claim.since is None
    else:
        assert claim.since is not None
        assert abs(utc_now() - claim.since - timedelta(days=back)) < timedelta(minutes=5)


def test_credentials_are_proved_and_sealed(at_connect: Browser, platform: Platform, parts: Services) -> None:
    at_connect.post("/pages/connect", address="memory:blog")
    answer = at_connect.post("/pages/connect/store", **STORE, login="us", password=" abcd efgh ")
    assert answer.status_code == 303
    with parts.db.read() as session:
        reach = queries.reach(session, stored(parts)[0].id)
    assert reach is not None
    assert reach.sealed_secret is not None
    assert parts.box.open(reach.sealed_secret) == {"login": "us", "password": "abcd efgh"}
    assert stored(parts)[0].account_name == "Our brand"


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (errors.AuthExpired(errors.WRONG_CREDENTIALS, "HTTP 401"), "password"),
        (errors.AuthExpired(errors.MISSING_PERMISSION), "login"),
        (errors.AuthExpired(errors.LOGIN_UNAVAILABLE), "password"),
        (errors.Transient(errors.TIMED_OUT), "login"),
    ],
)
def test_credentials_that_fail_store_nothing(
    at_connect: Browser, platform: Platform, parts: Services, error: errors.ConnectorError, field: str
) -> None:
    at_connect.post("/pages/connect", address="memory:blog")
    with failing(platform, "check", error):
        answer = at_connect.post("/pages/connect/store", **STORE, login="us", password="abcd-efgh-secret")
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert "abcd-efgh-secret" not in answer.text
    assert 'value="us"' in answer.text
    assert stored(parts) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "us"}, "password"),
        ({"password": "secret"}, "login"),
        ({"team": "kitchen"}, "team"),
        ({"days": "-5"}, "days"),
        ({"days": "99999999999999999"}, "days"),
    ],
)
def test_mistakes_are_shown_at_their_field(
    at_connect: Browser, platform: Platform, parts: Services, changes: dict[str, str], field: str
) -> None:
    at_connect.post("/pages/connect", address="memory:blog")
    answer = at_connect.post("/pages/connect/store", **{**STORE, **changes})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert stored(parts) == []


def test_only_the_typed_address_is_believed(at_connect: Browser, platform: Platform, parts: Services) -> None:
    at_connect.post("/pages/connect", address="memory:blog")
    answer = at_connect.post(
        "/pages/connect/store", **STORE, url="memory:other", kind="feed", name="Evil", settings='{"rest_root": "x"}'
    )
    assert answer.status_code == 303
    (page,) = stored(parts)
    assert (page.url, page.connector, page.name) == ("memory:blog", "memory", "Memory")
    assert at_connect.get("/pages").status_code == 200
    gone = at_connect.post("/pages/connect/store", **{**STORE, "address": ""})
    assert gone.status_code == 422
    assert len(stored(parts)) == 1


def test_comments_nobody_may_read_are_said_so_and_not_connected(
    at_connect: Browser, platform: Platform, parts: Services
) -> None:
    with failing(platform, "latest", errors.Permanent(errors.FORBIDDEN, "HTTP 403")):
        page = at_connect.post("/pages/connect", address="memory:blog")
        assert page.status_code == 200
        assert "does not let us in" in words(page)
        assert at_connect.post("/pages/connect/store", **STORE).status_code == 422
    assert stored(parts) == []


def test_a_page_without_comments_is_no_trouble(at_connect: Browser, platform: Platform) -> None:
    assert "none yet" in words(at_connect.post("/pages/connect", address="memory:blog"))


def test_a_page_that_can_only_be_read_asks_for_no_login(
    at_connect: Browser, platform: Platform, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "discover", lambda url: Found("memory", "A feed", url))
    page = at_connect.post("/pages/connect", address="memory:feed")
    assert 'name="password"' not in page.text
    assert at_connect.post("/pages/connect/store", **STORE, login="us", password="x").status_code == 422
    assert at_connect.post("/pages/connect/store", **STORE).status_code == 303


def test_a_connected_page_leads_to_its_health(at_connect: Browser, platform: Platform, parts: Services) -> None:
    at_connect.post("/pages/connect", address="memory:blog")
    at_connect.post("/pages/connect/store", **STORE)
    at_connect.get("/pages/connect")
    again = at_connect.post("/pages/connect", address="memory:blog")
    assert "connected already" in words(again)
    assert f'href="/pages/{stored(parts)[0].id}"' in again.text
    assert at_connect.post("/pages/connect/store", **STORE).status_code == 409
    assert len(stored(parts)) == 1


def test_two_admins_at_once_connect_it_once(
    app: Flask, crew: dict[Role, int], platform: Platform, parts: Services
) -> None:
    browsers = [signed_in(app, Role.ADMIN) for _ in range(4)]
    together = threading.Barrier(len(browsers))

    def send(browser: Browser) -> int:
        together.wait(30)
        return browser.post("/pages/connect/store", **STORE).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        assert sorted(pool.map(send, browsers)) == [303, 409, 409, 409]
    assert len(stored(parts)) == 1


LOGIN = {"login": "ann", "password": "secret words"}


@pytest.mark.parametrize("itself", [True, False])
def test_an_account_that_is_the_page_is_connected_once_whatever_its_address(
    at_connect: Browser, platform: Platform, parts: Services, itself: bool
) -> None:
    platform.account_is_the_page = itself
    assert at_connect.post("/pages/connect/store", **STORE, **LOGIN).status_code == 303
    (first,) = stored(parts)
    other = {**STORE, **LOGIN, "address": "memory:elsewhere"}
    again = at_connect.post("/pages/connect/store", **other)
    if not itself:  # one login for two blogs
        assert (again.status_code, len(stored(parts))) == (303, 2)
        return
    assert (again.status_code, len(stored(parts))) == (409, 1)
    assert "connected already" in words(again)
    assert f'href="/pages/{first.id}"' in again.text
    with parts.db.write() as session:
        pages.set_state(session, first.id, PageState.REMOVED, utc_now())
    assert at_connect.post("/pages/connect/store", **other).status_code == 303
    (back,) = stored(parts)
    assert (back.id, back.url) == (first.id, "memory:elsewhere"), "it comes back with its history"


def test_two_addresses_of_one_account_at_once_are_one_page(
    app: Flask, crew: dict[Role, int], platform: Platform, parts: Services
) -> None:
    platform.account_is_the_page = True
    browsers = [signed_in(app, Role.ADMIN) for _ in range(4)]
    together = threading.Barrier(len(browsers))

    def send(number: int) -> int:
        together.wait(30)
        form = {**STORE, **LOGIN, "address": f"memory:{number}"}
        return browsers[number].post("/pages/connect/store", **form).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        assert sorted(pool.map(send, range(len(browsers)))) == [303, 409, 409, 409]
    assert len(stored(parts)) == 1


def test_nothing_found_says_what_was_tried(at_connect: Browser, loopback: Loopback, parts: Services) -> None:
    loopback.route("*", lambda request: Reply(b"<html></html>", headers=[("Content-Type", "text/html")]))
    answer = at_connect.post("/pages/connect", address=loopback.url("/"))
    assert answer.status_code == 422
    assert "This was tried:" in words(answer)
    for connector in parts.connectors:
        assert connector.label in words(answer).partition("This was tried:")[2]
    assert loopback.url("/") in answer.text, "what was typed is kept"


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/", "http://10.0.0.1/", "file:///etc/passwd", "not an address"]
)
def test_addresses_inside_are_refused(at_connect: Browser, address: str) -> None:
    answer = at_connect.post("/pages/connect", address=address)
    assert answer.status_code == 422
    assert "root:" not in answer.text


@pytest.mark.parametrize("role", [Role.AGENT, Role.MARKETER, Role.SUPERVISOR])
def test_only_admins_connect(app: Flask, crew: dict[Role, int], parts: Services, role: Role) -> None:
    browser = signed_in(app, role)
    assert browser.get("/pages/connect").status_code == 403
    assert browser.post("/pages/connect", address="memory:blog").status_code == 403
    assert browser.post("/pages/connect/store", **STORE).status_code == 403
    assert stored(parts) == []


@pytest.mark.slow
def test_a_real_wordpress(at_connect: Browser, wordpress_site: Site, parts: Services) -> None:
    post = wordpress_site.post("Spring")
    wordpress_site.comment(post, "Where is my parcel?", author="Ann")
    page = at_connect.post("/pages/connect", address=wordpress_site.url)
    assert page.status_code == 200
    assert "Brot & Butter" in words(page)
    assert "Where is my parcel?" in words(page)
    editor = next(user for user in wordpress_site.users.values() if user.role == "editor")
    form = {**STORE, "address": wordpress_site.url, "login": editor.login}
    wrong = at_connect.post("/pages/connect/store", **form, password="not this one")
    assert wrong.status_code == 422
    assert 'id="e-password"' in wrong.text
    assert stored(parts) == []
    assert at_connect.post("/pages/connect/store", **form, password=editor.password).status_code == 303
    (connected,) = stored(parts)
    assert connected.account_name == editor.name
    assert "account lacks" not in words(at_connect.get("/pages/1"))
    author = next(user for user in wordpress_site.users.values() if user.role == "author")
    assert at_connect.post("/pages/1/login", login=author.login, password=author.password).status_code == 303
    assert "the account lacks moderate_comments" in words(at_connect.get("/pages/1")), "and it is named"


def test_an_address_is_asked_for_once_whoever_may_know_it(loopback: Loopback, parts: Services) -> None:
    """Five connectors look for what they know in one page."""
    asked: list[str] = []

    def page(request: Request) -> Reply:
        if "html" in request.headers.get("accept", "") and not request.query:
            asked.append(request.path)
        return Reply(b"<html><body>a shop, without any comments</body></html>")

    loopback.route("*", page)
    assert connect.discover(parts.connectors, loopback.url("/shop")).found is None
    assert asked.count("/shop") == 1
    assert connect.discover(parts.connectors, loopback.url("/shop")).found is None
    assert asked.count("/shop") == 2, "nothing is remembered for the next time"
