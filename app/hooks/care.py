"""Looking after what was told: taken again, put away, forgotten in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.types import Action
from app.core.db import changed_rows, run_in_bulk
from app.core.jobs import JobName, defer_wake
from app.hooks.models import Hook, HookCall, HookChange
from app.hooks.types import CallState, ChangeState

KEEP_KEYS = timedelta(days=400)
"""How long a call or a change is known as told already."""


def replay(
    session: Session, now: datetime, *, since: datetime | None = None, page_ids: Sequence[int] | None = None
) -> int:
    """Take again what could not be taken, or with ``since`` everything told since then; answer how much that is.

    ``page_ids`` narrows it to these pages. What is no longer kept is left as it is.
    """
    changes = [HookChange.body.is_not(None), HookChange.state != ChangeState.WAITING]
    calls = [HookCall.body.is_not(None), HookCall.state != CallState.WAITING]
    if since is None:
        changes.append(HookChange.state == ChangeState.FAILED)
        calls.append(HookCall.state == CallState.FAILED)
    else:
        changes += [HookChange.told_at >= since, HookChange.state != ChangeState.IGNORED]
        calls.append(HookCall.received_at >= since)
    if page_ids is not None:
        changes.append(HookChange.page_id.in_(page_ids))
        calls.append(HookCall.page_id.in_(page_ids))
    return _again(session, now, changes, calls)


def try_again(session: Session, now: datetime, *, change_id: int | None = None, call_id: int | None = None) -> int:
    """Take one failed change or call again; answer 1, or 0 when it is not failed (any more)."""
    failed = [HookChange.id == change_id, HookChange.state == ChangeState.FAILED, HookChange.body.is_not(None)]
    senseless = [HookCall.id == call_id, HookCall.state == CallState.FAILED, HookCall.body.is_not(None)]
    return _again(session, now, failed, senseless)


def dismiss(
    session: Session, now: datetime, *, by: int | None, change_id: int | None = None, call_id: int | None = None
) -> None:
    """A person has looked at something that can't be taken, and wants to see it no more."""
    what = f"change/{change_id}" if change_id else f"call/{call_id}"
    audit.note(session, Action.NEWS_DISMISSED, what, now, by=by)
    run_in_bulk(
        session,
        update(HookChange)
        .where(HookChange.id == change_id, HookChange.state == ChangeState.FAILED)
        .values(state=ChangeState.IGNORED),
        update(HookCall)
        .where(HookCall.id == call_id, HookCall.state == CallState.FAILED)
        .values(state=CallState.SPLIT),
    )


def tidy(session: Session, now: datetime, keep_days: int) -> None:
    """Drop the words of what was told before that many days, and in time the memory that it was told."""
    old, forgotten = now - timedelta(days=keep_days), now - max(KEEP_KEYS, timedelta(days=keep_days))
    run_in_bulk(
        session,
        update(HookChange)
        .where(HookChange.told_at < old, HookChange.state != ChangeState.WAITING, HookChange.body.is_not(None))
        .values(body=None),
        update(HookCall)
        .where(HookCall.received_at < old, HookCall.state != CallState.WAITING, HookCall.body.is_not(None))
        .values(body=None),
        delete(HookChange).where(HookChange.told_at < forgotten),
        delete(HookCall).where(HookCall.received_at < forgotten),
    )


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all that was told about these pages, and their addresses."""
    run_in_bulk(session, *(delete(table).where(table.page_id.in_(page_ids)) for table in (HookChange, HookCall, Hook)))


def _again(
    session: Session, now: datetime, changes: "list[ColumnElement[bool]]", calls: "list[ColumnElement[bool]]"
) -> int:
    count = changed_rows(
        session,
        update(HookChange)
        .where(*changes)
        .values(state=ChangeState.WAITING, due_at=now, attempts=0, lease=None, lease_until=None),
    ) + changed_rows(session, update(HookCall).where(*calls).values(state=CallState.WAITING))
    defer_wake(session, JobName.HOOKS)
    return count
