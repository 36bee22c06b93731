"""``porchlight route``: what the installation's own model makes of comments; nothing is stored."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, Any

import click

from app.cli import light, lines
from app.cli.common import print_json_lines
from app.core.errors import InvalidInput
from app.inbox.types import Priority
from app.learning import judging, queries
from app.learning.queries import InUse
from app.learning.types import Opinion
from app.routing import language

BATCH = 1_000


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
def route(file: IO[bytes]) -> int:
    """Say which team each comment would go to, and why.

    FILE has JSON lines with a text, and an id if you like: {"id": 1, "text": "Where is my parcel?"}. Without FILE they
    are read from standard input. Prints one JSON line for each. Nothing is stored or changed. What is wrong with a line
    is said on standard error, and the others are answered all the same.
    """
    with light.database(make=True).read() as session:
        known = queries.in_use(session)
    given, wrong = lines.each(file), 0
    while batch := [said for _number, said in islice(given, BATCH)]:
        for said in batch:
            if isinstance(said, InvalidInput):
                wrong += 1
                click.echo(said.message, err=True)
        print_json_lines(_answers(known, [said for said in batch if not isinstance(said, InvalidInput)]))
    return 1 if wrong else 0


def _answers(known: InUse, batch: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    texts = [one["text"] for one in batch]
    for one, (opinion, pointed) in zip(batch, judging.explained(known.judge, texts), strict=True):
        yield _answer(one, opinion, pointed, language.detect(one["text"], known.languages))


def _answer(given: dict[str, Any], opinion: Opinion, pointed: Sequence[str], spoken: str | None) -> dict[str, Any]:
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
        "lang": spoken,
        "kind": opinion.kind.value,
        "priority": (Priority.HIGH if opinion.urgent else Priority.NORMAL).value,
        "reason": f"{opinion.kind.value}: {words_seen}" if words_seen else opinion.kind.value,
    }
