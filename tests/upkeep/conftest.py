"""The house of the domain tests, with a campaign on its page."""

from tests.domain.conftest import house, now

__all__ = ["house", "now"]
