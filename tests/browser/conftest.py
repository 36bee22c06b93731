"""A real browser before a real server. The platform behind the page is in memory; only the tests deliver to it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services, seed
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.process import die_with_parent
from app.texts import service as texts
from app.texts.types import Effects, Wording
from tests.domain.platform import Platform
from tests.processes import eventually, variables
from tests.web.scene import Scene

PASSWORD = "correct horse battery"
KNOWN_NOISE = (
    "401 (",
    "404 (",
    "409 (",
    "422 (",
    "net::ERR_",
    "Response Status Error Code 404",
    "htmx:sendError",
    "htmx:afterRequest",
)
"""What a browser writes to its console about answers that a test asked for."""


@dataclass
class Live:
    """The running server, and how it is reached."""

    url: str
    log: Path


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: what a browser shows does not depend on the database."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def platform() -> Platform:
    """Stands in for a WordPress site: the server only asks its connector what it can do, which asks nobody."""
    return Platform(kind="wordpress", label="WordPress")


@pytest.fixture
def parts(services: Services, platform: Platform) -> Services:
    seed(services)
    return replace(services, connectors=Registry([platform]))


@pytest.fixture
def scene(parts: Services, platform: Platform) -> Scene:
    """A page, and two colleagues in customer service."""
    with parts.db.write() as session:
        for login, role in (("agent", Role.AGENT), ("marketer", Role.MARKETER)):
            accounts.create_user(
                session,
                login=login,
                name=f"{login.title()} Jones",
                role=role,
                password=PASSWORD,
                teams=["customer_service"],
                now=utc_now(),
            )
    return Scene(parts, platform, address="https://b.example/", settings={"rights": "moderator"})


@pytest.fixture
def replies(scene: Scene) -> list[int]:
    """Two saved replies; the second one hands over."""
    with scene.parts.db.write() as session:
        admin, now = scene.actor("marketer"), utc_now()
        effects = Effects(team_id=scene.team("marketing"))
        return [
            texts.add(session, admin, Wording("Late parcel", "late", "Hello {person}, it is on its way."), now),
            texts.add(session, admin, Wording("Thanks", "thanks", "Thank you, {person}!", effects=effects), now),
        ]


@pytest.fixture
def live_app(settings: Settings, scene: Scene, tmp_path: Path) -> Iterator[Live]:
    """The server that ``porchlight web`` starts, over the test's database and Redis."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "web.log"
    parent = os.getpid()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.cli", "web"],
            env={**variables(settings), "PORCHLIGHT_WEB_PORT": str(port), "PORCHLIGHT_OUTBOX_UNDO_SECONDS": "60"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509
        )
    try:
        eventually(lambda: _answers(port) or process.poll() is not None, f"no server: {log.read_text()}")
        assert process.poll() is None, log.read_text()
        yield Live(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


Opener = Callable[..., Page]


@pytest.fixture
def person(chromium: Browser, live_app: Live) -> Iterator[Opener]:
    """``person(login="agent", width=1440, scheme="light", script=True)``: somebody signed in, on an empty inbox page.

    Whatever their browser complained about fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def hear(text: str) -> None:
        if not any(noise in text for noise in KNOWN_NOISE):
            complaints.append(text)

    def come(login: str = "agent", *, width: int = 1440, scheme: str = "light", script: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900 if width > 500 else 844},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
            locale="en-GB",
            base_url=live_app.url,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: hear(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: hear(str(error)))
        page.goto("/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/inbox**")
        return page

    yield come
    for context in contexts:
        context.close()
    assert complaints == []
