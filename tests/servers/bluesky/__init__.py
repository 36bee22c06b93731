"""A real AT Protocol network for tests; see server.py (starting it) and people.py (using it)."""

from tests.servers.bluesky.people import Network, Person
from tests.servers.bluesky.server import NotStarted, running

__all__ = ["Network", "NotStarted", "Person", "running"]
