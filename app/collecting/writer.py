"""One writer for many readers: what several threads have read is stored in common transactions.

A commit costs the disk the same for one page as for fifty, the statements of an intake cost the same for fifty pages as
for one, and SQLite admits one writer at a time anyway.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy.orm import Session

from app.collecting.types import Load
from app.core.clock import utc_now
from app.core.db import Database
from app.inbox.arrivals import Stored

T = TypeVar("T")
Store = Callable[[Session, Sequence[Load], datetime], Sequence[Stored | None]]
Piece = Callable[[Session], Any]
_TOGETHER = 1_000
"""So many comments are stored at a time: more would save little time and cost memory."""


class Writer:
    """Use as a context manager; ``store`` and ``do`` may be called from any thread inside, and answer once what they
    brought is committed. They raise what came of it: a load or a piece that fails takes nothing with it."""

    def __init__(self, db: Database, store: Store) -> None:
        self._db = db
        self._store = store
        self._waiting: SimpleQueue[tuple[Load | Piece, Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def store(self, load: Load) -> Stored | None:
        """Store a load, in one go with those of other pages."""
        answer: Stored | None = self._hand_over(load)
        return answer

    def do(self, piece: Callable[[Session], T]) -> T:
        """Run ``piece`` in a transaction and answer what it answered."""
        answer: T = self._hand_over(piece)
        return answer

    def _hand_over(self, what: Load | Piece) -> Any:
        future: Future[Any] = Future()
        self._waiting.put((what, future))
        return future.result()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            size = _size(first)
            last = False
            while size < _TOGETHER and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    last = True
                    break
                group.append(more)
                size += _size(more)
            self._commit(group)
            if last:
                return

    def _commit(self, group: "Sequence[tuple[Load | Piece, Future[Any]]]") -> None:
        loads = [(what, future) for what, future in group if isinstance(what, Load)]
        pieces = [(what, future) for what, future in group if not isinstance(what, Load)]
        try:
            with self._db.write() as session:
                settled = self._store_all(session, loads)
                settled += [(future, _on_savepoint(session, piece)) for piece, future in pieces]
        except Exception as error:  # noqa: BLE001 (nothing was committed: everybody must know)
            for _what, future in group:
                future.set_exception(error)
            return
        for future, (answer, failure) in settled:
            if failure is None:
                future.set_result(answer)
            else:
                future.set_exception(failure)

    def _store_all(self, session: Session, loads: "Sequence[tuple[Load, Future[Any]]]") -> "list[_Settled]":
        """All at once; where that fails each by itself, so that only the one at fault is held up."""
        now = utc_now()
        if not loads:
            return []
        answers, failure = _on_savepoint(session, lambda s: self._store(s, [load for load, _future in loads], now))
        if failure is None:
            return [(future, (one, None)) for (_load, future), one in zip(loads, answers, strict=True)]
        return [
            (future, _on_savepoint(session, lambda s, load=load: self._store(s, [load], now)[0]))  # type: ignore[misc]
            for load, future in loads
        ]


def _size(waiting: "tuple[Load | Piece, Future[Any]]") -> int:
    what, _future = waiting
    return 10 + len(what.batch.items) if isinstance(what, Load) else 10


_Settled = tuple["Future[Any]", tuple[Any, BaseException | None]]


def _on_savepoint(session: Session, piece: Piece) -> tuple[Any, BaseException | None]:
    try:
        with session.begin_nested():
            return piece(session), None
    except Exception as error:  # noqa: BLE001 (handed to whoever asked)
        return None, error
    finally:
        session.expunge_all()
