"""One batch from a platform into the inbox, in one transaction: comments, people, raw answers, receipts, cursor."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Batch, Item, Payload, Verdict
from app.inbox import changes, intake
from app.inbox import service as inbox
from app.inbox.models import Comment, RawPayload
from app.inbox.types import Facts, Placement, Stored
from app.outbox import service as outbox
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.rules import next_verify
from app.pages.types import Claim
from app.routing import service as routing
from app.routing.types import Judged

log = structlog.get_logger()
NOTHING = Stored(0, 0, 0, (), ())
VERIFY_AT_ONCE = 100
VERIFY_AT_MOST = 2_000


def store_batch(
    session: Session,
    claim: Claim,
    batch: Batch,
    now: datetime,
    *,
    newest: datetime | None = None,
    fastest: timedelta | None = None,
) -> Stored | None:
    """Store a batch and move the cursor. None when the page was taken over by somebody else: nothing may be stored.

    ``newest`` is when the newest comment of the walk was published. ``fastest`` goes with the last batch of a complete
    walk: the page is recorded as read, and may be read again no sooner.
    """
    kept = pages.renew(
        session, claim, now, cursor=batch.cursor, settings=batch.settings, newest=newest, read_with=fastest
    )
    if not kept:
        return None
    if not batch.items and not batch.payloads:
        return NOTHING
    stored = _store(session, claim, batch.items, now, None)
    intake.keep_payloads(session, claim.page_id, batch.payloads, now)
    return stored


def store_replayed(session: Session, claim: Claim, items: Sequence[Item], now: datetime, read_at: datetime) -> Stored:
    """Store what a kept answer says; what was learned after ``read_at`` stays as it is."""
    pages.renew(session, claim, now)
    return _store(session, claim, items, now, read_at)


def _store(session: Session, claim: Claim, items: Sequence[Item], now: datetime, learned_at: datetime | None) -> Stored:
    judged: list[Judged] = []

    def place(facts: Sequence[Facts]) -> dict[int, Placement]:
        judged.extend(_judge(session, facts))
        return {one.conversation_id: one.placement for one in judged}

    stored = intake.store(
        session,
        page_id=claim.page_id,
        team_id=claim.team_id,
        items=items,
        now=now,
        learned_at=learned_at,
        place=place,
    )
    routing.record(session, judged, now)
    elsewhere = outbox.match_echoes(session, claim.page_id, stored.echoes, now)
    if elsewhere:
        inbox.answered_elsewhere(session, elsewhere, now)
    return stored


def _judge(session: Session, facts: Sequence[Facts]) -> list[Judged]:
    """A fault in a rule must never hold up what was said to us: the sweep routes what stays unrouted."""
    try:
        return routing.judge(session, facts)
    except Exception:
        log.exception("routing_failed", conversations=len(facts))
        return []


def to_verify(session: Session, page_id: int, now: datetime, *, everything: bool) -> list[list[str]]:
    """Known comments to look at again, in portions, the longest overdue first."""
    query = select(Comment.external_id).where(Comment.page_id == page_id)
    if not everything:
        query = query.where(Comment.verify_at <= now).limit(VERIFY_AT_MOST)
    ids = list(session.scalars(query.order_by(Comment.verify_at)))
    return [ids[start : start + VERIFY_AT_ONCE] for start in range(0, len(ids), VERIFY_AT_ONCE)]


def store_verdicts(
    session: Session, claim: Claim, asked: Sequence[str], verdicts: Sequence[Verdict], now: datetime
) -> int | None:
    """Follow what a second look found; answer how many comments changed, None when the page was taken over.

    Comments that could not be judged are asked about again later.
    """
    if not pages.renew(session, claim, now):
        return None
    found = changes.apply_verdicts(session, claim.page_id, verdicts, now)
    judged = {verdict.external_id for verdict in verdicts}
    left = [external_id for external_id in asked if external_id not in judged]
    if left:
        later = next_verify(now, now - timedelta(days=1))
        mine = Comment.page_id == claim.page_id
        session.execute(update(Comment).where(mine, Comment.external_id.in_(left)).values(verify_at=later))
    return found.count


def next_payload(session: Session, page_id: int, after: int) -> tuple[int, Payload, datetime] | None:
    """The next kept answer of a page after the one with id ``after``, oldest first."""
    query = (
        select(RawPayload).where(RawPayload.page_id == page_id, RawPayload.id > after).order_by(RawPayload.id).limit(1)
    )
    one = session.scalar(query)
    return (one.id, Payload(one.url, one.media_type, zlib.decompress(one.body)), one.read_at) if one else None


def has_due(session: Session, now: datetime) -> bool:
    """Whether any page is due for reading."""
    return bool(page_queries.due(session, now, limit=1))


def has_reconcile_due(session: Session, now: datetime) -> bool:
    """Whether any page's known comments are due for another look."""
    return bool(page_queries.verify_due(session, now, limit=1))


def tidy(session: Session, now: datetime, keep_raw_days: int) -> int:
    """Drop raw answers older than that; answer how many."""
    gone = session.execute(delete(RawPayload).where(RawPayload.read_at < now - timedelta(days=keep_raw_days)))
    return int(gone.rowcount)  # type: ignore[attr-defined]
