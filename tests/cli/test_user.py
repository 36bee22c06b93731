"""``porchlight user``: people are added, listed and given new passwords."""

import pytest

from app.accounts import queries
from app.accounts import service as accounts
from app.bootstrap import Services
from app.core.clock import utc_now
from tests.cli.conftest import Terminal

PASSWORD = b"correct horse battery\n"


@pytest.mark.parametrize(
    ("role", "teams"),
    [
        ("agent", ["Customer service"]),
        ("marketer", ["Marketing"]),
        ("supervisor", ["Customer service", "Marketing"]),
        ("admin", ["Customer service", "Marketing"]),
    ],
)
def test_somebody_added_can_sign_in(terminal: Terminal, parts: Services, role: str, teams: list[str]) -> None:
    result = terminal.run(
        "user", "add", "Ann", "--role", role, "--password-file", "-", "--name", "Ann B", stdin=PASSWORD
    )
    assert result.code == 0
    (line,) = terminal.run("user", "list", "--json").lines
    assert (line["login"], line["name"], line["role"]) == ("ann", "Ann B", role)
    assert sorted(line["teams"]) == teams
    with parts.db.write() as session:
        assert accounts.sign_in(session, "ann", "correct horse battery", now=utc_now(), days=1)


def test_named_teams_are_the_only_ones(terminal: Terminal, parts: Services) -> None:
    file = terminal.file("pw", PASSWORD)
    terminal.run("user", "add", "ann", "--role", "admin", "--password-file", file, "--team", "marketing")
    assert terminal.run("user", "list", "--json").lines[0]["teams"] == ["Marketing"]
    assert "ann\tann\tadmin\tMarketing" in terminal.run("user", "list").out


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (("ann", "--role", "agent"), b"short\n", 1, "at least 10"),
        (("ann", "--role", "agent"), b"", 1, "one line"),
        (("A n", "--role", "agent"), PASSWORD, 1, "2 to 80"),
        (("ann", "--role", "agent", "--team", "kitchen"), PASSWORD, 1, "kitchen"),
        (("ann", "--role", "boss"), PASSWORD, 2, "boss"),
        (("ann",), PASSWORD, 2, "--role"),
    ],
)
def test_refusals_store_nobody(
    terminal: Terminal, parts: Services, arguments: tuple[str, ...], stdin: bytes, code: int, words: str
) -> None:
    result = terminal.run("user", "add", *arguments, "--password-file", "-", stdin=stdin)
    assert result.code == code
    assert words in result.err
    with parts.db.read() as session:
        assert queries.users(session) == []


def test_a_login_is_taken_once(terminal: Terminal, parts: Services) -> None:
    add = ("user", "add", "ann", "--role", "agent", "--password-file", "-")
    assert terminal.run(*add, stdin=PASSWORD).code == 0
    again = terminal.run(*add, stdin=PASSWORD)
    assert again.code == 1
    assert "ann" in again.err


def test_a_missing_password_file_is_wrong_usage(terminal: Terminal, parts: Services) -> None:
    assert terminal.run("user", "add", "ann", "--role", "agent", "--password-file", "nowhere").code == 2
    assert terminal.run("user", "add", "ann", "--role", "agent").code == 2


def test_a_new_password_ends_all_sessions(terminal: Terminal, parts: Services) -> None:
    terminal.run("user", "add", "ann", "--role", "agent", "--password-file", "-", stdin=PASSWORD)
    with parts.db.write() as session:
        signed_in = accounts.sign_in(session, "ann", "correct horse battery", now=utc_now(), days=1)
    assert signed_in is not None
    result = terminal.run("user", "reset-password", "Ann", "--password-file", "-", stdin=b"another horse\n")
    assert result.code == 0
    with parts.db.write() as session:
        assert queries.actor_of_session(session, signed_in.token, utc_now()) is None
        assert accounts.sign_in(session, "ann", "correct horse battery", now=utc_now(), days=1) is None
        assert accounts.sign_in(session, "ann", "another horse", now=utc_now(), days=1)
    assert terminal.run("user", "reset-password", "bob", "--password-file", "-", stdin=PASSWORD).code == 1


def test_adding_somebody_makes_the_database_when_there_is_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORCHLIGHT_DATABASE_URL")
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(terminal.folder / "fresh"))
    refused = terminal.run("user", "list")
    assert refused.code == 1
    assert "porchlight db upgrade" in refused.err
    assert terminal.run("user", "add", "ann", "--role", "agent", "--password-file", "-", stdin=PASSWORD).code == 0
    assert terminal.run("user", "list", "--json").lines[0]["login"] == "ann"
    assert "[[rule]]" in terminal.run("rules", "show").out
    assert terminal.run("db", "check").code == 0
