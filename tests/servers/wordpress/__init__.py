"""The project's own real WordPress for tests; see server.py (starting it) and site.py (using it)."""

from tests.servers.wordpress.server import NotStarted, WordPressServer
from tests.servers.wordpress.site import FormAnswer, Site, User

__all__ = ["FormAnswer", "NotStarted", "Site", "User", "WordPressServer"]
