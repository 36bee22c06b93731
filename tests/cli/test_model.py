"""``porchlight model``: teaching it, asking how good it is, going back."""

import json

import pytest

from tests.cli.conftest import Terminal

SWEET = ["caramel", "nougat", "marzipan", "toffee", "fudge", "praline"]
SALTY = ["pretzel", "cracker", "olive", "gherkin", "peanut", "brine"]


def lines(count: int, team: str, words: list[str], **more: str) -> list[str]:
    return [
        json.dumps({"text": f"The {words[at % 6]} of {words[at // 6 % 6]} number {at}", "team": team} | more)
        for at in range(count)
    ]


def taught(count: int, team: str = "marketing") -> bytes:
    other = "customer_service" if team == "marketing" else "marketing"
    return "\n".join(lines(count, team, SWEET) + lines(count, other, SALTY)).encode()


def asked(terminal: Terminal) -> str:
    (line,) = terminal.run("route", stdin=b'{"text": "A toffee with nougat"}').lines
    return str(line["team"])


def test_learn_route_evaluate_and_go_back(terminal: Terminal) -> None:
    learnt = terminal.run("model", "learn", terminal.file("a.jsonl", taught(40)), "--json")
    assert learnt.code == 0, learnt.err
    (said,) = learnt.lines
    assert (said["state"], said["examples"], said["version"]) == ("in_use", 80, 1)
    assert asked(terminal) == "marketing"

    checked = "\n".join(
        lines(6, "marketing", SWEET, source="sweet") + lines(6, "customer_service", SALTY, source="salty")
    )
    result = terminal.run("model", "evaluate", terminal.file("b.jsonl", checked.encode()), "--json")
    assert [(line["source"], line["comments"], line["team"]) for line in result.lines] == [
        ("*", 12, 1.0),
        ("salty", 6, 1.0),
        ("sweet", 6, 1.0),
    ]

    again = terminal.run("model", "learn", "-", "--json", stdin=taught(40, "customer_service"))
    assert again.lines[0]["version"] == 2
    assert asked(terminal) == "customer_service"
    assert terminal.run("model", "rollback").code == 0
    assert asked(terminal) == "marketing"
    states = [(one["id"], one["state"]) for one in terminal.run("model", "list", "--json").lines]
    assert states == [(2, "taken_back"), (1, "in_use")]
    assert terminal.run("model", "rollback", "0").code == 0
    assert terminal.run("model", "rollback", "0").code == 1


def test_examples_can_wait(terminal: Terminal) -> None:
    kept = terminal.run("model", "learn", "--later", terminal.file("a.jsonl", taught(10)), "--json")
    assert kept.lines == [{"examples": 20}]
    assert terminal.run("model", "list", "--json").lines == []
    assert terminal.run("model", "train", "--json").lines[0]["examples"] == 20


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"text": "", "team": "marketing"}', "Line 1: there is nothing in its text"),
        (
            b'{"text": "x", "team": "marketing"}\n{"text": " \\u0007\\u200b", "kind": "praise"}',
            "Line 2: there is nothing",
        ),
        (b'{"text": "x"}', "Line 1 has neither a team nor a kind."),
        (b'{"text": "x", "kind": "rant"}', "Line 1: there is no kind"),
        (b'{"text": "x", "team": 5}', "Line 1: the team should be text."),
        (b'{"text": "x", "team": "moon"}', "Line 1: There is no team"),
        (b"\n", "There is nothing to learn from"),
    ],
)
def test_wrong_examples_are_named(terminal: Terminal, line: bytes, why: str) -> None:
    result = terminal.run("model", "learn", "-", stdin=line)
    assert result.code == 1
    assert why in result.err


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"text": "x", "team": 5}', "Line 1: the team should be text."),
        (b'{"text": "x", "complaint": "yes"}', "Line 1: complaint should be true or false."),
        (b'{"text": "x", "kind": ["spam"]}', "Line 1: there is no kind"),
    ],
)
def test_wrong_labels_are_named(terminal: Terminal, line: bytes, why: str) -> None:
    result = terminal.run("model", "evaluate", "-", stdin=line)
    assert result.code == 1
    assert why in result.err


def test_what_no_database_holds_is_learned_from_as_what_is_left(terminal: Terminal) -> None:
    odd = rb'{"text": "half \ud83d a smiley\u0000", "team": "marketing"}'
    assert terminal.run("model", "learn", "--later", "-", "--json", stdin=odd).lines == [{"examples": 1}]
    odd = rb'{"text": "x", "team": "marketing", "sentiment": ["good"]}'
    assert terminal.run("model", "evaluate", "-", "--json", stdin=odd).code == 0


def test_the_same_file_twice_is_no_worse(terminal: Terminal) -> None:
    """The version in use learned from it, and knows it better than one that is measured on what it did not see."""
    file = terminal.file("a.jsonl", taught(12))
    for _again in range(2):
        learnt = terminal.run("model", "learn", file, "--json").lines[0]
    assert (learnt["compared"], learnt["state"]) == (0, "in_use")


def test_there_is_nothing_to_train_from_at_first(terminal: Terminal) -> None:
    terminal.run("model", "learn", "--later", "-", stdin=b'{"text": "x", "kind": "praise"}')
    assert terminal.run("model", "evaluate", "-", stdin=b"").code == 1
