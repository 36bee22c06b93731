"""Looking for entries on PostgreSQL: newest first, and never at all of them in one go.

GIN knows no order: it brings all hits of a word, or of the single words of a phrase. So the newest entries are looked
through first; if they don't fill a screen, what they tell says whether to fetch all hits from the index, for as long as
an answer may take, or to look through some more. Where neither comes to an end, the answer says how far it looked, and
the next one goes on there (docs/decisions/search.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, cast, func, literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.inbox.models import Conversation
from app.search import rules
from app.search.hits import Entry
from app.search.models import SearchEntry
from app.search.rules import Patience
from app.search.types import Term

LONGEST_SECONDS = 3.0
_CANCELED = "57014"
"""What PostgreSQL says when a statement met the time limit."""
_FIRST_COLUMNS = ("id", "kind", "source_id", "conversation_id")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which entries are meant, by their numbers: ``least`` and up, ``below`` not."""

    below: int | None
    least: int | None

    def of(self, number: SQLColumnExpression[int]) -> list[ColumnElement[bool]]:
        """The same as conditions."""
        found = [number < self.below] if self.below is not None else []
        return [*found, number >= self.least] if self.least is not None else found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an entry has to fulfil; ``conditions`` are on its conversation."""

    terms: Sequence[Term]
    bounds: Bounds
    conditions: Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and the number below which nothing has been looked at; None when all was, or nothing more is
    needed."""

    entries: list[Entry]
    down_to: int | None = None


def canceled(error: OperationalError) -> bool:
    """Whether a statement met the time limit."""
    return getattr(error.orig, "sqlstate", None) == _CANCELED


def columns_of(columns: Any) -> list[ColumnElement[Any]]:
    """What makes an Entry."""
    return [columns[name] for name in _FIRST_COLUMNS]


def look(session: Session, wanted: Wanted, limit: int, patience: Patience) -> Looked:
    """The newest that fit, ``limit`` at most, with a bounded number of statements that take a bounded time."""
    total = _prepare(session)
    found = _among(session, wanted, patience.first, limit)
    if len(found) == limit:
        return Looked(found)
    edge = _edge(session, wanted.bounds, patience.first)
    if edge is None:
        return Looked(found)
    candidates = _candidates(session, wanted, patience.first, len(found)) if wanted.terms else None
    further = rules.looks_further(len(found), candidates, limit, total, patience)
    if further is None:
        complete = _from_index(session, wanted, limit, patience.index_seconds)
        if complete is not None:
            return Looked(complete)
        further = patience.most
    below = replace(wanted, bounds=replace(wanted.bounds, below=edge))
    found += _among(session, below, further, limit - len(found))
    return Looked(found) if len(found) == limit else Looked(found, _edge(session, below.bounds, further))


def _newest(bounds: Bounds, looked_at: int) -> Select[Any]:
    return select(SearchEntry).where(*bounds.of(SearchEntry.id)).order_by(SearchEntry.id.desc()).limit(looked_at)


def _among(session: Session, wanted: Wanted, looked_at: int, limit: int) -> list[Entry]:
    """Those of the newest so many that fit."""
    window = _newest(wanted.bounds, looked_at).subquery("e")
    fits = [window.c.words.op("@@")(_query(wanted.terms))] if wanted.terms else []
    return _fetch(session, select(*columns_of(window.c)).where(*fits), window, wanted.conditions, limit)


def _edge(session: Session, bounds: Bounds, looked_at: int) -> int | None:
    """The number of the last of the newest so many; None where there are no more than that."""
    query = select(SearchEntry.id).where(*bounds.of(SearchEntry.id)).order_by(SearchEntry.id.desc())
    edge = session.scalars(query.offset(looked_at - 1).limit(2)).all()
    return edge[0] if len(edge) == 2 else None


def _candidates(session: Session, wanted: Wanted, looked_at: int, found: int) -> int:
    """How many of the newest so many the index would bring."""
    loose = rules.loosely(wanted.terms)
    if not wanted.conditions and len(loose) == len(wanted.terms):
        return found
    window = _newest(wanted.bounds, looked_at).subquery("e")
    query = select(func.count()).select_from(window).where(window.c.words.op("@@")(_query(loose)))
    return session.scalar(query) or 0


def _from_index(session: Session, wanted: Wanted, limit: int, seconds: float) -> list[Entry] | None:
    """All hits from the index, the newest of them; None when that takes longer than it may."""
    fits = SearchEntry.words.op("@@")(_query(wanted.terms))
    everything = select(SearchEntry).where(*wanted.bounds.of(SearchEntry.id), fits)
    fetched = everything.cte("e").prefix_with("MATERIALIZED", dialect="postgresql")
    try:
        with session.begin_nested():  # what is given up takes the limit back with it
            _limit_time(session, seconds)
            found = _fetch(session, select(*columns_of(fetched.c)), fetched, wanted.conditions, limit)
            _limit_time(session, LONGEST_SECONDS)
            return found
    except OperationalError as error:
        if not canceled(error):
            raise
        return None


def _fetch(
    session: Session, query: Select[Any], source: Any, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[Entry]:
    """The newest of what is selected from ``source`` whose conversation fulfils the conditions. Contacts, which belong
    to none, are left out only where there are any."""
    if conditions:
        query = query.join(Conversation, Conversation.id == source.c.conversation_id)
    query = query.where(*conditions).order_by(source.c.id.desc()).limit(limit)
    return [Entry(*row) for row in session.execute(query)]


def _query(terms: Iterable[Term]) -> ColumnElement[Any]:
    return cast(literal(rules.as_tsquery(terms)), TSQUERY)


def _limit_time(session: Session, seconds: float) -> None:
    session.execute(select(func.set_config("statement_timeout", f"{seconds}s", True)))


def _prepare(session: Session) -> float:
    """Settings for this transaction; answers about how many entries there are.

    A plan made for any word is wrong for most. Compiling a query takes longer than running it. The table is never read
    from end to end.
    """
    settings = {
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        "enable_seqscan": "off",
        "statement_timeout": f"{LONGEST_SECONDS}s",
    }
    total = text("(SELECT reltuples FROM pg_class WHERE oid = 'search_entries'::regclass)")
    row = session.execute(
        select(literal_column(str(total)), *(func.set_config(name, value, True) for name, value in settings.items()))
    ).one()
    return float(row[0])
