"""Words that are not said, or said otherwise; no database."""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.texts.types import Finding, Term

READ = 20_000
"""Characters of a text that are looked through."""


def find(text: str, terms: Sequence[Term]) -> list[Finding]:
    """Terms that stand in a text, in its order, each once with the words as they stand there; whole words, whatever
    their case. ``*`` stands for the rest of a word. Where two begin at one place the longer one counts."""
    if not terms:
        return []
    pattern = _pattern(tuple(one.term for one in terms))
    found: dict[int, Finding] = {}
    for match in pattern.finditer(text[:READ]):
        place = next(index for index, group in enumerate(match.groups()) if group is not None)
        one = _ordered(tuple(term.term for term in terms))[place]
        found.setdefault(one, Finding(terms[one], match[0]))
    return list(found.values())


@lru_cache(maxsize=64)
def _ordered(terms: tuple[str, ...]) -> tuple[int, ...]:
    """Their places, the longest first."""
    return tuple(sorted(range(len(terms)), key=lambda place: -len(terms[place])))


@lru_cache(maxsize=64)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern of literals and ``\\w*``: linear in the text, whatever somebody wrote into a term."""
    parts = []
    for place in _ordered(terms):
        words = [r"\w*".join(re.escape(part) for part in word.split("*")) for word in terms[place].split()]
        parts.append("(" + r"\s+".join(words) + ")")
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)
