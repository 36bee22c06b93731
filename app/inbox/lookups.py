"""What intake must know before it stores: each question is one statement for all pages of a round."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, select, update
from sqlalchemy.orm import Session

from app.campaigns.models import CampaignPage, CampaignPost
from app.connectors.ports import Post as PostRef
from app.connectors.ports import SaidAs, Status
from app.core.bulk import insert_rows, pairs
from app.core.ids import new_ids
from app.inbox.known import COLUMNS, Known
from app.inbox.models import Comment, Conversation, ConversationTag, Post
from app.inbox.types import ConversationState, Priority
from app.pages.models import Page

Key = tuple[int, str]
"""A page's id, and an id at its platform."""
_Talk = tuple[
    int,
    int,
    ConversationState,
    Any,
    int,
    int,
    str,
    Any,
    bool,
    int,
    int | None,
    Priority,
    str | None,
    bool,
    SaidAs | None,
]


def known_comments(session: Session, keys: Sequence[Key]) -> dict[Key, Known]:
    """Those of the comments that are stored already."""
    query = select(Comment.page_id, Comment.external_id, *COLUMNS)
    return {(row[0], row[1]): Known(*row[2:]) for row in _matching(session, query, Comment.external_id, keys)}


@dataclass(frozen=True, slots=True)
class Belongs:
    """What filters hold a conversation by that intake does not know: its page's platform, tags, and a campaign.

    ``campaign`` None: its post may belong to one, and nobody has looked yet.
    """

    platform: str
    tags: tuple[int, ...]
    campaign: tuple[int, ...] | None


def belongs(session: Session, talk_ids: Collection[int]) -> dict[int, Belongs]:
    """What these conversations belong to, by their ids. One statement."""
    has_campaigns = exists().where(CampaignPage.page_id == Conversation.page_id)
    query = (
        select(Conversation.id, Page.connector, CampaignPost.campaign_id, has_campaigns, ConversationTag.tag_id)
        .join(Page, Page.id == Conversation.page_id)
        .outerjoin(CampaignPost, CampaignPost.post_id == Conversation.post_id)
        .outerjoin(ConversationTag, ConversationTag.conversation_id == Conversation.id)
        .where(Conversation.id.in_(talk_ids))
    )
    found: dict[int, Belongs] = {}
    for talk_id, platform, campaign, open_to_one, tag in session.execute(query):
        known = found.get(talk_id)
        tags = (*(known.tags if known else ()), *((tag,) if tag is not None else ()))
        none = None if open_to_one else ()
        found[talk_id] = Belongs(platform, tags, none if campaign is None else (campaign,))
    return found


def roots(session: Session, keys: Sequence[Key]) -> dict[Key, tuple[str, int | None]]:
    """Of stored comments the root of the thread, and the conversation they are part of."""
    query = select(Comment.page_id, Comment.external_id, Comment.thread_root, Comment.conversation_id)
    return {(row[0], row[1]): (row[2], row[3]) for row in _matching(session, query, Comment.external_id, keys)}


def posts(session: Session, wanted: dict[Key, PostRef]) -> dict[Key, int]:
    """The posts' ids; new ones are stored, changed titles, addresses and states followed."""
    found: dict[Key, int] = {}
    query = select(Post.page_id, Post.external_id, Post.id, Post.url, Post.title, Post.status)
    for page_id, external_id, post_id, *known in _matching(session, query, Post.external_id, list(wanted)):
        ref = wanted[page_id, external_id]
        found[page_id, external_id] = post_id
        url, title, status = known
        told = [(ref.url or "")[:2000] or url, (ref.title or "")[:500] or title, ref.status or status]
        if told != known:
            values = dict(zip(("url", "title", "status"), told, strict=True))
            session.execute(update(Post).where(Post.id == post_id).values(**values))
    fresh = [key for key in wanted if key not in found]
    found |= zip(fresh, new_ids(len(fresh)), strict=True)
    rows = [
        {
            "id": found[key],
            "page_id": key[0],
            "external_id": key[1],
            "url": (wanted[key].url or "")[:2000] or None,
            "title": (wanted[key].title or "")[:500] or None,
            "status": wanted[key].status or Status.LIVE,
        }
        for key in fresh
    ]
    insert_rows(session, Post.__table__, rows)
    return found


def conversations(session: Session, thread_roots: Sequence[Key]) -> list[tuple[int, str, int, *_Talk]]:
    """The conversations of these threads: page, root, identity, id, contact, state, waiting since, comment count,
    version, snippet, put off until, private, team, assignee, priority, language, whether the
    author was known, what the first comment is."""
    query = select(
        Conversation.page_id,
        Conversation.thread_root,
        Conversation.identity_id,
        Conversation.id,
        Conversation.contact_id,
        Conversation.state,
        Conversation.waiting_since,
        Conversation.comment_count,
        Conversation.version,
        Conversation.snippet,
        Conversation.put_off_until,
        Conversation.private,
        Conversation.team_id,
        Conversation.assignee_id,
        Conversation.priority,
        Conversation.language,
        Conversation.author_known,
        Conversation.said_as,
    )
    return _matching(session, query, Conversation.thread_root, thread_roots)


def misplaced_roots(session: Session, keys: Sequence[Key]) -> list[Key]:
    """Those of the comments that stored ones still take for the root of their thread."""
    query = select(Comment.page_id, Comment.thread_root).distinct()
    return [(row[0], row[1]) for row in _matching(session, query, Comment.thread_root, keys)]


def _matching(session: Session, query: "Select[*tuple[Any, ...]]", place: Any, keys: Iterable[Key]) -> list[Any]:
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return []
    given = pairs(session, wanted)
    page_id = place.class_.page_id
    return list(session.execute(query.join(given, and_(page_id == given.c.a, place == given.c.b))).all())
