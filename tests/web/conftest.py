"""The application over a database of the test's own, and one person of each role."""

from dataclasses import replace
from functools import cache

import pytest
from flask import Flask

from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services, seed
from app.connectors.registry import Registry
from app.core import security
from app.core.clock import utc_now
from app.factory import create_app, equip
from tests.domain.platform import Platform
from tests.web.browser import PASSWORD, Browser


@pytest.fixture
def platform() -> Platform:
    """A platform in memory; its addresses begin with ``memory:``."""
    return Platform()


@pytest.fixture
def parts(services: Services, platform: Platform) -> Services:
    """Everything wired together, with the platform in memory before the real ones."""
    seed(services)
    return replace(services, connectors=Registry([platform, *services.connectors]))


@cache
def hashed(password: str) -> str:
    """Hashing is slow on purpose; the cast's password is hashed once for all tests."""
    return security.hash_password(password)


@pytest.fixture
def crew(parts: Services, monkeypatch: pytest.MonkeyPatch) -> dict[Role, int]:
    """One person of each role; the role is their login."""
    monkeypatch.setattr("app.accounts.service.hash_password", hashed)
    with parts.db.write() as session:
        return {
            role: accounts.create_user(
                session,
                login=role.value,
                name=role.value.title(),
                role=role,
                password=PASSWORD,
                teams=["customer_service"],
                now=utc_now(),
            )
            for role in Role
        }


@pytest.fixture(scope="session")
def made() -> list[Flask]:
    """The application of this test process, once somebody made it."""
    return []


@pytest.fixture
def app(parts: Services, made: list[Flask]) -> Flask:
    """The screens. Their routes and templates are the same for every test and take long to compile, so they stay."""
    if parts.settings.web.trusted_proxies:
        return create_app(parts)
    if made:
        equip(made[0], parts)
    else:
        made.append(create_app(parts))
    return made[0]


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app)


@pytest.fixture
def admin(app: Flask, crew: dict[Role, int]) -> Browser:
    """An admin, signed in."""
    return signed_in(app, Role.ADMIN)


@pytest.fixture
def agent(app: Flask, crew: dict[Role, int]) -> Browser:
    """An agent, signed in."""
    return signed_in(app, Role.AGENT)


def signed_in(app: Flask, role: Role) -> Browser:
    """A browser in which the person of that role has signed in."""
    browser = Browser(app)
    assert browser.sign_in(role.value).status_code == 303
    browser.get("/account")
    return browser
