"""The house of the domain tests, with a supervisor, and the runner that tells."""

from tests.domain.conftest import desk, house, now

__all__ = ["desk", "house", "now"]
