"""Reading one conversation: head, thread, what was noted and done. Each function is a fixed number of statements."""

from collections import defaultdict
from functools import cache

from sqlalchemy import Executable, Integer, ScalarSelect, Text, bindparam, null, select, type_coerce, union_all
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.campaigns.models import Campaign, CampaignPost
from app.campaigns.types import Named
from app.connectors.ports import Status
from app.contacts import queries as contacts
from app.contacts.models import Contact, Identity
from app.inbox import access, streaks, tags
from app.inbox.models import (
    Comment,
    CommentVersion,
    Conversation,
    ConversationEvent,
    ConversationMark,
    ConversationTag,
    Note,
    Post,
    Tag,
)
from app.inbox.types import TARGETS
from app.inbox.views import CommentView, ConversationView, EventView, HistoryEntry, NoteView, Record
from app.pages import queries as pages
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState, PageView, Reach

THREAD_LIMIT = 500
_Own = aliased(Contact)
"""The contact a conversation came with; shown is the one it was joined into."""
_PagesTeam = aliased(Team)


def _target() -> ScalarSelect[int]:
    return (
        select(Comment.id)
        .where(
            Comment.conversation_id == bindparam("conversation_id"),
            Comment.is_us.is_(False),
            Comment.status.in_([Status.LIVE, Status.HELD]),
        )
        .order_by(Comment.published_at.desc(), Comment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_HEAD = (
    select(Conversation, Page, Connection, _PagesTeam.name, Post, Campaign, Contact, Identity, Team.name, User.name)
    .add_columns(ConversationMark, _target(), Tag)
    .select_from(Conversation)
    .join(Page, Page.id == Conversation.page_id)
    .join(Connection, Connection.page_id == Page.id)
    .join(_PagesTeam, _PagesTeam.id == Page.team_id)
    .join(Post, Post.id == Conversation.post_id)
    .outerjoin(CampaignPost, CampaignPost.post_id == Post.id)
    .outerjoin(Campaign, Campaign.id == CampaignPost.campaign_id)
    .join(_Own, _Own.id == Conversation.contact_id)
    .join(Contact, Contact.id == _Own.head_id)
    .join(Identity, Identity.id == Conversation.identity_id)
    .join(Team, Team.id == Conversation.team_id)
    .outerjoin(User, User.id == Conversation.assignee_id)
    .outerjoin(
        ConversationMark,
        (ConversationMark.conversation_id == Conversation.id) & ConversationMark.mark.in_(TARGETS),
    )
    .outerjoin(ConversationTag, ConversationTag.conversation_id == Conversation.id)
    .outerjoin(Tag, (Tag.id == ConversationTag.tag_id) & Tag.removed_at.is_(None))
    .where(Conversation.id == bindparam("conversation_id"))
    .order_by(Tag.key)
)
"""A conversation's head, a row for each tag and one without where there are none; put together once."""


def conversation(session: Session, actor: Actor, conversation_id: int) -> ConversationView:
    """A conversation's head. One statement. Raises NotFound."""
    return conversation_on_page(session, actor, conversation_id)[0]


def conversation_on_page(
    session: Session, actor: Actor, conversation_id: int
) -> tuple[ConversationView, PageView, Reach]:
    """A conversation's head, with its page and how that is reached. One statement. Raises NotFound."""
    # First: access then finds the conversation read already.
    rows = session.execute(_HEAD, {"conversation_id": conversation_id}).all()
    talk = access.conversation(session, actor, conversation_id)
    _talk, page, connection, pages_team, post, campaign, contact, identity, team, assignee, mark, target, _tag = rows[0]
    view = ConversationView(
        id=talk.id,
        version=talk.version,
        without_own=streaks.without_own(talk, actor),
        page_id=page.id,
        page_name=page.name,
        page_url=page.url,
        connector=page.connector,
        demo=page.demo,
        connection_stopped=connection.state is ConnectionState.STOPPED or page.state is not PageState.ACTIVE,
        post_title=post.title,
        post_url=post.url,
        post_status=post.status,
        campaign=Named(campaign.id, campaign.name) if campaign else None,
        contact_id=contact.id,
        person=contact.name,
        person_url=identity.url,
        person_email=identity.email,
        state=talk.state,
        priority=talk.priority,
        team_id=talk.team_id,
        team_name=team,
        assignee_id=talk.assignee_id,
        assignee_name=assignee,
        waiting_since=talk.waiting_since,
        put_off_until=talk.put_off_until,
        target=mark.mark if mark else None,
        due_at=mark.at if mark else None,
        opened_at=talk.opened_at,
        language=talk.language,
        reply_to_id=target,
        tags=tuple(tags.view(row[-1]) for row in rows if row[-1] is not None),
    )
    return view, pages.view(page, connection, pages_team), pages.reached(page, connection)


def locate(session: Session, page_id: int, external_id: str) -> tuple[int, int] | None:
    """The ids of a comment and of the conversation it is part of, by its id at the platform."""
    query = select(Comment.id, Comment.conversation_id).where(
        Comment.page_id == page_id, Comment.external_id == external_id, Comment.conversation_id.is_not(None)
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found and found[1] is not None else None


def reply_target(session: Session, conversation_id: int) -> int | None:
    """The person's latest comment that still stands; an answer goes there."""
    return session.scalar(select(_target()), {"conversation_id": conversation_id})


@cache
def _thread(most: int) -> Executable:
    """The newest comments of a person, of others in the thread, and what the person's answer; put together once for
    each number."""
    newest = Comment.published_at.desc(), Comment.id.desc()
    page, talk = bindparam("page_id", type_=Comment.page_id.type), bindparam("conversation_id", type_=Comment.id.type)
    own = select(Comment).where(Comment.conversation_id == talk)
    others = select(Comment).where(
        Comment.page_id == page,
        Comment.thread_root == bindparam("thread_root"),
        Comment.conversation_id.is_distinct_from(talk),
    )
    # Each half is read from its index in the order wanted, however long the thread is.
    halves = [select(half.order_by(*newest).limit(most).subquery()) for half in (own, others)]
    answers = own.order_by(*newest).limit(most).subquery().c.parent_external_id
    answered = select(Comment).where(Comment.page_id == page, Comment.external_id.in_(select(answers)))
    return select(Comment).from_statement(union_all(*halves, answered))


def thread(session: Session, actor: Actor, conversation_id: int, most: int = THREAD_LIMIT) -> list[CommentView]:
    """The thread the conversation stands in, nested as at the source: what its person said, and of what others said
    the newest, ``most`` comments together, and what the person's comments answer."""
    talk = access.conversation(session, actor, conversation_id)
    parts = session.scalars(
        _thread(most), {"conversation_id": talk.id, "page_id": talk.page_id, "thread_root": talk.thread_root}
    )
    found = sorted(set(parts), key=lambda one: (one.conversation_id == talk.id, one.published_at, one.id))
    needed = {one.parent_external_id for one in found if one.conversation_id == talk.id}
    kept = [one for one in found[:-most] if one.external_id in needed] + found[-most:]
    comments = sorted(kept, key=lambda one: (one.published_at, one.id))
    edited = [one.id for one in comments if one.edited_at is not None]
    earlier: dict[int, list[str]] = defaultdict(list)
    if edited:
        versions = select(CommentVersion).where(CommentVersion.comment_id.in_(edited)).order_by(CommentVersion.id)
        for version in session.scalars(versions):
            earlier[version.comment_id].append(version.text)
    return _nest(comments, earlier)


def _nest(comments: list[Comment], earlier: dict[int, list[str]]) -> list[CommentView]:
    by_external = {one.external_id: one for one in comments}
    children: dict[str | None, list[Comment]] = defaultdict(list)
    for one in comments:
        answers = one.parent_external_id
        children[answers if answers in by_external and answers != one.external_id else None].append(one)
    views: list[CommentView] = []
    stack = [(one, 0) for one in reversed(children[None])]
    seen: set[int] = set()
    while stack:
        one, depth = stack.pop()
        if one.id in seen:
            continue
        seen.add(one.id)
        parent = by_external.get(one.parent_external_id or "")
        views.append(
            CommentView(
                id=one.id,
                external_id=one.external_id,
                parent_id=parent.id if parent else None,
                conversation_id=one.conversation_id,
                author=one.author_name,
                is_us=one.is_us,
                text=one.text,
                url=one.url,
                published_at=one.published_at,
                status=one.status,
                edited_at=one.edited_at,
                earlier_texts=tuple(earlier.get(one.id, ())),
                depth=depth,
                private=one.private,
            )
        )
        stack += [(child, depth + 1) for child in reversed(children[one.external_id])]
    return views


_TALK_ID = bindparam("conversation_id", type_=Conversation.id.type)
_HAPPENED = (
    select(ConversationEvent.id.label("number"), User.name, ConversationEvent.at, ConversationEvent.actor_id)
    .add_columns(ConversationEvent.kind, ConversationEvent.data, type_coerce(null(), Text()))
    .outerjoin(User, User.id == ConversationEvent.actor_id)
    .where(ConversationEvent.conversation_id == _TALK_ID)
)
_WRITTEN = (
    select(Note.id, User.name, Note.created_at, Note.author_id, null(), null(), Note.text)
    .join(User, User.id == Note.author_id)
    .where(Note.conversation_id == _TALK_ID)
)
_RECORD = union_all(_HAPPENED, _WRITTEN).order_by("number")
_NEWEST = (
    select(Conversation.id)
    .where(
        Conversation.contact_id.in_(contacts.together_with(bindparam("contact_id", type_=Contact.id.type))),
        Conversation.id != _TALK_ID,
    )
    .order_by(Conversation.id.desc())
    .limit(bindparam("most", type_=Integer()))
    .subquery()
)
"""Found in the index alone: some people have thousands."""
_HISTORY = (
    select(Conversation, Page.name, Post.title)
    .join(_NEWEST, _NEWEST.c.id == Conversation.id)
    .join(Page, Page.id == Conversation.page_id)
    .join(Post, Post.id == Conversation.post_id)
    .order_by(Conversation.id.desc())
)
"""Put together once, as every conversation asks both."""


def record(session: Session, actor: Actor, conversation_id: int) -> Record:
    """The notes and the system lines. One statement."""
    access.conversation(session, actor, conversation_id)
    found = Record([], [])
    for number, who, at, who_id, kind, data, text in session.execute(_RECORD, {"conversation_id": conversation_id}):
        if kind is None:
            found.notes.append(NoteView(number, who, text, at))
        else:
            found.events.append(EventView(kind, who_id, who, at, data))
    return found


def history(session: Session, actor: Actor, conversation_id: int, limit: int) -> list[HistoryEntry]:
    """The same contact's other conversations, on all pages and of all it was joined with, newest first."""
    talk = access.conversation(session, actor, conversation_id)
    asked = {"contact_id": talk.contact_id, "conversation_id": talk.id, "most": limit}
    return [
        HistoryEntry(one.id, page_name, title, one.snippet, one.state, one.opened_at)
        for one, page_name, title in session.execute(_HISTORY, asked)
    ]
