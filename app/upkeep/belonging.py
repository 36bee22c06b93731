"""What belongs to which campaign: posts, and with them the conversations and promises under them.

Looked at once for each new post, and anew for a page when a campaign on it was changed. After its end a campaign keeps
what is its own, so that comments on its posts keep somebody who answers for them. What somebody moved by hand stays
where they put it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns import queries as campaigns
from app.campaigns import rules, service
from app.campaigns.models import Campaign, CampaignPage, CampaignPost, HandOver, MovedPost
from app.core.bulk import insert_rows
from app.core.db import insert_or, one_at_a_time, run_in_bulk
from app.core.ids import lowest_id
from app.inbox.models import Comment, Conversation, Post
from app.upkeep.models import PostBeginning, UpkeepMark
from app.upkeep.types import Moved

AT_ONCE = 2_000
_MARK = "beginnings"
_LATE = timedelta(minutes=5)
"""Conversations get their number before they are stored: those of the last minutes are looked at again."""
_KEY = 0x75706B65  # any number, as long as every Porchlight takes the same
_SIGNED = CampaignPost.campaign_id.in_(select(HandOver.campaign_id))
"""It was handed over with its campaign, and stays with it."""
_BEGINNINGS = cast(Table, PostBeginning.__table__)


def work(session: Session, now: datetime) -> bool:
    """Look at what is new, as far as one transaction goes; answer whether there may be more."""
    one_at_a_time(session, _KEY)
    changed = select(Campaign.id).where(Campaign.settled_version != Campaign.version)
    again = set(session.scalars(changed))
    if again:
        _settle_pages(session, _pages_of(session, again))
        settled = update(Campaign).where(Campaign.id.in_(again)).values(settled_version=Campaign.version)
        run_in_bulk(session, settled)
    return _note_beginnings(session, now)


def move(session: Session, actor: Actor, talk: Conversation, campaign_id: int | None, now: datetime) -> None:
    """Say which campaign the post under a conversation belongs to, or None: that time decides again.

    Raises Forbidden, NotFound, and Conflict for a campaign that is closed: what was signed stays as it is.
    """
    service.may_manage(actor)
    one_at_a_time(session, _KEY)
    moved = session.get(MovedPost, talk.post_id)
    if campaign_id is None:
        if moved is not None:
            session.delete(moved)
    else:
        service.open_campaign(session, campaign_id)
        if moved is None:
            moved = MovedPost(post_id=talk.post_id)
            session.add(moved)
        moved.campaign_id, moved.moved_by_id, moved.moved_at = campaign_id, actor.id, now
    session.flush()
    began = session.get(PostBeginning, talk.post_id)
    run_in_bulk(session, delete(CampaignPost).where(CampaignPost.post_id == talk.post_id))
    _store(session, [(talk.post_id, talk.page_id, began.at if began else now)])
    audit.note(session, Action.POST_MOVED, f"post/{talk.post_id}", now, by=actor.id, campaign=campaign_id)


def moved_by(session: Session, post_id: int) -> Moved | None:
    """Who moved a post, and when; None where time decided. One statement."""
    query = select(User.name, MovedPost.moved_at).join(User, User.id == MovedPost.moved_by_id)
    found = session.execute(query.where(MovedPost.post_id == post_id)).one_or_none()
    return Moved(*found) if found else None


def _pages_of(session: Session, campaign_ids: Collection[int]) -> set[int]:
    """The pages they are on, and those they were on."""
    now_on = select(CampaignPage.page_id).where(CampaignPage.campaign_id.in_(campaign_ids))
    was_on = select(CampaignPost.page_id).where(CampaignPost.campaign_id.in_(campaign_ids)).distinct()
    return set(session.scalars(now_on)) | set(session.scalars(was_on))


def _settle_pages(session: Session, page_ids: Collection[int]) -> None:
    """Decide anew about all posts of these pages, but those of campaigns that are closed: they were handed over."""
    run_in_bulk(session, delete(CampaignPost).where(CampaignPost.page_id.in_(page_ids), ~_SIGNED))
    kept = select(CampaignPost.post_id).where(CampaignPost.page_id.in_(page_ids))
    known = select(PostBeginning.post_id, PostBeginning.page_id, PostBeginning.at)
    found = session.execute(known.where(PostBeginning.page_id.in_(page_ids), PostBeginning.post_id.not_in(kept))).all()
    _store(session, [(one.post_id, one.page_id, one.at) for one in found])


def _note_beginnings(session: Session, now: datetime) -> bool:
    mark = session.get(UpkeepMark, _MARK)
    if mark is None:
        mark = UpkeepMark(name=_MARK, value=0)
        session.add(mark)
    ids = select(Conversation.id).where(Conversation.id > mark.value).order_by(Conversation.id).limit(AT_ONCE)
    fresh = list(session.scalars(ids))
    if not fresh:
        return False
    query = (
        select(Conversation.post_id, Conversation.page_id, func.min(Comment.published_at))
        .join(Comment, Comment.conversation_id == Conversation.id)
        .where(Conversation.id > mark.value, Conversation.id <= fresh[-1])
        .group_by(Conversation.post_id, Conversation.page_id)
        .order_by(Conversation.post_id)
    )
    found = [(post_id, page_id, at) for post_id, page_id, at in session.execute(query)]
    signed = select(CampaignPost.post_id).where(CampaignPost.post_id.in_([one[0] for one in found]), _SIGNED)
    kept = set(session.scalars(signed))
    earlier = [one for one in found if _began(session, *one) and one[0] not in kept]
    run_in_bulk(session, delete(CampaignPost).where(CampaignPost.post_id.in_([one[0] for one in earlier])))
    _store(session, earlier)
    more = len(fresh) == AT_ONCE
    sure = fresh[-1] if more else min(fresh[-1], lowest_id(now - _LATE))
    mark.value = max(mark.value, sure)
    session.flush()
    return more


def _began(session: Session, post_id: int, page_id: int, at: datetime) -> bool:
    """Note when a post began; False when that was known, or it began earlier."""
    statement = insert_or(session, _BEGINNINGS).values(post_id=post_id, page_id=page_id, at=at)
    statement = statement.on_conflict_do_update(
        index_elements=["post_id"], set_={"at": statement.excluded.at}, where=_BEGINNINGS.c.at > statement.excluded.at
    )
    return session.execute(statement.returning(_BEGINNINGS.c.post_id)).scalar_one_or_none() is not None


def _store(session: Session, posts: Collection[tuple[int, int, datetime]]) -> None:
    """Keep which campaigns these posts (id, page, beginning) belong to."""
    runs = campaigns.runs(session, {page_id for _post, page_id, _at in posts})
    moved = _moved(session, {page_id for _post, page_id, _at in posts})
    meant = [(post_id, page_id, moved.get(post_id, rules.belongs(runs, page_id, at))) for post_id, page_id, at in posts]
    insert_rows(
        session,
        CampaignPost.__table__,
        [
            {"post_id": post_id, "page_id": page_id, "campaign_id": campaign_id}
            for post_id, page_id, campaign_id in meant
            if campaign_id is not None
        ],
    )


def _moved(session: Session, page_ids: Collection[int]) -> dict[int, int]:
    """Posts of these pages that somebody moved, each with its campaign."""
    query = select(MovedPost.post_id, MovedPost.campaign_id).join(Post, Post.id == MovedPost.post_id)
    return dict(session.execute(query.where(Post.page_id.in_(list(page_ids)))).all())
