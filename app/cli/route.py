"""``porchlight route``: what the installation's own model makes of comments; nothing is stored."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, Any

import click

from app.cli.common import print_json_lines, settings
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.inbox.types import Priority
from app.learning import features, judging, words
from app.learning.judging import Judge
from app.learning.model import Model
from app.learning.types import Opinion
from app.routing import language

BATCH = 1_000
LONGEST_LINE = 1_000_000


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
def route(file: IO[bytes]) -> None:
    """Say which team each comment would go to, and why.

    FILE has JSON lines with a text, and an id if you like: {"id": 1, "text": "Where is my parcel?"}. Without FILE they
    are read from standard input. Prints one JSON line for each. Nothing is stored or changed.
    """
    settings()
    judge = Judge.of(Model(), features.reader(words.compose()))
    lines = _lines(file)
    while batch := list(islice(lines, BATCH)):
        print_json_lines(_answers(judge, batch))


def _lines(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The comments in a file. Raises InvalidInput that names the line at fault."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise InvalidInput(_("Line %(n)s is longer than a megabyte.", n=number))
        if not line.strip():
            continue
        try:
            said = json.loads(line)
        except ValueError:
            raise InvalidInput(_("Line %(n)s is not JSON.", n=number)) from None
        if not isinstance(said, dict) or not isinstance(said.get("text"), str):
            raise InvalidInput(_('Line %(n)s has no text. Each line looks like {"id": 1, "text": "…"}.', n=number))
        yield said


def _answers(judge: Judge, batch: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    texts = [one["text"] for one in batch]
    found = judging.opinions(judge, texts)
    for one, opinion, pointed in zip(batch, found, judging.pointed_at(judge, texts, found), strict=True):
        yield _answer(one, opinion, pointed)


def _answer(given: dict[str, Any], opinion: Opinion, pointed: Sequence[str]) -> dict[str, Any]:
    words_seen = ", ".join(f"“{word}”" for word in pointed)
    return {
        "id": given.get("id"),
        "team": opinion.team,
        "confidence": round(opinion.confidence, 4),
        "probs": {team: round(chance, 4) for team, chance in opinion.teams.items()},
        "auto": opinion.automatic,
        "complaint": opinion.complaint,
        "refund_or_replacement_wanted": opinion.remedy,
        "sentiment": opinion.sentiment.value,
        "lang": language.detect(given["text"]),
        "kind": opinion.kind.value,
        "priority": (Priority.HIGH if opinion.urgent else Priority.NORMAL).value,
        "reason": f"{opinion.kind.value}: {words_seen}" if words_seen else opinion.kind.value,
    }
