"""The house of the domain tests."""

from tests.domain.conftest import house, now

__all__ = ["house", "now"]
