"""Signing in at a platform: there and back once, in the same browser, and never with somebody else's state."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors import errors
from app.connectors.errors import AuthExpired, Transient
from app.connectors.oauth import Tokens
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.pages import queries, tokens
from app.pages import service as pages
from app.pages.models import Connection, SignInAttempt
from app.pages.types import ConnectionState
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.signing_in import MemoryOAuth


@pytest.fixture
def oauth(platform: Platform) -> MemoryOAuth:
    made = MemoryOAuth()
    platform.sign_in = SignIn(how="Sign in there.", oauth=made)
    return made


def leave(browser: Browser, address: str = "/pages/sign-in", **fields: str) -> str:
    """Off to the platform; answers the state it was given."""
    form = {"address": "memory:blog", "team": "customer_service", "days": "30", **fields}
    page = browser.post(address, **form)
    assert page.status_code == 200, words(page)
    [state] = re.findall(r"0; url=https://platform\.example/authorize\?state=([^&]+)&", page.headers["Refresh"])
    assert f"state={state}" in page.text
    return str(state)


def secret_of(parts: Services, page_id: int) -> dict[str, str]:
    with parts.db.read() as session:
        connection = session.get_one(Connection, page_id)
        assert connection.sealed_secret is not None
        assert b"access" not in connection.sealed_secret
        return parts.box.open(connection.sealed_secret)


def only_page(parts: Services) -> int:
    with parts.db.read() as session:
        [page] = queries.pages(session)
        return page.id


def test_there_and_back_connects_the_page_with_tokens_sealed(
    admin: Browser, oauth: MemoryOAuth, parts: Services
) -> None:
    look = admin.post("/pages/connect", address="memory:blog")
    assert "Sign in at Memory" in look.text
    answer = admin.get(f"/pages/sign-in/back?state={leave(admin)}&code=c")
    assert answer.status_code == 303
    page_id = only_page(parts)
    assert Tokens.of(secret_of(parts, page_id)).refresh == "refresh-1"
    with parts.db.read() as session:
        assert not tokens.due(session, utc_now())
        assert tokens.due(session, utc_now() + timedelta(minutes=31)) == [page_id]


def test_a_state_is_good_once(admin: Browser, oauth: MemoryOAuth, parts: Services) -> None:
    state = leave(admin)
    assert admin.get(f"/pages/sign-in/back?state={state}&code=c").status_code == 303
    again = admin.get(f"/pages/sign-in/back?state={state}&code=c")
    assert again.status_code == 422
    assert "Begin it again" in words(again)
    only_page(parts)


def test_a_state_is_good_in_the_browser_that_asked_only(app: Flask, admin: Browser, oauth: MemoryOAuth) -> None:
    theirs = signed_in(app, Role.ADMIN)
    state = leave(theirs)
    assert admin.get(f"/pages/sign-in/back?state={state}&code=attackers").status_code == 422
    assert theirs.get(f"/pages/sign-in/back?state={state}&code=c").status_code == 303


@pytest.mark.parametrize("state", ["", "x", "%00", "a" * 5000])
def test_a_state_of_nobodys_is_refused(admin: Browser, oauth: MemoryOAuth, state: str) -> None:
    leave(admin)
    assert admin.get(f"/pages/sign-in/back?state={state}&code=c").status_code == 422


def test_a_state_does_not_keep(admin: Browser, oauth: MemoryOAuth, parts: Services) -> None:
    state = leave(admin)
    with parts.db.write() as session:
        session.execute(update(SignInAttempt).values(expires_at=utc_now()))
    assert admin.get(f"/pages/sign-in/back?state={state}&code=c").status_code == 422


def test_who_does_not_let_us_in_is_told_that_nothing_happened(
    admin: Browser, oauth: MemoryOAuth, parts: Services
) -> None:
    answer = admin.get(f"/pages/sign-in/back?state={leave(admin)}&error=access_denied")
    assert answer.status_code == 303
    assert "nothing was changed" in words(admin.get(answer.location))
    with parts.db.read() as session:
        assert queries.pages(session) == []


def test_what_was_not_allowed_is_named(admin: Browser, oauth: MemoryOAuth) -> None:
    state = leave(admin)
    oauth.fails.append(AuthExpired(errors.MISSING_SCOPES, "tweet.write"))
    assert "tweet.write" in words(admin.get(admin.get(f"/pages/sign-in/back?state={state}&code=c").location))


def test_a_platform_that_is_away_is_said_on_the_form(admin: Browser, oauth: MemoryOAuth) -> None:
    oauth.fails.append(Transient(errors.UNREACHABLE))
    page = admin.post("/pages/sign-in", address="memory:blog", team="customer_service", days="30")
    assert page.status_code == 422
    assert "can't be reached" in words(page)


def test_signing_in_again_keeps_what_was_collected(admin: Browser, oauth: MemoryOAuth, parts: Services) -> None:
    admin.get(f"/pages/sign-in/back?state={leave(admin)}&code=c")
    page_id = only_page(parts)
    with parts.db.write() as session:
        session.execute(update(Connection).values(cursor={"at": 7}))
        pages.stop(session, page_id, utc_now(), errors.WRONG_CREDENTIALS, "revoked")
    assert "Sign in at Memory" in admin.get(f"/pages/{page_id}").text
    answer = admin.get(f"/pages/sign-in/back?state={leave(admin, f'/pages/sign-in/{page_id}')}&code=c")
    assert answer.location.endswith(f"/pages/{page_id}")
    assert secret_of(parts, page_id)["password"] == "access-2"
    with parts.db.read() as session:
        connection = session.get_one(Connection, page_id)
        assert (connection.state, connection.cursor) == (ConnectionState.NEW, {"at": 7})


def test_a_sign_in_that_ends_is_shown_on_the_page_and_on_the_health_page(
    admin: Browser, oauth: MemoryOAuth, parts: Services
) -> None:
    oauth.ends_at = utc_now() + timedelta(days=13)
    admin.get(f"/pages/sign-in/back?state={leave(admin)}&code=c")
    assert "Signed in until" in words(admin.get(f"/pages/{only_page(parts)}"))
    assert "1 page has to be signed in to again soon" in words(admin.get("/health"))


def test_only_who_may_manage_pages_signs_in(agent: Browser, oauth: MemoryOAuth) -> None:
    assert agent.post("/pages/sign-in", address="memory:blog").status_code == 403
    assert agent.get("/pages/sign-in/back?state=x&code=c").status_code == 403
