"""The stage, on both databases."""

import pytest

from app.core.db import Database
from tests.remedies.stage import Stage


@pytest.fixture
def stage(db: Database) -> Stage:
    """Everybody in place, nothing asked for."""
    return Stage(db).set_up()
