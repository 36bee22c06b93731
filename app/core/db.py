"""The database: one engine, two kinds of transaction, work that leaves only after the commit.

SQLite runs in WAL mode with full durability. A transaction that will write takes the write lock at its beginning:
upgrading a read transaction later fails at once instead of waiting.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    UpdateBase,
    create_engine,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator, TypeEngine

BUSY_SECONDS = 30
PATIENCE = 0.5
"""Seconds."""
_WRITES = "porchlight_writes"
_AFTER = "after_commit"
_LAST = "before_commit"

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit numbers; SQLite's own row numbers already are."""
JsonData = JSON().with_variant(postgresql.JSONB(), "postgresql")


_TWO = [f"{number:02}" for number in range(60)]


class _SqliteTime(sqlite.DATETIME):
    """Times as SQLAlchemy writes them to SQLite, read in a third of the time."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], datetime | None]:
        def to_time(value: str | None) -> datetime | None:
            return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)

        return to_time


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("times must carry a time zone")
    return value.astimezone(UTC)


@lru_cache(maxsize=4_000)
def _day(number: int) -> str:
    return date.fromordinal(number).isoformat()


def _as_text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes times to SQLite, in a third of the time: ``isoformat`` goes through C's ``printf``."""
    value = _in_utc(value)
    if value is None:
        return None
    clock = f"{_TWO[value.hour]}:{_TWO[value.minute]}:{_TWO[value.second]}"
    return f"{_day(value.toordinal())} {clock}.{value.microsecond:06}"


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC times on both databases; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        if dialect.name == "sqlite":
            return _SqliteTime()  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | str | None]:
        return _as_text if dialect.name == "sqlite" else _in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all models; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own form)
        datetime: UtcTime(),
        dict[str, Any]: JsonData,
        list[str]: JsonData,
        Enum: EnumType(
            Enum, native_enum=False, length=20, values_callable=lambda kind: [member.value for member in kind]
        ),
    }


class Database:
    """Transactions on one database.

    ``after_commit`` receives what ``defer`` collected during a write, once the outermost commit has succeeded; on a
    rollback it is dropped with everything else. ``impatient``: whoever waits needs an answer within a second, so
    nothing is waited for longer than ``PATIENCE``, and what the driver says then is raised.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        busy_seconds: float = BUSY_SECONDS,
        impatient: bool = False,
        after_commit: Callable[[list[Any]], None] | None = None,
    ) -> None:
        self.engine = _impatient_engine(url, pool_size) if impatient else _engine(url, pool_size, busy_seconds)
        self._after_commit = after_commit
        self._readers = sessionmaker(self.engine.execution_options(postgresql_readonly=True), expire_on_commit=False)
        self._writers = sessionmaker(self.engine.execution_options(**{_WRITES: True}), expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: PostgreSQL refuses to write in it, SQLite forgets what it changed."""
        with self._readers() as session:
            yield session
            if self.engine.dialect.name == "postgresql" and session.in_transaction():
                # After a rollback psycopg forgets the statements it prepared, and planning them takes longer than
                # answering most of them.
                session.expunge_all()
                session.commit()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end of the block and rolls back on any exception."""
        with self._writers() as session:
            with session.begin():
                yield session
                for last in session.info.pop(_LAST, ()):
                    last(session)
            work = list(session.info.pop(_AFTER, {}))
        if work and self._after_commit is not None:
            self._after_commit(work)

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def defer(session: Session, work: Hashable) -> None:
    """Keep ``work`` until the transaction has committed; equal pieces are kept once."""
    session.info.setdefault(_AFTER, {})[work] = None


def at_end(session: Session, work: Callable[[Session], None]) -> None:
    """Do ``work`` in this transaction, after everything else in it and right before the commit."""
    session.info.setdefault(_LAST, []).append(work)


def one_at_a_time(session: Session, key: int) -> None:
    """Wait until no other transaction holds ``key``, and hold it until this one ends.

    Transactions that write are alone on SQLite anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(key)))


def run_in_bulk(session: Session, *statements: UpdateBase) -> None:
    """Change any number of rows where they are, in this order; objects in the session are not kept up to date."""
    for statement in statements:
        session.execute(statement.execution_options(synchronize_session=False))


def changed_rows(session: Session, statement: UpdateBase) -> int:
    """Carry out a statement and answer how many rows it changed; objects in the session are not kept up to date."""
    # Of an INSERT nobody counts the rows on PostgreSQL unless that is asked for.
    done = session.execute(statement.execution_options(synchronize_session=False, preserve_rowcount=True))
    return int(done.rowcount)  # type: ignore[attr-defined]


def plain_rows(
    session: Session, statement: Executable, values: Mapping[str, object]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What a statement of single columns finds, past the ORM: it looks at each row, and has nothing to add."""
    session.flush()  # as the ORM does before it asks
    return session.connection().execute(statement, values).all()


def fixed(value: StrEnum | int) -> ColumnElement[Any]:
    """A value that stands in the statement instead of being sent beside it, for what screens ask all day.

    PostgreSQL knows how rare it is, and a statement without parameters it plans once for each connection: else it does
    so five times before it trusts a plan, and putting seven tables together takes longer than the answer. Only for
    values of which there are few: each makes a statement of its own.
    """
    if isinstance(value, StrEnum):
        return literal_column(f"'{value.value}'", String())
    return literal_column(str(int(value)), Integer())


def table_of(model: type[Base]) -> Table:
    """The table that rows of a model stand in."""
    return cast("Table", model.__table__)


def insert_or(session: Session, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say what happens on a conflict, in the words of the database at hand."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _engine(url: str, pool_size: int, busy_seconds: float, *, pool_timeout: float = BUSY_SECONDS) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            connect_args={"timeout": busy_seconds},
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=pool_timeout,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Prepared when it is asked the second time, instead of the fifth: screens ask the same all day.
    arguments = {"prepare_threshold": 1}
    return create_engine(url, connect_args=arguments, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)


def _impatient_engine(url: str, pool_size: int) -> Engine:
    if url.startswith("sqlite"):
        engine = _engine(url, pool_size, PATIENCE, pool_timeout=PATIENCE)
    else:
        limit = int(PATIENCE * 1000)
        options = f"-c statement_timeout={limit} -c lock_timeout={limit}"
        arguments = {"options": options, "connect_timeout": 2}  # libpq takes no less
        engine = create_engine(url, connect_args=arguments, pool_size=pool_size, max_overflow=0, pool_timeout=PATIENCE)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by us, in _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
