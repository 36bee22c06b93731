"""``porchlight rules``: shown, tried without effect, put in force only when right."""

from datetime import timedelta

import pytest

from app.bootstrap import Services
from app.core.clock import utc_now
from app.inbox import queries as inbox
from app.inbox.types import ConversationState, ListFilter
from app.routing import queries
from tests.cli.conftest import Terminal
from tests.cli.test_collect import add
from tests.domain.platform import Platform

RULES = b"""
[[rule]]
name = "Bread"
words = ["bread"]
team = "marketing"

[[rule]]
name = "Pills"
words = ["pills"]
spam = true
"""


def test_what_is_published_is_shown(terminal: Terminal, parts: Services) -> None:
    assert "Praise and thanks" in terminal.run("rules", "show").out
    assert terminal.run("rules", "publish", terminal.file("rules.toml", RULES)).code == 0
    assert terminal.run("rules", "show").out == RULES.decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[[rule", "TOML"),
        (b'[[rule]]\nname = "x"\nwords = ["x"]\nteam = "kitchen"\n', "kitchen"),
        (b'[[rule]]\nname = "x"\nteam = "marketing"\n', "condition"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_wrong_rules_change_nothing(terminal: Terminal, parts: Services, text: bytes, words: str) -> None:
    with parts.db.read() as session:
        before = queries.source(session)
    for command in ("publish", "try"):
        result = terminal.run("rules", command, terminal.file("rules.toml", text))
        assert result.code == 1
        assert words in result.err
    with parts.db.read() as session:
        assert queries.source(session) == before


def test_rules_that_take_two_people_are_not_published_here(
    terminal: Terminal, parts: Services, platform: Platform
) -> None:
    add(parts, "memory:blog", "Our blog")
    platform.say("Visitor", "Bread!", utc_now())
    terminal.run("collect")
    hiding = b'[[rule]]\nname = "Away"\nwords = ["bread"]\nhide = true\n'
    result = terminal.run("rules", "publish", terminal.file("rules.toml", hiding))
    assert result.code == 1
    assert "two people" in result.err
    tried = terminal.run("rules", "try", terminal.file("rules.toml", hiding)).out
    assert "1 hidden at the page" in tried
    assert "put 100 % out of sight" in tried
    assert "done at once" not in tried
    assert "Praise and thanks" in terminal.run("rules", "show").out


def test_trying_counts_what_would_happen_and_changes_nothing(
    terminal: Terminal, parts: Services, platform: Platform
) -> None:
    add(parts, "memory:blog", "Our blog")
    for number, text in enumerate(("Nice bread", "Bread!", "Cheap pills", "Hello there")):
        platform.say(f"Visitor {number}", text, utc_now() - timedelta(hours=number))
    terminal.run("collect")
    with parts.db.read() as session:
        before = inbox.rows(session, ListFilter(ConversationState.NEW))
    result = terminal.run("rules", "try", "-", "--json", stdin=RULES)
    assert result.code == 0
    (said,) = result.lines
    assert said["conversations"] == 4
    assert {one["rule"]: one["conversations"] for one in said["by_rule"]} == {"Bread": 2, "Pills": 1, None: 1}
    assert (said["by_team"], said["spam"]) == ({"Marketing": 2, "Customer service": 1}, 1)
    assert "Bread" in terminal.run("rules", "try", "-", stdin=RULES).out
    with parts.db.read() as session:
        assert inbox.rows(session, ListFilter(ConversationState.NEW)) == before
