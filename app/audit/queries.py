"""Reading the log."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import rules
from app.audit.models import AuditLine
from app.audit.types import Head, Link, Problem, Report

_AT_ONCE = 2_000


def last(session: Session) -> tuple[int, str]:
    """Number and hash of the newest line; 0 and the beginning's mark when there is none."""
    row = session.execute(select(AuditLine.seq, AuditLine.hash).order_by(AuditLine.seq.desc()).limit(1)).one_or_none()
    return (row.seq, row.hash) if row else (0, rules.FIRST)


def lines(session: Session) -> Iterator[Link]:
    """The whole log, oldest first, a piece at a time."""
    after = 0
    while True:
        query = select(*AuditLine.__table__.columns).where(AuditLine.seq > after).order_by(AuditLine.seq)
        rows = session.execute(query.limit(_AT_ONCE)).all()
        for row in rows:
            yield Link(**row._mapping)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].seq


def about(session: Session, subject: str) -> list[Link]:
    """What was done to one thing, oldest first."""
    query = select(*AuditLine.__table__.columns).where(AuditLine.subject == subject).order_by(AuditLine.seq)
    return [Link(**row._mapping) for row in session.execute(query)]


def verify(session: Session, heads: Sequence[Head], forged: Sequence[Problem] = ()) -> Report:
    """Walk the whole chain and hold it against the heads written outside; ``forged`` are those not of our making."""
    counted = 0

    def counting() -> Iterator[Link]:
        nonlocal counted
        for line in lines(session):
            counted += 1
            yield line

    found = [*forged]
    for problem in rules.problems(counting(), heads):
        found.append(problem)
        if len(found) >= rules.MOST_PROBLEMS:
            break
    return Report(counted, len(heads), tuple(found))
