"""``porchlight route``: opinions as JSON lines."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.processes import PATIENCE, started

FIELDS = ["id", "team", "confidence", "probs", "auto", "complaint", "refund_or_replacement_wanted", "sentiment", "lang"]
FIELDS += ["kind", "priority", "reason"]
SAID = [
    ("My parcel never arrived and nobody answers. I want my money back!", "customer_service", "en"),
    ("Thank you so much, the new bread is wonderful, we love it!", "marketing", "en"),
    ("Der Zug ist schon wieder ausgefallen, eine Frechheit!", "customer_service", "de"),
    ("Wo finde ich bitte die Öffnungszeiten der Filiale?", "customer_service", "de"),
]


def test_each_comment_gets_an_opinion(terminal: Terminal) -> None:
    lines = "\n\n".join(json.dumps({"id": at, "text": text}) for at, (text, _team, _lang) in enumerate(SAID))
    result = terminal.run("route", stdin=lines.encode())
    assert result.code == 0
    assert [list(line) for line in result.lines] == [FIELDS] * len(SAID)
    assert [(line["id"], line["team"], line["lang"]) for line in result.lines] == [
        (at, team, lang) for at, (_text, team, lang) in enumerate(SAID)
    ]
    for line in result.lines:
        assert line["confidence"] == max(line["probs"].values())
        assert sum(line["probs"].values()) == pytest.approx(1, abs=0.001)
        assert {"customer_service", "marketing", "spam", "none"} <= set(line["probs"])
        assert line["auto"] is False
    assert [line["refund_or_replacement_wanted"] for line in result.lines] == [True, False, False, False]
    assert [line["sentiment"] for line in result.lines[:3]] == ["negative", "positive", "negative"]


def test_a_file_and_an_id_are_optional(terminal: Terminal) -> None:
    file = terminal.file("comments.jsonl", b'{"text": "URGENT: the oven caught fire"}\n')
    (line,) = terminal.run("route", file).lines
    assert (line["id"], line["priority"]) == (None, "high")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "Line 2 is not JSON."),
        (b"[]", "Line 2 has no text."),
        (b'{"text": 5}', "Line 2 has no text."),
        (b"\xff", "Line 2"),
        (b'{"text": ' + b"[" * 50_000, "Line 2 is not JSON."),
        (b'{"id": NaN, "text": "x"}', "Line 2 is not JSON."),
        (b'{"id": 1e999, "text": "x"}', "Line 2 is not JSON."),
        (b'{"text": "' + b"x" * 2_500_000 + b'"}', "Line 2 is longer than a megabyte."),
    ],
)
def test_a_wrong_line_is_named_and_the_others_are_answered(terminal: Terminal, line: bytes, why: str) -> None:
    result = terminal.run("route", stdin=b'{"id": 1, "text": "x"}\n' + line + b'\n{"id": 3, "text": "y"}')
    assert result.code == 1
    assert why in result.err
    assert result.err.count("Line") == 1
    assert [one["id"] for one in result.lines] == [1, 3]


def test_whatever_other_programs_write_as_ids_comes_back(terminal: Terminal) -> None:
    given = [
        b'{"id": "\\ud800", "text": "a\\u0000b \\udfff"}',
        b'{"id": 1.5, "text": ""}',
        b'{"id": {"x": [1]}, "text": " "}',
    ]
    result = terminal.run("route", stdin=b"\xef\xbb\xbf" + b"\r\n".join([*given, given[0]]))
    assert result.code == 0
    assert [one["id"] for one in result.lines] == ["\ud800", 1.5, {"x": [1]}, "\ud800"]


LOADED = """
import sys
from app import cli
code = cli.call(cli.porchlight, sys.argv[2:])
assert code == 0
print(*sorted(name for name in sys.argv[1].split(",") if name in sys.modules))
"""


def alone(tmp_path: Path, unwanted: str, *arguments: str) -> str:
    """The last line a process of its own prints: which of these modules the command loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    environment["PORCHLIGHT_DATA_DIR"] = str(tmp_path / "data")
    with started([sys.executable, "-c", LOADED, unwanted, *arguments], environment) as process:
        said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, said
    return said.splitlines()[-1]


def test_asking_and_teaching_load_only_what_they_need(tmp_path: Path) -> None:
    """What start-up costs is most of the time that a few hundred comments take."""
    file = tmp_path / "taught.jsonl"
    file.write_text("".join(f'{{"text": "Where is parcel {at}?", "team": "customer_service"}}\n' for at in range(9)))
    heavy = "flask,redis,requests,alembic,app.bootstrap,app.connectors.connector,scipy.optimize"
    assert alone(tmp_path, heavy, "route", str(file)) != ""  # a new installation is made, whole
    assert alone(tmp_path, heavy, "model", "learn", str(file)) == ""
    assert alone(tmp_path, f"{heavy},scipy", "route", str(file)) == ""
