"""The order in which people look for names."""

import re

Place = tuple[tuple[str, int], ...]
_NUMBERED = re.compile(r"([^0-9]*)([0-9]*)")


def by_name(name: str) -> Place:
    """What names are sorted by: without capitals, and numbers in them by their size, so that 2 comes before 10."""
    return tuple((words, int(number or -1)) for words, number in _NUMBERED.findall(name.casefold()))
