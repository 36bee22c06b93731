"""Adding up what changed, in portions: what a conversation added before is taken away, and what it adds now is added.

So a late change, a correction, a reply taken back or a conversation that is removed restates the days it concerns.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from app.campaigns.models import CampaignPost
from app.core import days
from app.core.bulk import insert_rows, parts
from app.core.db import insert_or, one_at_a_time, run_in_bulk, table_of
from app.duty import queries as duty
from app.inbox.models import Comment, Conversation, ConversationTag
from app.outbox.models import Delivery
from app.pages.models import Page
from app.replies.models import Reply
from app.reports import rules
from app.reports.models import (
    BUCKET_NAMES,
    ReportChange,
    ReportDay,
    ReportPart,
    ReportPost,
    ReportPostChange,
    ReportTimes,
    ReportZone,
)
from app.reports.rules import Sums
from app.reports.types import Part, Talk
from app.sending.types import SendState
from app.targets import queries as targets
from app.targets import rules as target_rules
from app.targets.types import Plan

AT_ONCE = 400
"""A portion takes a tenth of a second: nobody who writes waits for long."""
_KEY = 0x7265706F  # any number, as long as every Porchlight takes the same
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_COUNTED = ("comments", "opened", "answered", "settled")
_MEASURED = ("n", "seconds", *BUCKET_NAMES)
_COUNTED_OR_N = {*_COUNTED, "n"}
"""A row in which these are all 0 says nothing."""


def work(session: Session, now: datetime) -> bool:
    """Count what changed, as far as one transaction goes; answer whether there may be more."""
    one_at_a_time(session, _KEY)
    more = _look_at_posts(session) | _recount(session, now)
    query = select(ReportChange.id, ReportChange.conversation_id).order_by(ReportChange.id).limit(AT_ONCE)
    found = session.execute(query).all()
    if found:
        _count(session, sorted({talk_id for _id, talk_id in found}), now)
        for some in parts([change_id for change_id, _talk_id in found]):
            run_in_bulk(session, delete(ReportChange).where(ReportChange.id.in_(some)))
    return more or len(found) == AT_ONCE


def _recount(session: Session, now: datetime) -> bool:
    """Count everything anew, in portions, after days have come to begin elsewhere; answer whether there may be more."""
    kept = session.get(ReportZone, 1)
    if kept is None:
        kept = ReportZone(id=1, zone="UTC")  # what was counted before there was a choice
        session.add(kept)
    if kept.zone != days.zone().key:
        kept.zone, kept.recounted = days.zone().key, 0
    if kept.recounted is None:
        return False
    counted = select(ReportPart.conversation_id).where(ReportPart.conversation_id > kept.recounted)
    ids = session.scalars(counted.order_by(ReportPart.conversation_id).limit(AT_ONCE)).all()
    _count(session, ids, now)
    kept.recounted = ids[-1] if len(ids) == AT_ONCE else None
    session.flush()
    return len(ids) == AT_ONCE


def _look_at_posts(session: Session) -> bool:
    """Have the conversations under posts counted anew that belong to another campaign than they were counted for."""
    query = select(ReportPostChange.id, ReportPostChange.post_id).order_by(ReportPostChange.id).limit(AT_ONCE)
    found = session.execute(query).all()
    for some in parts(found):
        ids = sorted({post_id for _id, post_id in some})
        belong: dict[int, int] = dict(
            session.execute(
                select(CampaignPost.post_id, CampaignPost.campaign_id).where(CampaignPost.post_id.in_(ids))
            ).all()
        )
        counted: dict[int, int] = dict(
            session.execute(select(ReportPost.post_id, ReportPost.campaign_id).where(ReportPost.post_id.in_(ids))).all()
        )
        moved = [post_id for post_id in ids if belong.get(post_id) != counted.get(post_id)]
        talks = select(Conversation.id).where(Conversation.post_id.in_(moved))
        run_in_bulk(
            session,
            delete(ReportPost).where(ReportPost.post_id.in_(moved)),
            insert(ReportChange).from_select(["conversation_id"], talks),
            delete(ReportPostChange).where(ReportPostChange.id.in_([change_id for change_id, _post_id in some])),
        )
        rows = [{"post_id": post_id, "campaign_id": belong[post_id]} for post_id in moved if post_id in belong]
        insert_rows(session, table_of(ReportPost), rows)
    return len(found) == AT_ONCE


def _count(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Take away what these conversations added before, and add what they add now."""
    plan = Plan((), duty.weeks(session))
    sums, kept = Sums(), []
    for some in parts(ids):
        query = select(ReportPart.part).where(ReportPart.conversation_id.in_(some))
        for before in session.scalars(query):
            sums.add(rules.unpacked(before), -1)
        run_in_bulk(session, delete(ReportPart).where(ReportPart.conversation_id.in_(some)))
        for talk_id, one in _parts(session, some, plan, now):
            sums.add(one)
            kept.append({"conversation_id": talk_id, "part": rules.packed(one)})
    insert_rows(session, table_of(ReportPart), kept)
    _add(session, sums)


def _parts(session: Session, ids: Sequence[int], plan: Plan, now: datetime) -> Iterator[tuple[int, Part]]:
    for talk_id, talk in _talks(session, ids):
        one = rules.part(talk, target_rules.week(plan, talk.team_id), now, days.zone())
        if one is not None:
            yield talk_id, one


def _talks(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, Talk]]:
    """These conversations, as far as they are there. Five statements."""
    tags: dict[int, list[int]] = defaultdict(list)
    on_them = select(ConversationTag.conversation_id, ConversationTag.tag_id)
    for talk_id, tag_id in session.execute(on_them.where(ConversationTag.conversation_id.in_(ids))):
        tags[talk_id].append(tag_id)
    waits, replies, (ours, theirs) = targets.waited(session, ids), _replies(session, ids), _said(session, ids)
    query = (
        select(Conversation, CampaignPost.campaign_id, Page.created_at, Page.demo)
        .join(Page, Page.id == Conversation.page_id)
        .outerjoin(CampaignPost, CampaignPost.post_id == Conversation.post_id)
        .where(Conversation.id.in_(ids))
    )
    for one, campaign_id, page_since, demo in session.execute(query):
        yield (
            one.id,
            Talk(
                team_id=one.team_id,
                page_id=one.page_id,
                campaign_id=campaign_id,
                assignee_id=one.assignee_id,
                tag_ids=tuple(sorted(tags[one.id])),
                state=one.state,
                opened_at=one.opened_at,
                waiting_since=one.waiting_since,
                page_since=_ALWAYS if demo else page_since,
                waits=tuple(waits[one.id]),
                replies=tuple(replies[one.id]),
                ours=tuple(ours[one.id]),
                theirs=tuple(theirs[one.id]),
            ),
        )


def _replies(session: Session, ids: Sequence[int]) -> Mapping[int, list[tuple[datetime, int]]]:
    """Our replies that were not taken back, oldest first."""
    found: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    query = (
        select(Reply.conversation_id, Reply.created_at, Reply.author_id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(Reply.conversation_id.in_(ids), Delivery.state != SendState.CANCELLED)
        .order_by(Reply.id)
    )
    for talk_id, at, author_id in session.execute(query):
        found[talk_id].append((at, author_id))
    return found


def _said(session: Session, ids: Sequence[int]) -> tuple[Mapping[int, list[datetime]], Mapping[int, list[datetime]]]:
    """When we wrote at the platform, and when the person did."""
    ours: dict[int, list[datetime]] = defaultdict(list)
    theirs: dict[int, list[datetime]] = defaultdict(list)
    query = select(Comment.conversation_id, Comment.published_at, Comment.is_us)
    for talk_id, at, is_us in session.execute(query.where(Comment.conversation_id.in_(ids))):
        if talk_id is not None:
            (ours if is_us else theirs)[talk_id].append(at)
    return ours, theirs


def _add(session: Session, sums: Sums) -> None:
    """Add the sums to those that are kept, and forget what has come to nothing."""
    days = [
        {"by": place.by, "day": place.day, "of": place.of, **{name: getattr(one, name) for name in _COUNTED}}
        for place, one in sorted(sums.counts.items())
    ]
    days = [row for row in days if any(row[name] for name in _COUNTED)]
    times = [
        {"by": place.by, "day": place.day, "of": place.of, "figure": figure} | dict(zip(_MEASURED, cells, strict=True))
        for (place, figure), cells in sorted(sums.times.items())
        if any(cells)
    ]
    _upsert(session, table_of(ReportDay), ("by", "day", "of"), _COUNTED, days)
    _upsert(session, table_of(ReportTimes), ("by", "day", "of", "figure"), _MEASURED, times)


def _upsert(
    session: Session, table: Table, key: Sequence[str], added: Collection[str], rows: Sequence[dict[str, Any]]
) -> None:
    if not rows:
        return
    statement = insert_or(session, table)
    values = {name: table.c[name] + statement.excluded[name] for name in added}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values), rows)
    less = [row for row in rows if any(row[name] < 0 for name in added)]
    for row in less:
        same = [table.c[name] == row[name] for name in key]
        run_in_bulk(session, delete(table).where(*same, *(table.c[name] == 0 for name in _COUNTED_OR_N & set(added))))
