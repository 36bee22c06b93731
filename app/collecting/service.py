"""Batches from platforms into the inbox, in one transaction: comments, people, raw answers, receipts, cursors."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.collecting.types import Load
from app.connectors.hooks import News
from app.connectors.ports import Item, Payload, Verdict
from app.core.db import changed_rows
from app.core.jobs import JobName, defer_wake
from app.inbox import changes, consequences, intake
from app.inbox.arrivals import Arrival, Different, Facts, NewFact, Placement, Stored
from app.inbox.models import Comment, RawPayload
from app.outbox import results
from app.pages import leases
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.rules import next_verify
from app.pages.types import Claim, Progress
from app.routing import anew, carrying, judging
from app.routing.anew import Change
from app.routing.types import Cause, Judged

log = structlog.get_logger()
NOTHING = Stored(0, 0, 0, (), ())
VERIFY_AT_ONCE = 100
VERIFY_AT_MOST = 2_000
_CAUSES = {Different.TEXT: Cause.EDITED, Different.HELD: Cause.HELD, Different.AUTHOR: Cause.AUTHOR}


def store_loads(session: Session, loads: Sequence[Load], now: datetime) -> list[Stored | None]:
    """Store batches of different pages and move their cursors; answer what came of each.

    None: the page was taken over by somebody else, and nothing of it is stored. What a page's first walk brings is its
    past: nobody waits for it this second, so it is stored first and routed in a turn of its own.
    """
    kept = leases.renew(
        session,
        [(one.claim, Progress(one.batch.cursor, one.batch.settings, one.newest, one.fastest)) for one in loads],
        now,
    )
    full = [one for one in loads if one.claim.page_id in kept and one.batch.items]
    arrivals = [
        Arrival(one.claim.page_id, one.claim.team_id, one.batch.items, routed_later=one.claim.cursor is None)
        for one in full
    ]
    stored = _store(session, arrivals, now)
    if any(one.routed_later for one in arrivals):
        defer_wake(session, JobName.ROUTE)
    payloads = [(one.claim.page_id, payload) for one in loads for payload in one.batch.payloads]
    intake.keep_payloads(session, [one for one in payloads if one[0] in kept], now)
    came = {one.claim.page_id: what for one, what in zip(full, stored, strict=True)}
    return [came.get(one.claim.page_id, NOTHING) if one.claim.page_id in kept else None for one in loads]


def store_replayed(session: Session, claim: Claim, items: Sequence[Item], now: datetime, read_at: datetime) -> Stored:
    """Store what a kept answer says; what was learned after ``read_at`` stays as it is."""
    leases.renew(session, [(claim, Progress())], now)
    return _store(session, [Arrival(claim.page_id, claim.team_id, items, read_at)], now)[0]


def store_told(session: Session, page_id: int, team_id: int, news: News, now: datetime) -> list[str]:
    """Store what a platform told us by itself; answer the deleted comments among it that nobody knows.

    Raises IntegrityError when another process stores the same at the same time; the caller does it again.
    """
    known = _changed_at(session, page_id, [*(item.external_id for item in news.items), *news.gone])
    items = [item for item in news.items if not (news.only_new and item.external_id in known)]
    if items:
        _store(session, [Arrival(page_id, team_id, items, news.learned_at)], now)
        pages.heard(session, page_id, max(item.published_at for item in items), now)
    gone = [one for one in news.gone if one in known and (news.learned_at is None or known[one] <= news.learned_at)]
    if gone:
        found = changes.apply_verdicts(session, page_id, [Verdict(one, None) for one in gone], now)
        _judge_anew(session, found.new_facts, now)
    return [one for one in news.gone if one not in known]


def _changed_at(session: Session, page_id: int, external_ids: Sequence[str]) -> dict[str, datetime]:
    """Of comments that are stored, when their present text and state were learned."""
    query = select(Comment.external_id, Comment.changed_at)
    return dict(session.execute(query.where(Comment.page_id == page_id, Comment.external_id.in_(external_ids))).all())


def store_history(session: Session, page_id: int, team_id: int, items: Sequence[Item], now: datetime) -> Stored:
    """Store comments from elsewhere that were dealt with there: nobody waits for an answer to them.

    What is known already stays as it is. No reading of the page may be under way at the same time, or IntegrityError is
    raised for comments both bring; doing it again is harmless.
    """
    arrival = Arrival(page_id, team_id, items, history=True)
    return intake.store(session, [arrival], now)[0]


def _store(session: Session, arrivals: Sequence[Arrival], now: datetime) -> list[Stored]:
    """Store arrivals, and route what is new in those that are not to be routed later."""
    judged: list[Judged] = []

    def place(facts: Sequence[Facts]) -> dict[int, Placement]:
        judged.extend(_judge(session, facts))
        return {one.conversation_id: one.placement for one in judged}

    stored = intake.store(session, arrivals, now, place)
    carrying.record(session, judged, now)
    _judge_anew(session, [fact for came in stored for fact in came.new_facts], now)
    for arrival, came in zip(arrivals, stored, strict=True):
        elsewhere = results.match_echoes(session, arrival.page_id, came.echoes, now)
        if elsewhere:
            consequences.answered_elsewhere(session, elsewhere, now)
    return stored


def _judge_anew(session: Session, facts: Sequence[NewFact], now: datetime) -> None:
    """Have conversations judged again about which something is different now."""
    anew.note(session, [Change(fact.conversation_id, _CAUSES[fact.what], fact.key) for fact in facts], now)


def _judge(session: Session, facts: Sequence[Facts]) -> list[Judged]:
    """A fault in a rule must never hold up what was said to us: the sweep routes what stays unrouted."""
    try:
        return judging.judge(session, facts)
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
    if not leases.renew(session, [(claim, Progress())], now):
        return None
    found = changes.apply_verdicts(session, claim.page_id, verdicts, now)
    _judge_anew(session, found.new_facts, now)
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
    return changed_rows(session, delete(RawPayload).where(RawPayload.read_at < now - timedelta(days=keep_raw_days)))
