"""Fixtures of the end-to-end tests: a Porchlight of the test's own, a blog, a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.core.config import Settings
from tests.e2e.installation import Installation


@pytest.fixture
def installation(settings: Settings, tmp_path: Path) -> Installation:
    """A Porchlight over a migrated, empty database; once on SQLite, once on PostgreSQL."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Installation(settings, tmp_path)


@pytest.fixture
def screen(chromium: Browser) -> Iterator[Page]:
    """An empty browser window."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
