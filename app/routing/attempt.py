"""A trial at once, in the caller's own transaction: what the command line shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.core.i18n import gettext as _
from app.routing import book, queries, replay, versions
from app.routing.tally import SPAM, Replayed


@dataclass(frozen=True, slots=True)
class Attempt:
    """Rules about to be replayed."""

    count: int
    """How many conversations will be."""
    _session: Session
    _replay: replay.Replay
    _span: replay.Span
    _names: dict[str, str]

    @property
    def puts_out_of_sight(self) -> bool:
        """Whether any of the rules hides, resolves, puts off or sets anything aside."""
        return any(rule.then.out_of_sight for rule in self._replay.after.rules)

    def portions(self) -> Iterator[Sequence[Replayed]]:
        """What comes of them, some at a time."""
        return replay.portions(self._session, self._replay, self._span)

    def name(self, place: str) -> str:
        """A place of a tally, for people."""
        return self._names.get(place, place)


def begin(session: Session, source: str, days: int, now: datetime, against_id: int | None = None) -> Attempt:
    """Prepare to replay a text of rules beside a version (None: the one in force). Raises InvalidRules, NotFound."""
    wanted = versions.checked(session, source)
    if against_id is None:
        _version, before = queries.in_force_book(session)
    else:
        one = queries.version(session, against_id)
        before = queries.book(session, one.id, one.digest)
    span = replay.span(session, days, now)
    names = {str(team.id): team.name for team in accounts.teams(session)} | {SPAM: _("spam")}
    return Attempt(span.count, session, replay.prepare(session, before, book.compiled(wanted)), span, names)
