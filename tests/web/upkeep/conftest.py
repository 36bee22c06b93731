"""SQLite alone: what these screens show does not depend on the database; what stands below them is tried on both."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated, empty database of the test's own."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"
