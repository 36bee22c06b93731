"""``porchlight route``: what the installation's own model makes of comments; nothing is stored."""

from itertools import islice
from typing import IO

import click

from app.cli import light
from app.cli.common import print_json_lines
from app.core import json_lines
from app.core.errors import InvalidInput
from app.learning import queries
from app.routing import answering

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
    given, wrong = json_lines.each(file), 0
    while batch := [said for _number, said in islice(given, BATCH)]:
        for said in batch:
            if isinstance(said, InvalidInput):
                wrong += 1
                click.echo(said.message, err=True)
        print_json_lines(answering.answers(known, [said for said in batch if not isinstance(said, InvalidInput)]))
    return 1 if wrong else 0
