"""A missing key is never made anew where something was sealed with it."""

import click
import pytest

from app import bootstrap
from app.bootstrap import Services
from app.cli import prepare
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.errors import ConfigError
from app.pages import service as pages
from tests.cli.conftest import Terminal


@pytest.fixture
def sealed(parts: Services) -> None:
    """A page with a login."""
    with parts.db.write() as session:
        pages.add_page(
            session,
            Found("memory", "Blog", "memory:blog"),
            team_id=1,
            sealed_secret=parts.box.seal({"login": "us", "password": "x"}),
            account=None,
            since=None,
            now=utc_now(),
        )


@pytest.mark.usefixtures("sealed")
def test_nothing_starts_without_the_key_that_opens_the_logins(terminal: Terminal, settings: Settings) -> None:
    settings.key_file.rename(settings.key_file.with_name("elsewhere"))
    with pytest.raises(ConfigError, match=r"secret\.key: this file is missing"):
        bootstrap.build(settings)
    with pytest.raises(ConfigError, match=r"secret\.key: this file is missing"):
        click.Context(prepare.prepare).invoke(prepare.prepare, demo=False)
    listed = terminal.run("user", "list")
    assert (listed.code, "db new-key" in listed.err) == (2, True)
    assert "secret.key: this file is missing" in terminal.run("doctor").out
    assert not settings.key_file.exists()

    settings.key_file.with_name("elsewhere").rename(settings.key_file)
    assert terminal.run("user", "list").code == 0


@pytest.mark.usefixtures("sealed")
def test_a_key_that_is_lost_for_good_is_replaced_on_purpose(terminal: Terminal, settings: Settings) -> None:
    assert terminal.run("db", "new-key").code == 1  # there is one
    settings.key_file.unlink()
    assert terminal.run("db", "new-key").code == 0
    assert terminal.run("page", "list").code == 0


def test_a_first_start_makes_the_key(terminal: Terminal, settings: Settings) -> None:
    assert terminal.run("db", "upgrade").code == 0
    assert settings.key_file.stat().st_mode & 0o777 == 0o600
