"""pytest fixtures for the WordPress test server; ``tests/conftest.py`` names this module as a plugin."""

from collections.abc import Iterator

import pytest

from tests.servers.wordpress.server import NotStarted, WordPressServer
from tests.servers.wordpress.site import Site


@pytest.fixture(scope="session")
def wordpress_server() -> Iterator[Site]:
    """One running WordPress for a whole run; with pytest-xdist one for each worker that needs it."""
    try:
        server = WordPressServer().__enter__()
    except NotStarted as error:
        pytest.fail(str(error), pytrace=False)
    try:
        yield server.site
    finally:
        server.__exit__(None, None, None)


@pytest.fixture
def wordpress_site(wordpress_server: Site) -> Site:
    """The WordPress of this run, without posts and comments and with its usual settings."""
    wordpress_server.reset()
    return wordpress_server
