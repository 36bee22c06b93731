"""How many conversations there are of each sort, kept as they change instead of counted when somebody asks.

Triggers on ``conversations`` keep the numbers, whoever writes there and however. On SQLite, where one writes at a time,
they change the numbers at once. On PostgreSQL each transaction adds rows of its own to ``conversation_count_changes``:
two never wait for each other, let alone for each other in a circle; ``fold`` adds the rows to the numbers. What is
asked for is always numbers and rows together, in one statement, which sees one moment (docs/decisions/counts.md).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from app.core.db import fixed, insert_or, run_in_bulk
from app.inbox import filters
from app.inbox.models import Conversation, ConversationCount, ConversationCountChange
from app.inbox.types import ConversationState, ListFilter

FOLDED_AT_ONCE = 5_000
WORTH_FOLDING = 500
"""Waiting changes that are folded before the next sweep."""
_KEY = ("state", "team_id", "assignee_id", "page_id")
_COUNTS = cast(Table, ConversationCount.__table__)
_CHANGES = cast(Table, ConversationCountChange.__table__)


def numbers(states: Iterable[ConversationState | None]) -> Subquery:
    """All that is known of conversations in these states (None: any), to be added up by ``length``."""
    wanted = set(states)
    named = [fixed(state) for state in sorted(filter(None, wanted))]
    parts = []
    for table in (_COUNTS, _CHANGES):
        nobody = func.nullif(table.c.assignee_id, fixed(0)).label("assignee_id")
        part = select(table.c.state, table.c.team_id, nobody, table.c.page_id, table.c.n)
        parts.append(part if None in wanted else part.where(table.c.state.in_(named)))
    return union_all(*parts).subquery()


def length(known: Subquery, wanted: ListFilter) -> ColumnElement[int]:
    """How long a list is that ``app.inbox.filters.counted``; ``known`` are the ``numbers`` of its state at least."""
    fits = and_(true(), *filters.conditions(wanted, known.c))
    return func.coalesce(func.sum(case((fits, known.c.n), else_=fixed(0))), fixed(0))


def has_many_changes(session: Session, _now: datetime) -> bool:
    """Whether folding is worth while now."""
    return session.scalar(select(_CHANGES.c.id).offset(WORTH_FOLDING).limit(1)) is not None


def fold(session: Session) -> int:
    """Add up to 5,000 waiting changes to the numbers; answer how many. Two at once take different ones."""
    some = select(_CHANGES.c.id).order_by(_CHANGES.c.id).limit(FOLDED_AT_ONCE).with_for_update(skip_locked=True)
    columns = [_CHANGES.c[name] for name in (*_KEY, "n")]
    gone = session.execute(delete(_CHANGES).where(_CHANGES.c.id.in_(some.scalar_subquery())).returning(*columns)).all()
    sums: dict[tuple[Any, ...], int] = defaultdict(int)
    for *key, n in gone:
        sums[tuple(key)] += n
    rows = [dict(zip(_KEY, key, strict=True), n=n) for key, n in sorted(sums.items()) if n]  # in order: no deadlock
    if rows:
        statement = insert_or(session, _COUNTS).values(rows)
        session.execute(
            statement.on_conflict_do_update(index_elements=_KEY, set_={"n": _COUNTS.c.n + statement.excluded.n})
        )
    run_in_bulk(session, delete(ConversationCount).where(ConversationCount.n == 0))
    return len(gone)


def mend(session: Session) -> int:
    """Count all conversations and correct the numbers where they are wrong; answer how many were.

    One statement, so that it compares what stood at one moment; it adds the difference as a change, which is right
    whatever is written meanwhile. Reads the whole table.
    """
    key = [getattr(Conversation, name) for name in _KEY]
    key[2] = func.coalesce(Conversation.assignee_id, 0).label("assignee_id")
    told = [select(*(table.c[name] for name in _KEY), -table.c.n) for table in (_COUNTS, _CHANGES)]
    there = select(*key, literal(1).label("n"))
    all_of_them = union_all(there, *told).subquery()
    difference = func.sum(all_of_them.c.n)
    columns = [all_of_them.c[name] for name in _KEY]
    wrong = select(*columns, difference).group_by(*columns).having(difference != 0)
    added = session.execute(insert(_CHANGES).from_select([*_KEY, "n"], wrong).returning(_CHANGES.c.id)).all()
    return len(added)
