"""Writing the log: in the transaction of the act, as the very last thing before the commit."""

from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.audit import queries, rules
from app.audit.models import AuditLine
from app.audit.types import Action, Entry, Origin
from app.core.db import at_end, one_at_a_time

_WAITING = "audit_entries"
_PRETENDED = "audit_pretended"
_CHAIN = 0x61756469  # any number, as long as every Porchlight takes the same
_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def comes_from(origin: Origin) -> None:
    """Say where the request that is being worked on came from; holds until something else is said."""
    _origin.set(origin)


def pretend(session: Session) -> None:
    """Nothing of this transaction is written down: the demonstration's people do it, whom nobody is."""
    session.info[_PRETENDED] = True


def note(
    session: Session,
    action: Action,
    subject: str,
    now: datetime,
    *,
    by: int | None,
    content_hash: str | None = None,
    **facts: str | int | bool | None,
) -> None:
    """Write an act down in short. ``by`` is who did it; None: Porchlight itself, or its command line."""
    record(session, Entry(action, subject, now, by, facts=facts, content_hash=content_hash))


def record(session: Session, entry: Entry) -> None:
    """Write an act down. If the transaction fails, nothing was done and nothing is written.

    Lines are chained one transaction at a time; doing that last keeps others waiting for no longer than the commit.
    """
    if _PRETENDED in session.info:
        return
    waiting = session.info.setdefault(_WAITING, [])
    waiting.append(replace(entry, origin=_origin.get()))
    if len(waiting) == 1:
        at_end(session, _write)


def _write(session: Session) -> None:
    entries: list[Entry] = session.info.pop(_WAITING)
    one_at_a_time(session, _CHAIN)
    seq, previous = queries.last(session)
    rows = []
    for number, entry in enumerate(entries, seq + 1):
        line = rules.link(entry, number, previous)
        previous = line.hash
        rows.append({name: getattr(line, name) for name in line.__slots__})
    session.execute(insert(AuditLine), rows)
