"""JSON lines given to commands."""

import json
from collections.abc import Iterator
from typing import IO, Any

from app.core.errors import InvalidInput
from app.core.i18n import gettext as _

LONGEST_LINE = 1_000_000


def comments(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The numbers and contents of the lines that have a text. Raises InvalidInput that names the line at fault."""
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
        yield number, said
