"""Fixtures of the end-to-end tests: a Porchlight of the test's own, a blog, a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.core.config import Settings
from tests.e2e.installation import Installation

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""Nothing leaves this machine."""


@pytest.fixture
def installation(settings: Settings, tmp_path: Path) -> Installation:
    """A Porchlight over a migrated, empty database; once on SQLite, once on PostgreSQL."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Installation(settings, tmp_path)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def screen(chromium: Browser) -> Iterator[Page]:
    """An empty browser window."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
