"""Calls and their changes: kept, cut up, claimed, recorded; each step in a short transaction of its own."""

import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.connectors.hooks import Call, Change
from app.core.chance import draw
from app.core.db import changed_rows, insert_or, run_in_bulk, table_of
from app.core.ids import new_id, new_ids
from app.core.jobs import JobName, defer_wake
from app.core.text import plain
from app.hooks import rules
from app.hooks.models import HookCall, HookChange
from app.hooks.types import CallState, ChangeState, Claimed
from app.pages import service as pages
from app.pages.models import Connection, Page
from app.pages.types import PageState

PORTION = 500
"""Rows in one statement: databases count the values in it."""


def keep_call(session: Session, kind: str, place: str, page_id: int | None, call: Call, now: datetime) -> bool:
    """Keep a call that was verified, as it came; False when it was told before."""
    statement = insert_or(session, table_of(HookCall)).values(
        id=new_id(),
        kind=kind,
        page_id=page_id,
        digest=rules.digest(kind, place, call.body),
        media_type=call.headers.get("content-type", "")[:100],
        body=zlib.compress(call.body, 1),
        received_at=now,
        state=CallState.WAITING,
    )
    fresh = changed_rows(session, statement.on_conflict_do_nothing(index_elements=["digest"]))
    if fresh:
        defer_wake(session, JobName.HOOKS)
    return fresh == 1


def waiting_calls(session: Session, limit: int = 50) -> list[HookCall]:
    """Calls that were not cut up yet, oldest first; they belong to no session."""
    query = select(HookCall).where(HookCall.state == CallState.WAITING).order_by(HookCall.id).limit(limit)
    found = list(session.scalars(query))
    session.expunge_all()
    return found


def record_split(session: Session, call: HookCall, changes: Sequence[Change], now: datetime) -> int:
    """Put the changes of a call into the queue, each once however often it is told; answer how many are new."""
    known = _pages(session, call.kind, changes)
    rows = []
    for id_, one in zip(new_ids(len(changes)), changes, strict=True):
        named = one.page or one.account
        page_id = known.get(named) if named else call.page_id
        rows.append(
            {
                "id": id_,
                "digest": rules.digest(call.kind, named or f"page {call.page_id}", one.key),
                "kind": call.kind,
                "key": plain(one.key)[:500],
                "page_id": page_id,
                "body": zlib.compress(one.body, 1),
                "told_at": call.received_at,
                "state": ChangeState.IGNORED if page_id is None else ChangeState.WAITING,
                "due_at": now,
                "attempts": 0,
            }
        )
    fresh = sum(_insert(session, rows[start : start + PORTION], now) for start in range(0, len(rows), PORTION))
    _settle_call(session, call.id, CallState.SPLIT, None, None)
    defer_wake(session, JobName.HOOKS)
    return fresh


def _insert(session: Session, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    statement = insert_or(session, table_of(HookChange)).values(rows)
    fresh = changed_rows(session, statement.on_conflict_do_nothing(index_elements=["digest"]))
    if fresh < len(rows):  # some were told before, perhaps about a page that was not ours then
        page_ids = {row["digest"]: row["page_id"] for row in rows if row["page_id"] is not None}
        query = select(HookChange).where(HookChange.digest.in_(page_ids), HookChange.page_id.is_(None))
        for one in session.scalars(query):
            one.state, one.page_id, one.due_at = ChangeState.WAITING, page_ids[one.digest], now
        session.flush()
    return fresh


def record_senseless(session: Session, call_id: int, code: str, detail: str) -> None:
    """A call could not be cut up: a person has to look."""
    _settle_call(session, call_id, CallState.FAILED, code, detail)


def claim(session: Session, ids: Sequence[int], now: datetime, lease_seconds: float) -> list[Claimed]:
    """Claim those of the changes that nobody else was quicker with."""
    lease = secrets.token_hex(8)
    statement = (
        update(HookChange)
        .where(
            HookChange.id.in_(ids),
            HookChange.state == ChangeState.WAITING,
            HookChange.due_at <= now,
            HookChange.lease_until.is_(None) | (HookChange.lease_until <= now),
        )
        .values(lease=lease, lease_until=now + timedelta(seconds=lease_seconds), attempts=HookChange.attempts + 1)
    )
    run_in_bulk(session, statement)
    query = (
        select(HookChange, Page, Connection)
        .join(Page, Page.id == HookChange.page_id)
        .join(Connection, Connection.page_id == HookChange.page_id)
        .where(HookChange.lease == lease)
        .order_by(HookChange.id)
    )
    return [
        Claimed(
            id=one.id,
            key=one.key,
            body=zlib.decompress(one.body or b""),
            attempts=one.attempts,
            told_at=one.told_at,
            lease=lease,
            page_id=page.id,
            team_id=page.team_id,
            connector=page.connector,
            url=page.url,
            settings=dict(connection.settings),
            sealed_secret=connection.sealed_secret,
        )
        for one, page, connection in session.execute(query.execution_options(populate_existing=True))
    ]


def is_held(session: Session, claimed: Claimed) -> bool:
    """Whether the change is still this process's, locked until the transaction ends."""
    query = select(HookChange.id).where(_mine(claimed)).with_for_update()
    return session.scalar(query) is not None


def record_taken(session: Session, claimed: Claimed) -> None:
    """What it told is stored."""
    _settle(session, claimed, ChangeState.DONE)


def record_early(session: Session, claimed: Claimed, now: datetime) -> None:
    """It speaks of a comment nobody knows yet: look again later, for a day."""
    when = rules.wait_for_comment(now, claimed.told_at)
    if when is None:
        _settle(session, claimed, ChangeState.DONE)
    else:
        _put_off(session, claimed, when, None, "")


def record_failure(
    session: Session,
    claimed: Claimed,
    now: datetime,
    code: str,
    detail: str,
    *,
    again: bool,
    named: datetime | None = None,
) -> None:
    """It could not be taken: try later when ``again``, else (or after many tries) show it to a person."""
    when = rules.retry_at(now, claimed.attempts, draw(), named) if again else None
    if when is None:
        _settle(session, claimed, ChangeState.FAILED, code, detail)
    else:
        _put_off(session, claimed, when, code, detail)


def put_off_page(session: Session, page_id: int, when: datetime) -> None:
    """Take nothing of this page before then: its platform does not answer, or wants to be left alone."""
    waiting = update(HookChange).where(
        HookChange.page_id == page_id, HookChange.state == ChangeState.WAITING, HookChange.due_at < when
    )
    run_in_bulk(session, waiting.values(due_at=when))


def record_stopped(session: Session, claimed: Claimed, now: datetime, code: str, detail: str) -> None:
    """The page's credentials no longer work: this waits with all else of the page until they are mended."""
    pages.stop(session, claimed.page_id, now, code, detail, used=claimed.sealed_secret)
    _put_off(session, claimed, now, code, detail)


def _pages(session: Session, kind: str, changes: Sequence[Change]) -> dict[str, int]:
    """The ids of the pages that the changes name, by address or account. No page has a name that is not plain, and no
    database can be asked for one."""
    query = select(Page.url, Connection.account_key, Page.id).join(Connection, Connection.page_id == Page.id)
    urls = {one.page for one in changes if one.page and plain(one.page) == one.page}
    accounts = {one.account for one in changes if one.account and plain(one.account) == one.account}
    named = Page.url.in_(urls) | Connection.account_key.in_(accounts)
    rows = session.execute(query.where(Page.connector == kind, named, Page.state != PageState.REMOVED))
    return {name: page_id for url, account, page_id in rows for name in (url, account) if name}


def _mine(claimed: Claimed) -> "ColumnElement[bool]":
    return (HookChange.id == claimed.id) & (HookChange.lease == claimed.lease)


def _settle(
    session: Session, claimed: Claimed, state: ChangeState, code: str | None = None, detail: str | None = None
) -> None:
    values = {"state": state, "error_code": code, "error_detail": detail, "lease": None, "lease_until": None}
    run_in_bulk(session, update(HookChange).where(_mine(claimed)).values(**values))


def _put_off(session: Session, claimed: Claimed, when: datetime, code: str | None, detail: str) -> None:
    values = {"due_at": when, "error_code": code, "error_detail": detail, "lease": None, "lease_until": None}
    run_in_bulk(session, update(HookChange).where(_mine(claimed)).values(**values))


def _settle_call(session: Session, call_id: int, state: CallState, code: str | None, detail: str | None) -> None:
    values = {"state": state, "error_code": code, "error_detail": detail}
    run_in_bulk(session, update(HookCall).where(HookCall.id == call_id).values(**values))
