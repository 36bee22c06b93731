"""Staying on the line with platforms that tell of news, a thread for each page. What is heard only makes a page due:
reading goes on at its pace whether or not anybody listens, and so nothing here is kept or made up for."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from time import monotonic

import structlog

from app.connectors.errors import AuthExpired, ConnectorError, Permanent, RateLimited
from app.connectors.ports import Access
from app.connectors.registry import Registry
from app.core import trouble
from app.core.chance import draw, spread
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.pages import earshot
from app.pages.types import Reach

log = structlog.get_logger()
MOST = 50
"""Lines at a time. Pages beyond are read at their pace."""
LOOK_SECONDS = 20.0
"""How often pages that came, changed or went are looked for."""
PAUSE_SECONDS = 1.0
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
STABLE_SECONDS = 60.0
"""A line that stood this long is taken up again with the first pause."""


def pause(first: timedelta, failures: int, drawn: float) -> timedelta:
    """How long a line that broke is left alone: ``first``, doubled for each further of the ``failures`` in a row, up
    to a quarter of an hour. ``drawn`` is 0 to 1 and spreads lines that broke together."""
    return spread(min(first * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE), drawn)


@dataclass(frozen=True, slots=True)
class _Line:
    """What one thread listens for, until ``hung_up``."""

    reach: Reach
    hung_up: threading.Event = field(default_factory=threading.Event)

    def serves(self, reach: Reach | None) -> bool:
        return reach is not None and (reach.url, reach.sealed_secret) == (self.reach.url, self.reach.sealed_secret)


class Listening:
    """All lines of one process, ``most`` at a time. ``first_pause`` is how long one that broke once is left alone."""

    def __init__(
        self,
        db: Database,
        connectors: Registry,
        box: SecretBox,
        *,
        most: int = MOST,
        first_pause: timedelta = FIRST_PAUSE,
    ) -> None:
        self._db, self._connectors, self._box = db, connectors, box
        self._most, self._first_pause = most, first_pause
        self._lines: dict[int, _Line] = {}
        self._told: SimpleQueue[int] = SimpleQueue()
        self._waiting: set[int] = set()
        """Pages that were heard of and not told of yet."""

    def run(self, stopping: threading.Event) -> None:
        """Listen until asked to stop. Threads that still wait for a word end with the process, or with the next word.

        Whatever goes wrong is logged, and tried again.
        """
        looked = float("-inf")
        while not stopping.wait(PAUSE_SECONDS):
            try:
                if monotonic() - looked >= LOOK_SECONDS:
                    looked = monotonic()
                    self.look()
                self.pass_on()
            except Exception as error:  # noqa: BLE001 (nothing depends on it; the log says what it was)
                log.warning("listening_failed", error=type(error).__name__, text=trouble.explain(error))
        self.hang_up()

    def look(self) -> None:
        """Take up the lines that are wanted and not there, and hang up those that are not wanted any more."""
        kinds = [kind for kind in self._connectors.kinds() if self._connectors.streaming(kind) is not None]
        with self._db.read() as session:
            wanted = earshot.within(session, kinds, self._most)
        for page_id, line in list(self._lines.items()):
            if not line.serves(wanted.get(page_id)):
                line.hung_up.set()
                del self._lines[page_id]
        for page_id, reach in wanted.items():
            if page_id not in self._lines:
                line = _Line(reach)
                threading.Thread(target=self._keep, args=(page_id, line), name="listen", daemon=True).start()
                self._lines[page_id] = line

    def pass_on(self) -> None:
        """Make the pages due that were heard of; those that are being read have to wait for the next time."""
        self._waiting.update(self._heard())
        if self._waiting:
            with self._db.write() as session:
                later = earshot.told(session, self._waiting, utc_now())
            self._waiting = later

    def hang_up(self) -> None:
        """Hang up all lines."""
        for line in self._lines.values():
            line.hung_up.set()
        self._lines.clear()

    def _heard(self) -> Iterator[int]:
        while True:
            try:
                yield self._told.get_nowait()
            except Empty:
                return

    def _keep(self, page_id: int, line: _Line) -> None:
        """Stay on one line; when it breaks, take it up again."""
        failures = 0
        while not line.hung_up.is_set():
            begun, code, wait = monotonic(), "ended", timedelta()
            try:
                self._listen(page_id, line, again=failures > 0)
            except ConnectorError as error:
                code, wait = error.code, _named(error)
            except Exception as error:
                code = "internal"
                log.exception("listening_crashed", page=page_id, error=type(error).__name__)
            if line.hung_up.is_set():
                return
            failures = 1 if monotonic() - begun >= STABLE_SECONDS else failures + 1
            seconds = max(wait, pause(self._first_pause, failures, draw())).total_seconds()
            log.info("line_broken", page=page_id, code=code, next_try_in_seconds=round(seconds))
            line.hung_up.wait(seconds)

    def _listen(self, page_id: int, line: _Line, *, again: bool) -> None:
        """``again``: the line broke before, and nobody knows what was said meanwhile."""
        reach = line.reach
        connector = self._connectors.streaming(reach.connector)
        if connector is None or reach.sealed_secret is None:
            return
        access = Access(reach.url, reach.settings, self._box.open(reach.sealed_secret))
        first = True
        for news in connector.listen(access):
            if line.hung_up.is_set():
                return
            if first:
                log.info("listening", page=page_id)
            if news or (first and again):
                self._told.put(page_id)
            first = False


def _named(error: ConnectorError) -> timedelta:
    """How long a line is to be left alone at least, by what was said. That a login is refused, the next read tells."""
    if isinstance(error, RateLimited) and error.retry_at is not None:
        return error.retry_at - utc_now()
    return LONGEST_PAUSE if isinstance(error, AuthExpired | Permanent) else timedelta()
