"""The application over a database of the test's own, and one person of each role."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

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


@dataclass(slots=True)
class Made:
    """The application of this test process, once somebody made it, and what belonged to it then."""

    app: Flask | None = None
    extensions: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()


@pytest.fixture
def app(parts: Services, made: Made) -> Flask:
    """The screens. Their routes and templates are the same for every test and take long to compile, so they stay."""
    if parts.settings.web.trusted_proxies:
        return create_app(parts)
    if made.app is None:
        made.app = create_app(parts)
        made.extensions = dict(made.app.extensions)
    made.app.extensions.clear()
    made.app.extensions.update(made.extensions)
    equip(made.app, parts)
    return made.app


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
