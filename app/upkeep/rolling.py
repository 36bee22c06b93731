"""Adding up days: each comment and each wait once, in portions, so that a board costs the same however much was said.

What is stored in the last two minutes waits: numbers and times are taken before a row is there to be seen.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from app.core import days
from app.core.db import insert_or, one_at_a_time, run_in_bulk
from app.core.ids import lowest_id
from app.inbox.models import Comment, Conversation, Wait
from app.inbox.types import ConversationState
from app.upkeep import plans
from app.upkeep.models import PageDay, PagePulse, UpkeepMark, UpkeepZone
from app.upkeep.types import Life

AT_ONCE = 5_000
SETTLED = timedelta(minutes=2)
_COMMENTS, _WAITS = "rolled_comments", "rolled_waits"
_KEY = 0x726F6C6C  # any number, as long as every Porchlight takes the same
_DAYS = cast(Table, PageDay.__table__)


def work(session: Session, now: datetime) -> bool:
    """Add up what is new, as far as one transaction goes; answer whether there may be more."""
    one_at_a_time(session, _KEY)
    _follow_zone(session)
    return _add_comments(session, now) | _add_waits(session, now)


def keep_life(session: Session, page_id: int, now: datetime, life: Life) -> None:
    """Write down how alive a page is today."""
    _add(session, (page_id, days.of(now)), Counter())
    day = session.get_one(PageDay, (page_id, days.of(now)), populate_existing=True)
    day.life = life
    session.flush()


def _follow_zone(session: Session) -> None:
    """Where days have come to begin elsewhere everything is added up anew. How alive a page was on a day stays as it
    was judged then."""
    kept = session.get(UpkeepZone, 1)
    if kept is None:
        kept = UpkeepZone(id=1, zone="UTC")  # what was added up before there was a choice
        session.add(kept)
    if kept.zone == days.zone().key:
        return
    kept.zone = days.zone().key
    run_in_bulk(
        session,
        update(PageDay).values(comments=0, ours=0, answered=0, in_time=0),
        update(UpkeepMark).where(UpkeepMark.name.in_((_COMMENTS, _WAITS))).values(value=0),
    )
    session.flush()
    session.expire_all()


def _add_comments(session: Session, now: datetime) -> bool:
    mark = _mark(session, _COMMENTS)
    query = (
        select(Comment.id, Comment.page_id, Comment.published_at, Comment.is_us)
        .where(Comment.id > mark.value, Comment.id < lowest_id(now - SETTLED))
        .order_by(Comment.id)
        .limit(AT_ONCE)
    )
    rows = session.execute(query).all()
    found: dict[tuple[int, date], Counter[str]] = {}
    spoke: dict[int, datetime] = {}
    for _id, page_id, published, is_us in rows:
        at = min(published, now)
        found.setdefault((page_id, days.of(at)), Counter())["ours" if is_us else "comments"] += 1
        if is_us:
            spoke[page_id] = max(at, spoke.get(page_id, at))
    for place, counts in sorted(found.items()):
        _add(session, place, counts)
    for page_id, at in sorted(spoke.items()):
        _spoke(session, page_id, at, now)
    if rows:
        mark.value = rows[-1][0]
    return len(rows) == AT_ONCE


def _add_waits(session: Session, now: datetime) -> bool:
    mark = _mark(session, _WAITS)
    since = datetime.fromtimestamp(mark.value / 1_000_000, UTC)
    query = (
        select(Wait.since, Wait.until, Conversation.page_id)
        .join(Conversation, Conversation.id == Wait.conversation_id)
        .where(Wait.until > since, Wait.until <= now - SETTLED, Wait.ended != ConversationState.SPAM)
        .order_by(Wait.until)
        .limit(AT_ONCE)
    )
    rows = session.execute(query).all()
    more = len(rows) == AT_ONCE
    if more:  # those that ended in one moment stay together, unless they are all there are
        last = rows[-1][1]
        rows = [row for row in rows if row[1] < last] or rows
    terms = plans.of_pages(session, {page_id for _since, _until, page_id in rows})
    found: dict[tuple[int, date], Counter[str]] = {}
    for began, ended, page_id in rows:
        promised = timedelta(hours=terms[page_id].terms.answer_within_hours)
        counts = found.setdefault((page_id, days.of(ended)), Counter())
        counts["answered"] += 1
        counts["in_time"] += ended - began <= promised
    for place, counts in sorted(found.items()):
        _add(session, place, counts)
    if rows:
        mark.value = int(rows[-1][1].timestamp() * 1_000_000)
    return more


def _add(session: Session, place: tuple[int, date], counts: "Counter[str]") -> None:
    values = {name: counts[name] for name in ("comments", "ours", "answered", "in_time")}
    statement = insert_or(session, _DAYS).values(page_id=place[0], day=place[1], **values)
    added = {name: _DAYS.c[name] + value for name, value in values.items()}
    session.execute(statement.on_conflict_do_update(index_elements=["page_id", "day"], set_=added))


def _spoke(session: Session, page_id: int, at: datetime, now: datetime) -> None:
    pulse = session.get(PagePulse, page_id)
    if pulse is None:
        pulse = PagePulse(page_id=page_id, at=now, since=now, life=Life.ALIVE, facts={})
        session.add(pulse)
    pulse.last_reply_at = max(at, pulse.last_reply_at or at)
    session.flush()


def _mark(session: Session, name: str) -> UpkeepMark:
    mark = session.get(UpkeepMark, name)
    if mark is None:
        mark = UpkeepMark(name=name, value=0)
        session.add(mark)
        session.flush()
    return mark
