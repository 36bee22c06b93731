"""``porchlight route``: opinions as JSON lines."""

import json

import pytest

from tests.cli.conftest import Terminal

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
    ],
)
def test_a_wrong_line_is_named(terminal: Terminal, line: bytes, why: str) -> None:
    result = terminal.run("route", stdin=b'{"text": "x"}\n' + line)
    assert result.code == 1
    assert why in result.err
