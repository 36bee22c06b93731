"""Reading a search, and writing it in the words of each database. Nothing here knows a table."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from app.inbox.types import ConversationState
from app.search.types import Asked, Has, Kind, Phrase, Problem, Term, Trouble
from app.search.words import spelled_out, words

MOST_PARTS: Final = 20
LONGEST_QUERY: Final = 500
SHORTEST_BEGINNING: Final = 3
# Marks that no word contains: who wrote it, what it is, and the wall between name and text that no phrase crosses.
BY, IS, WALL = "‹", "›", "‖"

FETCHED: Final = 8
LOOKED_THROUGH_A_SECOND: Final = 2_500_000
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
_LOW_BITS = 21
_MOST_MILLISECONDS = (1 << (63 - _LOW_BITS)) - 1
"""As databases keep numbers: until 2129."""
_PART = re.compile(r'(-?)(?:([^\W\d_]+):(?!//))?(?:"([^"]*)"?|(\S*))')
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_AGO = re.compile(r"(\d{1,4})([dwmy])")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_IS_STATES = {
    **{state.value: frozenset({state}) for state in ConversationState},
    "open": frozenset({ConversationState.NEW, ConversationState.WAITING}),
}
_IS_KINDS = {kind.value: kind for kind in Kind} | {"person": Kind.CONTACT}


def key(at: datetime, source_id: int) -> int:
    """The number of an entry: entries are in the order of time, and a page of results goes on below a number."""
    return (_milliseconds(at) << _LOW_BITS) | (source_id & ((1 << _LOW_BITS) - 1))


def first_key(at: datetime) -> int:
    """The smallest number of that moment."""
    return _milliseconds(at) << _LOW_BITS


def moment(entry: int) -> datetime:
    """The moment of an entry."""
    return _FIRST + timedelta(milliseconds=entry >> _LOW_BITS)


def _milliseconds(at: datetime) -> int:
    return min(max(0, (at - _FIRST) // timedelta(milliseconds=1)), _MOST_MILLISECONDS)


def entry_words(kind: Kind, author: str, text: str, page_id: int | None) -> list[str]:
    """All that an entry can be found by."""
    name = words(author)
    facts = [IS + kind.value] if page_id is None else [IS + kind.value, is_page(page_id)]
    return [*facts, *(BY + one for one in name), WALL, *name, WALL, *words(text)]


def is_page(page_id: int) -> str:
    """The word of everything on a page."""
    return f"{IS}page{page_id}"


# Words are letters, digits and the marks above: nothing in them means anything to either database.


def as_tsvector(entry: Sequence[str]) -> str:
    """An entry's words, for PostgreSQL."""
    return " ".join(f"'{word}':{place}" for place, word in enumerate(entry, 1) if word != WALL)


def as_tsquery(terms: Iterable[Term]) -> str:
    """A search, for PostgreSQL."""

    def phrase(one: Phrase, begins: bool) -> str:
        return " <-> ".join(f"'{word}'" for word in one) + (":*" if begins else "")

    return " & ".join(
        ("!" if term.negated else "") + "(" + " | ".join(f"({phrase(one, term.begins)})" for one in term.phrases) + ")"
        for term in terms
    )


def as_match(terms: Iterable[Term]) -> str:
    """A search, for FTS5. At least one term is not negated: what is there must be looked for first."""

    def phrase(one: Phrase, begins: bool) -> str:
        return f'"{" ".join(one)}"' + (" *" if begins else "")

    yes: list[str] = []
    no: list[str] = []
    for term in terms:
        (no if term.negated else yes).append("(" + " OR ".join(phrase(one, term.begins) for one in term.phrases) + ")")
    return " AND ".join(yes) + "".join(f" NOT {one}" for one in no)


@dataclass(slots=True)
class _Reading:
    now: datetime
    terms: list[Term] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    asked: Asked = field(default_factory=Asked)

    def problem(self, trouble: Trouble, part: str) -> None:
        self.asked = replace(self.asked, problems=(*self.asked.problems, Problem(trouble, part)))


def read(text: str, now: datetime) -> Asked:
    """What somebody asks for. Never fails: what makes no sense is left out and told in ``problems``.

    ``word`` · ``word*`` · ``"a phrase"`` · ``-word`` · ``from:`` · ``page:`` · ``team:`` · ``before:`` · ``after:`` ·
    ``is:`` · ``has:`` · ``tag:``. Days are those of UTC.
    """
    reading = _Reading(now)
    for count, (minus, name, value, quoted) in enumerate(_parts(text[:LONGEST_QUERY].translate(_QUOTES))):
        if count == MOST_PARTS:
            reading.problem(Trouble.TOO_MANY, "")
            break
        _take(reading, minus, name, value, quoted)
    terms = list(reading.terms)
    if reading.kinds:
        terms.append(Term(tuple((IS + kind.value,) for kind in dict.fromkeys(reading.kinds)), shown=False))
    elif terms and all(term.negated for term in terms):
        terms.append(Term(tuple((IS + kind.value,) for kind in Kind), shown=False))
    return replace(reading.asked, terms=tuple(terms))


def _parts(text: str) -> Iterator[tuple[str, str, str, bool]]:
    for match in _PART.finditer(text):
        minus, name, quoted, bare = match.groups()
        if match[0].strip():
            yield minus, (name or "").lower(), quoted if quoted is not None else bare, quoted is not None


def _take(reading: _Reading, minus: str, name: str, value: str, quoted: bool) -> None:
    known = name in _KEYS
    if known and not words(value):
        reading.problem(Trouble.NO_VALUE, f"{name}:")
    elif known and minus and name not in ("from", "is"):
        reading.problem(Trouble.NO_MINUS, f"-{name}:{value}")
    elif known:
        _KEYS[name](reading, value, bool(minus))
    else:
        if name:
            reading.problem(Trouble.NO_KEY, f"{name}:")
        _word(reading, f"{name} {value}" if name else value, minus=bool(minus), quoted=quoted)


def _word(reading: _Reading, value: str, *, minus: bool, quoted: bool) -> None:
    begins = value.endswith("*") and not quoted
    found = phrases(value)
    if not found:
        return
    if begins and len(found[0][-1]) < SHORTEST_BEGINNING:
        reading.problem(Trouble.TOO_SHORT, value)
        return
    reading.terms.append(Term(found, begins=begins, negated=minus))


def phrases(value: str) -> tuple[Phrase, ...]:
    """The ways in which the same words may stand in a text; none when there is no word in it."""
    both = (tuple(words(value)), tuple(words(spelled_out(value))))
    return tuple(dict.fromkeys(one for one in both if one))


def _from(reading: _Reading, value: str, minus: bool) -> None:
    marked = tuple(tuple(BY + word for word in one) for one in phrases(value))
    begins = value.endswith("*") and len(marked[0][-1]) > SHORTEST_BEGINNING
    reading.terms.append(Term(marked, begins=begins, negated=minus, shown=False))


def _page(reading: _Reading, value: str, _minus: bool) -> None:
    reading.asked = replace(reading.asked, pages=(*reading.asked.pages, value))


def _team(reading: _Reading, value: str, _minus: bool) -> None:
    reading.asked = replace(reading.asked, teams=(*reading.asked.teams, value))


def _is(reading: _Reading, value: str, minus: bool) -> None:
    value = value.lower()
    if value in _IS_KINDS and minus:
        reading.terms.append(Term(((IS + _IS_KINDS[value].value,),), negated=True, shown=False))
    elif value in _IS_KINDS:
        reading.kinds.append(_IS_KINDS[value])
    elif value in _IS_STATES and minus:
        left = (reading.asked.states or frozenset(ConversationState)) - _IS_STATES[value]
        reading.asked = replace(reading.asked, states=left)
    elif value in _IS_STATES:
        reading.asked = replace(reading.asked, states=reading.asked.states | _IS_STATES[value])
    elif value == "mine" and not minus:
        reading.asked = replace(reading.asked, mine=True)
    elif value == "unassigned" and not minus:
        reading.asked = replace(reading.asked, unassigned=True)
    else:
        reading.problem(Trouble.NO_STATE, f"{'-' * minus}is:{value}")


def _has(reading: _Reading, value: str, _minus: bool) -> None:
    value = value.lower()
    if value in set(Has):
        reading.asked = replace(reading.asked, has=reading.asked.has | {Has(value)})
    else:
        reading.problem(Trouble.NO_HAS, f"has:{value}")


def _tag(reading: _Reading, value: str, _minus: bool) -> None:
    reading.asked = replace(reading.asked, tags=(*reading.asked.tags, value))


def _after(reading: _Reading, value: str, _minus: bool) -> None:
    at = day(value, reading.now)
    if at is None:
        reading.problem(Trouble.NO_DATE, f"after:{value}")
        return
    reading.asked = replace(reading.asked, since=max(at, reading.asked.since or at))


def _before(reading: _Reading, value: str, _minus: bool) -> None:
    at = day(value, reading.now)
    if at is None:
        reading.problem(Trouble.NO_DATE, f"before:{value}")
        return
    reading.asked = replace(reading.asked, before=min(at, reading.asked.before or at))


_KEYS = {
    "from": _from,
    "page": _page,
    "team": _team,
    "is": _is,
    "has": _has,
    "tag": _tag,
    "after": _after,
    "before": _before,
}


def day(value: str, now: datetime) -> datetime | None:
    """The beginning of a day, month or year (``2026-03-31``, ``31.03.2026``, ``2026-03``, ``2026``), or some time ago
    (``3d``, ``2w``, ``6m``, ``1y``); None for anything else."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if found := _AGO.fullmatch(value.lower()):
            return today - timedelta(days=int(found[1]) * _DAYS[found[2]])
        if found := _GERMAN_DAY.fullmatch(value):
            return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC)
        if found := _DAY.fullmatch(value):
            return datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None


def on_pages(page_ids: Iterable[int]) -> Term:
    """On any of these pages."""
    return Term(tuple((is_page(one),) for one in page_ids), shown=False)


def named(wanted: str, names: Iterable[tuple[int, str]]) -> list[int]:
    """Whose name contains all the words: their ids. A name that is exactly so is meant alone."""
    parts = words(wanted)
    exact = [one for one, name in names if words(name) == parts]
    return exact or [one for one, name in names if all(any(w.startswith(p) for w in words(name)) for p in parts)]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one answer may look: through how many entries at ``first``, through how many more at ``most``, and for
    how long the index may bring all hits."""

    first: int
    most: int
    index_seconds: float


QUICK: Final = Patience(first=10_000, most=40_000, index_seconds=0.04)
"""For what somebody waits for: a tenth of a second, with all that stands around it."""
THOROUGH: Final = Patience(first=100_000, most=1_000_000, index_seconds=1.5)
"""For going on where a quick look ended, while its hits are being read."""


def looks_further(found: int, candidates: int | None, wanted: int, total: float, patience: Patience) -> int | None:
    """How many more entries to look through, when ``found`` of the first fit, and ``candidates`` of them are what the
    index would bring (None: it can't help); None when it is better to fetch all those.

    An entry that the index names lies anywhere, and costs as much as FETCHED that are looked through in a row.
    """
    ahead = wanted * patience.first / (found or 0.5)
    if candidates is not None:
        by_index = FETCHED * candidates / patience.first * total
        in_time = by_index <= patience.index_seconds * LOOKED_THROUGH_A_SECOND
        if in_time and (by_index <= ahead or ahead > patience.most):
            return None
    return min(int(ahead * 1.5), patience.most)


def loosely(terms: Iterable[Term]) -> list[Term]:
    """What the index can tell by itself: which words are there, not whether they stand together."""
    loose = []
    for term in terms:
        if not term.negated and len(term.phrases) == 1:
            loose += [replace(term, phrases=((word,),)) for word in term.phrases[0]]
        elif not term.negated:
            loose.append(term)
    return loose
