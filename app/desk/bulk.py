"""Many conversations at once: a few chosen ones while somebody waits, a whole list by a worker, in portions.

Nothing is overwritten that somebody has changed: chosen ones say which version was seen, whole lists when they were
looked at. All of it is one entry of the journal, taken back like anything else. Services flush; the edge commits.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.desk import access, rules, service
from app.desk.models import BulkJob
from app.desk.types import Deed, Did, JobView, Task, read, written
from app.inbox import journal, queries, tags, waking
from app.inbox import service as inbox
from app.inbox.models import UndoEntry
from app.inbox.types import ListFilter
from app.routing import service as routing

COUNTED_TO = 100_000
_LATEST = select(BulkJob).where(BulkJob.actor_id == bindparam("actor_id")).order_by(BulkJob.id.desc()).limit(1)
"""Put together once, as every list asks it."""


def act_on(session: Session, actor: Actor, chosen: Mapping[int, int], task: Task, now: datetime) -> Did:
    """Do it to these conversations, each at the version that was seen. Raises InvalidInput when there are too many, and
    for a time that nothing can be put off to."""
    if not 0 < len(chosen) <= rules.AT_ONCE:
        raise InvalidInput(_("Choose 1 to %(n)s conversations, or the whole list.", n=rules.AT_ONCE))
    _check(task, now)
    done = sum(_do(session, actor, talk, chosen[talk], task, now) for talk in sorted(chosen))
    return Did(done, len(chosen) - done, journal.entry(session))


def begin(session: Session, actor: Actor, wanted: ListFilter, task: Task, *, seen_at: datetime, now: datetime) -> int:
    """Have it done to all conversations of a list as it stood at ``seen_at``; answer the job's id.

    Raises Forbidden for lists of teams one is not in, InvalidInput for a time that nothing can be put off to.
    """
    if not rules.may_act_on_all(actor, wanted):
        raise Forbidden(
            _("You may act on whole lists of your own teams only. Choose single conversations, or ask a supervisor.")
        )
    _check(task, now)
    (length,) = queries.lengths(session, [wanted], COUNTED_TO)
    fresh = BulkJob(wanted=written(wanted), total=length.n, seen_at=min(seen_at, now))
    fresh.deed, fresh.to_id, fresh.until = task.deed, task.to_id, task.until
    return _add(session, actor, fresh, now)


def begin_undo(session: Session, actor: Actor, entry_id: int | None, now: datetime) -> int | None:
    """Have a large entry of the journal taken back by a worker; answer the job's id, None for one that is small enough
    to be taken back at once. Raises NotFound, Conflict."""
    entry = access.undo_entry(session, actor, entry_id, now)
    unfinished = select(BulkJob).where(BulkJob.entry_id == entry.id, BulkJob.finished_at.is_(None)).with_for_update()
    for one in session.scalars(unfinished):
        one.stopped_at = one.finished_at = now
    if journal.size(session, entry.id, rules.UNDO_AT_ONCE + 1) <= rules.UNDO_AT_ONCE:
        return None
    entry.undone_at = now
    total = journal.size(session, entry.id, COUNTED_TO)
    return _add(session, actor, BulkJob(deed=Deed.UNDO, wanted={}, total=total, seen_at=now, entry_id=entry.id), now)


def stop(session: Session, actor: Actor, job_id: int, now: datetime) -> None:
    """Stop it where it is; what is done stays done, and can be taken back. Raises NotFound."""
    job = access.bulk_job(session, actor, job_id, to_write=True)
    if job.finished_at is None:
        job.stopped_at = job.finished_at = now
        session.flush()


def job(session: Session, actor: Actor, job_id: int) -> JobView:
    """How far it is. Raises NotFound."""
    return _view(access.bulk_job(session, actor, job_id))


def running(session: Session, actor: Actor) -> JobView | None:
    """The latest of one's jobs, while it runs; one statement."""
    found = session.scalar(_LATEST, {"actor_id": actor.id})
    return _view(found) if found is not None and found.finished_at is None else None


def has_due(session: Session, _now: datetime) -> bool:
    """Whether a worker would find something to do."""
    return session.scalar(select(BulkJob.id).where(BulkJob.finished_at.is_(None)).limit(1)) is not None


def work(session: Session, now: datetime) -> bool:
    """Do one portion of the oldest job that nobody is working on; answer whether there was one.

    The job's row stays locked until the commit, which stores the portion and how far it went in one: a worker that is
    killed leaves neither.
    """
    query = select(BulkJob).where(BulkJob.finished_at.is_(None)).order_by(BulkJob.id).limit(1)
    found = session.scalar(query.with_for_update(skip_locked=True))
    if found is None:
        return False
    person = session.get_one(User, found.actor_id)
    if not person.active:
        found.finished_at = found.stopped_at = now
    elif found.deed is Deed.UNDO:
        _undo_portion(session, accounts.actor(session, person), found, now)
    else:
        _portion(session, accounts.actor(session, person), found, now)
    session.flush()
    return True


def _portion(session: Session, actor: Actor, found: BulkJob, now: datetime) -> None:
    wanted = read(found.wanted)
    ids = queries.portion(session, wanted, after=found.cursor, until=found.seen_at, limit=rules.PORTION)
    if not ids:
        found.finished_at = now
        return
    journal.go_on(session, found.entry_id)
    free = queries.still_there(session, wanted, ids)
    task = Task(found.deed, found.to_id, found.until)
    done = sum(_do(session, actor, talk, None, task, now) for talk in free)
    found.done, found.left = found.done + done, found.left + len(ids) - done
    found.cursor, found.entry_id = ids[-1], journal.entry(session)


def _undo_portion(session: Session, actor: Actor, found: BulkJob, now: datetime) -> None:
    entry = session.get_one(UndoEntry, found.entry_id)
    items = journal.items(session, entry.id, after=found.cursor, limit=rules.PORTION)
    if not items:
        found.finished_at = now
        return
    undone = service.put_back(session, actor, entry, items, now)
    found.done, found.left = found.done + len(undone.conversations), found.left + len(undone.left)
    found.cursor = items[-1].conversation_id


def _check(task: Task, now: datetime) -> None:
    if task.deed is Deed.PUT_OFF:
        waking.check_until(task.until, now)


def _do(session: Session, actor: Actor, talk: int, version: int | None, task: Task, now: datetime) -> bool:
    """Whether it was done; what somebody changed meanwhile, or what it can't be done to, is left as it is."""
    to_id = task.to_id
    one = [to_id or 0]
    deeds: dict[Deed, Callable[[], object]] = {
        Deed.TAKE: lambda: inbox.take(session, actor, talk, version, now),
        Deed.ASSIGN: lambda: inbox.assign(session, actor, talk, to_id, version, now),
        Deed.MOVE: lambda: routing.correct(session, actor, talk, to_id or 0, version=version, reason="", now=now),
        Deed.RESOLVE: lambda: inbox.resolve(session, actor, talk, version, now),
        Deed.REOPEN: lambda: inbox.reopen(session, actor, talk, version, now),
        Deed.PUT_OFF: lambda: waking.put_off(session, actor, talk, task.until, version, now),
        Deed.SPAM: lambda: inbox.set_aside(session, actor, talk, version, now),
        Deed.TAG: lambda: tags.put_on(session, actor, talk, one, version, now),
        Deed.UNTAG: lambda: tags.take_off(session, actor, talk, one, version, now),
    }
    try:
        deeds[task.deed]()
    except (Conflict, NotFound, InvalidInput):
        return False
    return True


def _add(session: Session, actor: Actor, fresh: BulkJob, now: datetime) -> int:
    fresh.id, fresh.actor_id, fresh.created_at = new_id(), actor.id, now
    session.add(fresh)
    session.flush()
    defer_wake(session, JobName.BULK)
    what, deed = f"bulk/{fresh.id}", fresh.deed.value
    audit.note(session, Action.MANY_CHANGED, what, now, by=actor.id, deed=deed, to=fresh.to_id, most=fresh.total)
    return fresh.id


def _view(one: BulkJob) -> JobView:
    return JobView(
        id=one.id,
        deed=one.deed,
        total=max(one.total, one.done + one.left),
        done=one.done,
        left=one.left,
        entry_id=None if one.deed is Deed.UNDO else one.entry_id,
        finished_at=one.finished_at,
        stopped=one.stopped_at is not None,
    )
