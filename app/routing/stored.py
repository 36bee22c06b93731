"""The facts about conversations that are stored, many at a time, each looked up only when rules ask for it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.campaigns import queries as campaigns
from app.campaigns.models import CampaignPost
from app.campaigns.rules import belongs
from app.campaigns.types import Run
from app.connectors.ports import SaidAs, Status
from app.contacts.models import Contact
from app.inbox.arrivals import Facts
from app.inbox.models import Comment, Conversation, Post
from app.outreach import standings
from app.outreach.rules import lasts
from app.outreach.types import Stance
from app.pages.models import Page
from app.routing.types import Candidate, Fact

_CHUNK = 500
_asked, _kin = aliased(Contact), aliased(Contact)


@dataclass(slots=True)
class Known:
    """What was looked up already and need not be again within one piece of work."""

    connectors: dict[int, str] = field(default_factory=dict)
    talks_of: dict[int, list[int]] = field(default_factory=dict)
    """Conversations of contacts, with those of contacts they were joined with, in order."""
    vip: dict[int, bool] = field(default_factory=dict)


@dataclass(slots=True)
class _Said:
    texts: list[str] = field(default_factory=list)
    spam: bool = False
    is_reply: bool = False
    at: datetime | None = None
    said_as: SaidAs | None = None
    stars: int | None = None
    attached: int = 0


def facts_of(
    session: Session, talks: Sequence[Candidate], pages: dict[int, int], *, first_only: bool = False
) -> dict[int, Facts]:
    """What routing looks at, by conversation. ``pages`` are the default teams of their pages.

    With ``first_only``, as it was when each was routed first: without what the person said later.
    """
    ids = [talk.id for talk in talks]
    said: dict[int, _Said] = defaultdict(_Said)
    for start in range(0, len(ids), _CHUNK):
        _read_said(session, ids[start : start + _CHUNK], said, first_only=first_only)
    found = {}
    for talk in talks:
        words = said[talk.id]
        found[talk.id] = Facts(
            conversation_id=talk.id,
            page_id=talk.page_id,
            default_team_id=pages[talk.page_id],
            texts=tuple(words.texts),
            author_known=talk.author_known,
            held_as_spam=words.spam,
            contact_id=talk.contact_id,
            is_reply=words.is_reply,
            said_as=words.said_as,
            stars=words.stars,
            attached=words.attached,
            said_at=words.at,
        )
    return found


def _read_said(session: Session, ids: Sequence[int], said: dict[int, _Said], *, first_only: bool) -> None:
    query = (
        select(
            Comment.conversation_id,
            Comment.text,
            Comment.status,
            Comment.parent_external_id,
            Comment.published_at,
            Comment.said_as,
            Comment.stars,
            Comment.attached,
        )
        .where(Comment.conversation_id.in_(ids), Comment.is_us.is_(False))
        .order_by(Comment.conversation_id, Comment.published_at, Comment.id)
    )
    if first_only:
        query = query.join(Conversation, Conversation.id == Comment.conversation_id).where(
            Comment.first_seen_at <= func.coalesce(Conversation.routed_at, Comment.first_seen_at)
        )
    for talk_id, text, status, parent, at, said_as, stars, attached in session.execute(query):
        one = said[talk_id or 0]
        if not one.texts:
            one.is_reply, one.said_as = parent is not None, said_as
        one.stars = stars or one.stars
        one.attached += attached
        one.texts.append(text)
        one.at = at
        one.spam = one.spam or status is Status.SPAM


def completed(
    session: Session, facts: Sequence[Facts], needs: Collection[Fact], known: Known | None = None
) -> list[Facts]:
    """The same facts with what rules ask about beyond what everybody has at hand."""
    known = known or Known()
    found = list(facts)
    if Fact.CONNECTORS in needs:
        connectors = _connectors(session, {one.page_id for one in found}, known)
        found = [replace(one, connector=connectors.get(one.page_id, "")) for one in found]
    if Fact.EARLIER in needs:
        found = _with_earlier(session, found, known)
    if Fact.VIP in needs:
        found = _with_vip(session, found, known)
    if Fact.STANCES in needs:
        found = _with_stances(session, found)
    if Fact.OWED in needs:
        found = _with_remedies(session, found)
    if Fact.CAMPAIGNS in needs:
        found = _with_campaigns(session, found)
    if Fact.POSTS in needs:
        found = _with_posts(session, found)
    return found


def _connectors(session: Session, page_ids: Collection[int], known: Known) -> dict[int, str]:
    if not known.connectors.keys() >= set(page_ids):
        known.connectors.update(session.execute(select(Page.id, Page.connector)).all())
    return known.connectors


def _with_earlier(session: Session, facts: list[Facts], known: Known) -> list[Facts]:
    asked = {one.contact_id for one in facts if one.contact_id is not None}
    missing = sorted(asked - known.talks_of.keys())
    for start in range(0, len(missing), _CHUNK):
        part = missing[start : start + _CHUNK]
        known.talks_of.update({contact: [] for contact in part})
        query = (
            select(_asked.id, Conversation.id)
            .join(_kin, _kin.head_id == _asked.head_id)
            .join(Conversation, Conversation.contact_id == _kin.id)
            .where(_asked.id.in_(part))
        )
        for contact, talk in session.execute(query.order_by(Conversation.id)):
            known.talks_of[contact].append(talk)
    for one in facts:  # what comes in just now is not stored yet
        before = known.talks_of.get(one.contact_id or 0)
        if before is not None:
            at = bisect_left(before, one.conversation_id)
            if before[at : at + 1] != [one.conversation_id]:
                before.insert(at, one.conversation_id)
    return [
        replace(one, earlier=bisect_left(known.talks_of.get(one.contact_id or 0, []), one.conversation_id))
        for one in facts
    ]


def _with_vip(session: Session, facts: list[Facts], known: Known) -> list[Facts]:
    """Also of whom we met for the first time: who is judged anew may have been marked since."""
    asked = {one.contact_id for one in facts if one.contact_id is not None}
    missing = sorted(asked - known.vip.keys())
    for start in range(0, len(missing), _CHUNK):
        part = missing[start : start + _CHUNK]
        query = select(_asked.id).join(_kin, _kin.id == _asked.head_id).where(_asked.id.in_(part), _kin.vip)
        marked = set(session.scalars(query))
        known.vip.update({contact: contact in marked for contact in part})
    return [replace(one, author_vip=known.vip.get(one.contact_id or 0, False)) for one in facts]


def _with_stances(session: Session, facts: list[Facts]) -> list[Facts]:
    """How departments stood towards the person when they wrote."""
    asked = sorted({one.contact_id for one in facts if one.contact_id is not None})
    entered: dict[int, list[tuple[Stance, datetime, datetime | None]]] = {}
    for start in range(0, len(asked), _CHUNK):
        entered |= standings.stances(session, asked[start : start + _CHUNK])
    return [
        replace(
            one,
            stances=frozenset(
                stance.value
                for stance, since, until in entered.get(one.contact_id or 0, ())
                if one.said_at is None or lasts(since, until, one.said_at)
            ),
        )
        for one in facts
    ]


def _with_remedies(session: Session, facts: list[Facts]) -> list[Facts]:
    asked = sorted({one.contact_id for one in facts if one.contact_id is not None})
    found: set[int] = set()
    for start in range(0, len(asked), _CHUNK):
        query = (
            select(_asked.id)
            .join(_kin, _kin.head_id == _asked.head_id)
            .join(Conversation, Conversation.contact_id == _kin.id)
            .where(_asked.id.in_(asked[start : start + _CHUNK]), Conversation.remedies_open > 0)
        )
        found.update(session.scalars(query))
    return [replace(one, remedy_open=one.contact_id in found) for one in facts]


def _with_campaigns(session: Session, facts: list[Facts]) -> list[Facts]:
    """What a post belongs to is known soon after something was first said under it; until then, what ran on its page
    when it was said."""
    posts = {one.conversation_id: one.post_id for one in facts if one.post_id is not None}
    missing = [one.conversation_id for one in facts if one.post_id is None]
    known: dict[int, int] = {}
    for start in range(0, len(missing), _CHUNK):
        query = select(Conversation.id, Conversation.post_id)
        posts.update(session.execute(query.where(Conversation.id.in_(missing[start : start + _CHUNK]))).all())
    wanted = sorted(set(posts.values()))
    for start in range(0, len(wanted), _CHUNK):
        belonging = select(CampaignPost.post_id, CampaignPost.campaign_id)
        query = belonging.where(CampaignPost.post_id.in_(wanted[start : start + _CHUNK]))
        known.update(session.execute(query).all())
    runs = campaigns.runs(session, {one.page_id for one in facts})
    return [
        replace(one, campaign_id=known.get(posts.get(one.conversation_id, 0)) or _running(one, runs)) for one in facts
    ]


def _running(one: Facts, runs: Sequence[Run]) -> int | None:
    return belongs(runs, one.page_id, one.said_at) if one.said_at is not None else None


def _with_posts(session: Session, facts: list[Facts]) -> list[Facts]:
    """For conversations that are stored; the others know their post already."""
    missing = [one.conversation_id for one in facts if one.post_url is None and one.post_title is None]
    posts: dict[int, tuple[str | None, str | None]] = {}
    for start in range(0, len(missing), _CHUNK):
        query = (
            select(Conversation.id, Post.url, Post.title)
            .join(Post, Post.id == Conversation.post_id)
            .where(Conversation.id.in_(missing[start : start + _CHUNK]))
        )
        posts.update({talk: (url, title) for talk, url, title in session.execute(query)})
    return [
        replace(one, post_url=posts[one.conversation_id][0], post_title=posts[one.conversation_id][1])
        if one.conversation_id in posts
        else one
        for one in facts
    ]
