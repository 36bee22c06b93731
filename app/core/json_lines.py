"""JSON lines given to commands and programs."""

import json
from collections.abc import Iterator
from math import isfinite
from typing import IO, Any, NoReturn

from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain

LONGEST_LINE = 1_000_000


def comments(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The numbers and contents of the lines that have a text, which is made plain as that of comments is. Raises
    InvalidInput that names the line at fault."""
    for number, said in each(file):
        if isinstance(said, InvalidInput):
            raise said
        yield number, said


def each(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | InvalidInput]]:
    """Like ``comments``, but a line at fault gives what is wrong with it, and those after it are read all the same."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            yield number, InvalidInput(_("Line %(n)s is longer than a megabyte.", n=number))
        elif line.strip():
            yield number, _comment(line, number)


def _comment(line: bytes, number: int) -> dict[str, Any] | InvalidInput:
    try:
        said = json.loads(line, parse_constant=_no_number, parse_float=_number)
    except (ValueError, RecursionError):
        return InvalidInput(_("Line %(n)s is not JSON.", n=number))
    if not isinstance(said, dict) or not isinstance(said.get("text"), str):
        return InvalidInput(_('Line %(n)s has no text. Each line looks like {"id": 1, "text": "…"}.', n=number))
    return said | {"text": plain(said["text"])}


def _number(text: str) -> float:
    found = float(text)
    if not isfinite(found):
        _no_number(text)
    return found


def _no_number(text: str) -> NoReturn:
    """What is printed again has to be JSON."""
    raise ValueError(f"{text} is no number")
