"""One writer for many readers: what several threads have read is stored in common transactions.

A commit costs the disk the same for one page as for fifty, and SQLite admits one writer at a time anyway. Each piece
stands on a savepoint of its own: one that fails takes nothing with it.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy.orm import Session

from app.core.db import Database

T = TypeVar("T")
_TOGETHER = 50


class Writer:
    """Use as a context manager; ``do`` may be called from any thread inside."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: SimpleQueue[tuple[Callable[[Session], Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def do(self, piece: Callable[[Session], T]) -> T:
        """Run ``piece`` in a transaction and answer what it answered, once that is committed; raises what it raised."""
        future: Future[T] = Future()
        self._waiting.put((piece, future))
        return future.result()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            last = False
            while len(group) < _TOGETHER and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    last = True
                    break
                group.append(more)
            self._commit(group)
            if last:
                return

    def _commit(self, group: "Sequence[tuple[Callable[[Session], Any], Future[Any]]]") -> None:
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._db.write() as session:
                for piece, future in group:
                    try:
                        with session.begin_nested():
                            results.append((future, piece(session), None))
                    except Exception as error:  # noqa: BLE001 (handed to whoever asked)
                        results.append((future, None, error))
                    session.expunge_all()
        except Exception as error:  # noqa: BLE001 (nothing was committed: everybody must know)
            for _piece, future in group:
                future.set_exception(error)
            return
        for future, result, failure in results:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
