"""Trials: rules replayed on the last days, asked for here and worked on by a background job, slice by slice."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.db import Database, changed_rows, run_in_bulk
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.inbox.models import Conversation
from app.routing import queries, replay, tally, versions
from app.routing.book import RuleBook
from app.routing.models import RuleSet, RuleTrial
from app.routing.types import TrialState

log = structlog.get_logger()
OPEN = (TrialState.WAITING, TrialState.RUNNING)
LEASE = timedelta(seconds=30)
"""After a portion, which takes a second: somebody watches the bar. Of two who go on, the first to note it counts."""
KEPT = timedelta(days=365)
SLICE_SECONDS = 4.0
"""How long a worker goes on with one trial before it looks what else there is to do."""


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial with what came of it so far."""

    id: int
    rule_set_id: int
    against_id: int | None
    days: int
    state: TrialState
    asked_at: datetime
    asked_by: str | None
    finished_at: datetime | None
    total: int
    done: int
    tally: Mapping[str, Any]
    error: str | None
    is_current: bool
    """Whether the version's text is still the one that was tried."""

    @property
    def share_done(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 1.0


def ask(
    session: Session, actor_id: int | None, rule_set_id: int, *, days: int, against_id: int | None, now: datetime
) -> int:
    """Ask for a version to be replayed on the last days, compared with another (None: the one in force).

    Answers the trial's id. Raises NotFound, InvalidInput.
    """
    one = session.get(RuleSet, rule_set_id)
    if one is None:
        raise NotFound(_("There is no such version of the rules."))
    if not 1 <= days <= replay.LONGEST_DAYS:
        raise InvalidInput(_("Name 1 to %(n)s days.", n=replay.LONGEST_DAYS), field="days")
    if against_id is None:
        against_id = queries.in_force_id(session)
    elif session.get(RuleSet, against_id) is None:
        raise NotFound(_("There is no such version of the rules."))
    wanted = replay.span(session, days, now)
    trial = RuleTrial(
        rule_set_id=one.id,
        digest=one.digest,
        source=one.source,
        against_id=against_id,
        days=days,
        state=TrialState.WAITING,
        asked_at=now,
        asked_by_id=actor_id,
        last_id=wanted.upto,
        at_id=wanted.after,
        total=wanted.count,
        done=0,
        tally=tally.empty(),
    )
    session.add(trial)
    session.flush()
    defer_wake(session, JobName.TRY_RULES)
    return trial.id


def stop(session: Session, trial_id: int, now: datetime) -> None:
    """Give a trial up; what it found so far stays."""
    stopped = update(RuleTrial).where(RuleTrial.id == trial_id, RuleTrial.state.in_(OPEN))
    session.execute(stopped.values(state=TrialState.STOPPED, finished_at=now, lease_until=None))


def tidy(session: Session, now: datetime) -> None:
    """Remove trials that nobody can want any more."""
    run_in_bulk(session, delete(RuleTrial).where(RuleTrial.asked_at < now - KEPT))


def has_due(session: Session, now: datetime) -> bool:
    """Whether any trial waits for somebody to work on it."""
    return _due(session, now) is not None


def work(db: Database, now: datetime, *, seconds: float = SLICE_SECONDS) -> bool:
    """Go on with the oldest trial for a while; answer whether there was one.

    Reads in one transaction and notes how far it is in others, so that nobody waits for it. A process that dies loses
    a portion, no more.
    """
    with db.write() as session:
        trial_id = _claim(session, now)
    if trial_id is None:
        return False
    try:
        _go_on(db, trial_id, now, time.monotonic() + seconds)
    except InvalidInput as error:
        _fail(db, trial_id, now, error.message)
    except Exception:
        log.exception("rule_trial_failed", trial=trial_id)
        _fail(db, trial_id, now, _("Something went wrong that should not have; the log says what."))
    return True


def _go_on(db: Database, trial_id: int, now: datetime, until: float) -> None:
    with db.read() as session:
        trial = session.get_one(RuleTrial, trial_id)
        at, done, upto = trial.at_id, trial.done, trial.last_id
        found = dict(trial.tally)
        work = replay.prepare(session, _against(session, trial.against_id), queries.book_of(trial.source))
        over = False
        while not over:
            last, some = work.portion(session, at, upto)
            tally.add(found, some)
            done += len(some)
            over = not some
            if not _note(db, trial_id, at, last, done, found, over=over, now=now):
                return
            at = last
            if time.monotonic() > until:
                break
    with db.write() as session:
        if over:
            versions.note_tried(session, trial.rule_set_id, trial.asked_by_id, now, trial_id)
        else:
            released = update(RuleTrial).where(RuleTrial.id == trial_id, RuleTrial.at_id == at)
            session.execute(released.values(lease_until=None))
            defer_wake(session, JobName.TRY_RULES)


def _against(session: Session, rule_set_id: int | None) -> RuleBook:
    digest = session.scalar(select(RuleSet.digest).where(RuleSet.id == rule_set_id)) if rule_set_id else None
    return queries.book(session, rule_set_id, digest) if rule_set_id and digest else queries.book_of("")


def _note(
    db: Database, trial_id: int, at: int, last: int, done: int, found: dict[str, Any], *, over: bool, now: datetime
) -> bool:
    """Note how far it is; False when somebody else went on with it, or stopped it."""
    mine = update(RuleTrial).where(
        RuleTrial.id == trial_id, RuleTrial.state == TrialState.RUNNING, RuleTrial.at_id == at
    )
    values: dict[str, Any] = {"at_id": last, "done": done, "tally": found, "lease_until": now + LEASE}
    if over:
        values |= {"state": TrialState.DONE, "finished_at": now, "lease_until": None}
    with db.write() as session:
        return changed_rows(session, mine.values(**values)) == 1


def _fail(db: Database, trial_id: int, now: datetime, why: str) -> None:
    with db.write() as session:
        failed = update(RuleTrial).where(RuleTrial.id == trial_id, RuleTrial.state.in_(OPEN))
        session.execute(failed.values(state=TrialState.FAILED, error=why[:500], finished_at=now, lease_until=None))


def _due(session: Session, now: datetime) -> int | None:
    free = or_(RuleTrial.lease_until.is_(None), RuleTrial.lease_until <= now)
    query = select(RuleTrial.id).where(RuleTrial.state.in_(OPEN), free).order_by(RuleTrial.id).limit(1)
    return session.scalar(query)


def _claim(session: Session, now: datetime) -> int | None:
    trial_id = _due(session, now)
    if trial_id is None:
        return None
    free = or_(RuleTrial.lease_until.is_(None), RuleTrial.lease_until <= now)
    mine = update(RuleTrial).where(RuleTrial.id == trial_id, RuleTrial.state.in_(OPEN), free)
    return trial_id if changed_rows(session, mine.values(state=TrialState.RUNNING, lease_until=now + LEASE)) else None


def view(session: Session, trial_id: int) -> TrialView:
    """A trial. Raises NotFound."""
    query = (
        select(RuleTrial, RuleSet.digest, User.name)
        .join(RuleSet, RuleSet.id == RuleTrial.rule_set_id)
        .outerjoin(User, User.id == RuleTrial.asked_by_id)
        .where(RuleTrial.id == trial_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(_("There is no such trial."))
    return _view(*row)


def of_version(session: Session, rule_set_id: int, limit: int = 10) -> list[TrialView]:
    """The newest trials of a version."""
    query = (
        select(RuleTrial, RuleSet.digest, User.name)
        .join(RuleSet, RuleSet.id == RuleTrial.rule_set_id)
        .outerjoin(User, User.id == RuleTrial.asked_by_id)
        .where(RuleTrial.rule_set_id == rule_set_id)
        .order_by(RuleTrial.id.desc())
        .limit(limit)
    )
    return [_view(*row) for row in session.execute(query)]


def snippets(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """What conversations begin with, for examples."""
    query = select(Conversation.id, Conversation.snippet).where(Conversation.id.in_(ids))
    return dict(session.execute(query).all())


def _view(trial: RuleTrial, digest: str, asked_by: str | None) -> TrialView:
    return TrialView(
        id=trial.id,
        rule_set_id=trial.rule_set_id,
        against_id=trial.against_id,
        days=trial.days,
        state=trial.state,
        asked_at=trial.asked_at,
        asked_by=asked_by,
        finished_at=trial.finished_at,
        total=trial.total,
        done=trial.done,
        tally=trial.tally,
        error=trial.error,
        is_current=trial.digest == digest,
    )
