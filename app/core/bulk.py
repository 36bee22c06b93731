"""Many rows in one statement.

The driver takes the values as they are sent: SQLAlchemy's own handling of each value of each row costs several times as
much as the database needs for it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, Dialect, Subquery, Table, Text, bindparam, column, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

Process = Callable[[Any], Any] | None
Piece = TypeVar("Piece")
_AT_ONCE = 50
"""Rows in one of SQLite's statements: it takes half the time for them, and lets other threads run meanwhile instead of
once after each row."""


def insert_rows(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns. Raises IntegrityError like any insert."""
    if not rows:
        return
    session.flush()
    connection = session.connection()
    sql, processes = _insert(cast("Table", table), tuple(rows[0]), connection.dialect)
    made: dict[Process, dict[int, Any]] = {}
    columns = [
        _column([row[name] for row in rows], process, made.setdefault(process, {})) for name, process in processes
    ]
    values = list(zip(*columns, strict=True))
    if connection.dialect.name == "sqlite":
        whole = len(values) // _AT_ONCE * _AT_ONCE
        if whole:
            starts = range(0, whole, _AT_ONCE)
            together = [tuple(chain.from_iterable(values[start : start + _AT_ONCE])) for start in starts]
            connection.exec_driver_sql(_repeated(sql, _AT_ONCE), together)
        values = values[whole:]
    if values:
        connection.exec_driver_sql(sql, values)


def pairs(session: Session, values: Sequence[tuple[int | str, str]]) -> Subquery:
    """Pairs as a table with the columns ``a`` and ``b``, to be joined with: one statement for any number of them.

    The first of all pairs are numbers, or all are texts.
    """
    if session.get_bind().dialect.name == "sqlite":
        each = func.json_each(bindparam(None, json.dumps(values), unique=True)).table_valued(column("value", Text))
        a, b = (func.json_extract(each.c.value, f"$[{place}]") for place in (0, 1))
        return select(a.label("a"), b.label("b")).subquery()
    first = BigInteger if values and isinstance(values[0][0], int) else Text
    lists = (
        bindparam(None, [pair[place] for pair in values], postgresql.ARRAY(kind()), unique=True)
        for place, kind in ((0, first), (1, Text))
    )
    rows = func.unnest(*lists).table_valued(column("a", first), column("b", Text)).render_derived()
    return select(rows.c.a, rows.c.b).subquery()


def parts(some: Sequence[Piece], size: int = 400) -> Iterator[Sequence[Piece]]:
    """The same in pieces that one statement takes."""
    return (some[start : start + size] for start in range(0, len(some), size))


def _column(values: list[Any], process: Process, made: dict[int, Any]) -> list[Any]:
    """The values as the driver takes them. Many are the very same object, such as the time of the batch, or a time that
    stands in two columns: ``made`` remembers by their ``id`` what became of them, as long as the rows hold them."""
    if process is None:
        return values
    column: list[Any] = []
    last: Any = column  # no value is this list
    for value in values:
        if value is not last:
            last, which = value, id(value)
            if which not in made:
                made[which] = process(value)
            converted = made[which]
        column.append(converted)
    return column


@lru_cache(maxsize=200)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, list[tuple[str, Process]]]:
    """The statement, and how each column's values are made into what the driver takes."""
    processes: list[tuple[str, Process]] = [
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    ]
    places = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(names))
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", processes  # noqa: S608 (our own names)


@lru_cache(maxsize=200)
def _repeated(sql: str, times: int) -> str:
    """An INSERT of one row, made into one of so many."""
    head, values, row = sql.partition(" VALUES ")
    return head + values + ", ".join([row] * times)
