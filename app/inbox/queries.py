"""Reading lists and conversations. Each function is a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    ScalarSelect,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import Row as SqlRow
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.accounts import rules as account_rules
from app.accounts.models import Team, User
from app.accounts.types import Actor, Permission
from app.connectors.ports import Status
from app.contacts import queries as contacts
from app.contacts.models import Contact, Identity
from app.inbox import access, counts, filters
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
from app.inbox.types import (
    CommentView,
    ConversationState,
    ConversationView,
    EventView,
    HistoryEntry,
    Length,
    ListFilter,
    Mark,
    NoteView,
    Position,
    Row,
)
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState

PAGE_LENGTH = 50
THREAD_LIMIT = 500
_Own = aliased(Contact)
"""The contact a conversation came with; shown is the one it was joined into."""


def rows(session: Session, wanted: ListFilter, *, after: Position | None = None, limit: int = PAGE_LENGTH) -> list[Row]:
    """One screenful of a list: those that wait for us longest first, everything else newest first. Two statements.

    Goes on after ``after``; however far down, a page costs the same.
    """
    query = _list_query(wanted, limit)
    if after is not None:
        rising = _is_rising(wanted)
        at, key = _ordered_by(wanted), Conversation.id
        beyond = at > after.at if rising else at < after.at
        tie = key > after.id if rising else key < after.id
        query = query.where(or_(beyond, and_(at == after.at, tie)))
    return _rows(session, query)


@lru_cache(maxsize=500)
def _list_query(wanted: ListFilter, limit: int) -> "Select[*tuple[Any, ...]]":
    """The beginning of a list. Kept, because everybody asks for the same few lists all day."""
    at, key = _ordered_by(wanted), Conversation.id
    query = _row_query(wanted).where(*_conditions(wanted))
    query = query.order_by(at, key) if _is_rising(wanted) else query.order_by(at.desc(), key.desc())
    # The number stands in the statement: PostgreSQL plans it anew each time, which takes longer than the answer, as
    # long as it can't know how few rows are wanted.
    return query.limit(literal_column(str(limit)))


def _is_rising(wanted: ListFilter) -> bool:
    return wanted.mark is not None or wanted.state is ConversationState.NEW


def some_rows(session: Session, actor: Actor, ids: Collection[int], wanted: ListFilter) -> list[Row]:
    """The lines of these conversations as they are now, in no order; unknown ones are left out. Each says whether it
    belongs into the list ``wanted``."""
    if not account_rules.may(actor.role, Permission.READ_INBOX):
        return []
    return _rows(session, _row_query(wanted).where(Conversation.id.in_(list(ids))))


def _ordered_by(wanted: ListFilter) -> InstrumentedAttribute[datetime]:
    return ConversationMark.at if wanted.mark else Conversation.sort_at


def _row_query(wanted: ListFilter) -> "Select[*tuple[Any, ...]]":
    at = func.coalesce(_ordered_by(wanted), Conversation.sort_at, type_=Conversation.sort_at.type)
    query: Select[*tuple[Any, ...]] = (
        select(
            Conversation.id,
            Conversation.version,
            Contact.name.label("person"),
            Contact.vip,
            Contact.do_not_contact,
            Page.connector,
            Conversation.page_id,
            Page.name.label("page_name"),
            Page.demo,
            Post.title,
            Conversation.snippet,
            Conversation.state,
            Conversation.priority,
            Conversation.team_id,
            Team.name.label("team_name"),
            Conversation.assignee_id,
            User.name.label("assignee_name"),
            at.label("at"),
            Conversation.comment_count,
            case((and_(true(), *_conditions(wanted)), 1), else_=0).label("here"),
        )
        .select_from(Conversation)
        .join(_Own, _Own.id == Conversation.contact_id)
        .join(Contact, Contact.id == _Own.head_id)
        .join(Page, Page.id == Conversation.page_id)
        .join(Post, Post.id == Conversation.post_id)
        .join(Team, Team.id == Conversation.team_id)
        .outerjoin(User, User.id == Conversation.assignee_id)
    )
    return query.outerjoin(ConversationMark, _marked(wanted)) if wanted.mark else query


def _marked(wanted: ListFilter) -> ColumnElement[bool]:
    return and_(ConversationMark.conversation_id == Conversation.id, ConversationMark.mark == wanted.mark)


def _rows(session: Session, query: "Select[*tuple[Any, ...]]") -> list[Row]:
    found = session.execute(query).all()
    marks, tags = _badges(session, [one[0] for one in found])
    return [_row(one, marks[one[0]], tags[one[0]]) for one in found]


def _row(found: "SqlRow[*tuple[Any, ...]]", marks: Iterable[Mark], tags: Iterable[str]) -> Row:
    return Row(
        id=found.id,
        version=found.version,
        person=found.person,
        vip=found.vip,
        do_not_contact=found.do_not_contact,
        connector=found.connector,
        page_id=found.page_id,
        page_name=found.page_name,
        demo=found.demo,
        post_title=found.title,
        snippet=found.snippet,
        state=found.state,
        priority=found.priority,
        team_id=found.team_id,
        team_name=found.team_name,
        assignee_id=found.assignee_id,
        assignee_name=found.assignee_name,
        at=found.at,
        comments=found.comment_count,
        public=True,
        marks=frozenset(marks),
        tags=tuple(tags),
        here=bool(found.here),
    )


def _badges(session: Session, ids: Sequence[int]) -> tuple[dict[int, list[Mark]], dict[int, list[str]]]:
    """Marks and names of tags, by conversation; one statement."""
    marks: dict[int, list[Mark]] = defaultdict(list)
    tags: dict[int, list[str]] = defaultdict(list)
    marked = select(ConversationMark.conversation_id, cast(ConversationMark.mark, String), literal(""))
    tagged = (
        select(ConversationTag.conversation_id, Tag.name, Tag.key)
        .join(Tag, Tag.id == ConversationTag.tag_id)
        .where(ConversationTag.conversation_id.in_(ids), Tag.removed_at.is_(None))
    )
    both = marked.where(ConversationMark.conversation_id.in_(ids)).union_all(tagged)
    for talk_id, name, key in sorted(session.execute(both), key=lambda one: one[2]):
        if key:
            tags[talk_id].append(name)
        else:
            marks[talk_id].append(Mark(name))
    return marks, tags


def news_count(session: Session, wanted: ListFilter, since: datetime, limit: int = 100) -> int:
    """How many conversations of a list have something new since then; counts to ``limit`` at most.

    New is what their person said, in a list of marked ones that they came to be marked.
    """
    newer = ConversationMark.at > since if wanted.mark else Conversation.news_at > since
    query = _ids(wanted).where(newer).limit(limit)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def lengths(session: Session, wanted: Sequence[ListFilter], limit: int = 100) -> list[Length]:
    """How long each list is; one statement for all. What is not kept is counted to ``limit`` at most."""
    found = session.execute(_lengths(tuple(wanted), limit)).one() if wanted else ()
    return [Length(int(n), exact=filters.counted(one) or n < limit) for one, n in zip(wanted, found, strict=True)]


@lru_cache(maxsize=500)
def _lengths(wanted: tuple[ListFilter, ...], limit: int) -> Executable:
    """Putting the statement together costs more than its answer, and everybody asks for the same few all day."""
    known = counts.numbers(one.state for one in wanted if filters.counted(one))
    parts: list[ColumnElement[int]] = [
        counts.length(known, one) if filters.counted(one) else _counted(one, limit) for one in wanted
    ]
    query = select(*parts)
    return query.select_from(known) if any(filters.counted(one) for one in wanted) else query


def portion(session: Session, wanted: ListFilter, *, after: int, until: datetime, limit: int) -> list[int]:
    """The next conversations of a list in the order of their ids, without those that have news since ``until``."""
    query = _ids(wanted).where(Conversation.id > after, Conversation.news_at <= until)
    return list(session.scalars(query.order_by(Conversation.id).limit(limit)))


def first_free(session: Session, wanted: ListFilter, *, after: Position | None, but: Collection[int]) -> int | None:
    """The first conversation of a list that waits for us and that nobody has, locked until the transaction ends; none
    of ``but``, and none that somebody else has locked."""
    at, key = Conversation.sort_at, Conversation.id
    free = replace(wanted, state=ConversationState.NEW, assignee_id=None, unassigned=True)
    query = _ids(free).where(key.not_in(list(but))).order_by(at, key).limit(1)
    if after is not None:
        query = query.where(or_(at > after.at, and_(at == after.at, key > after.id)))
    return session.scalar(query.with_for_update(skip_locked=True, of=Conversation))


def still_there(session: Session, wanted: ListFilter, ids: Sequence[int]) -> list[int]:
    """Those of these conversations that are in the list now, locked until the transaction ends; what somebody else has
    locked is left out."""
    query = _ids(wanted).where(Conversation.id.in_(ids)).order_by(Conversation.id)
    return list(session.scalars(query.with_for_update(skip_locked=True, of=Conversation)))


def _counted(wanted: ListFilter, limit: int) -> ScalarSelect[int]:
    return select(func.count()).select_from(_ids(wanted).limit(limit).subquery()).scalar_subquery()


def _ids(wanted: ListFilter) -> Select[int]:
    query: Select[int] = select(Conversation.id).where(*_conditions(wanted))
    return query.join(ConversationMark, _marked(wanted)) if wanted.mark else query


def _conditions(wanted: ListFilter) -> list[ColumnElement[bool]]:
    marked = [ConversationMark.conversation_id.is_not(None)] if wanted.mark else []
    return [*marked, *filters.conditions(wanted)]


def conversation(session: Session, actor: Actor, conversation_id: int) -> ConversationView:
    """A conversation's head. Raises NotFound."""
    talk = access.conversation(session, actor, conversation_id)
    page, connection, post, contact, identity, team_name, assignee = session.execute(
        select(Page, Connection, Post, Contact, Identity, Team.name, User.name)
        .select_from(Conversation)
        .join(Page, Page.id == Conversation.page_id)
        .join(Connection, Connection.page_id == Page.id)
        .join(Post, Post.id == Conversation.post_id)
        .join(_Own, _Own.id == Conversation.contact_id)
        .join(Contact, Contact.id == _Own.head_id)
        .join(Identity, Identity.id == Conversation.identity_id)
        .join(Team, Team.id == Conversation.team_id)
        .outerjoin(User, User.id == Conversation.assignee_id)
        .where(Conversation.id == talk.id)
    ).one()
    return ConversationView(
        id=talk.id,
        version=talk.version,
        page_id=page.id,
        page_name=page.name,
        page_url=page.url,
        connector=page.connector,
        demo=page.demo,
        connection_stopped=connection.state is ConnectionState.STOPPED or page.state is not PageState.ACTIVE,
        post_title=post.title,
        post_url=post.url,
        contact_id=contact.id,
        person=contact.name,
        person_url=identity.url,
        person_email=identity.email,
        state=talk.state,
        priority=talk.priority,
        team_id=talk.team_id,
        team_name=team_name,
        assignee_id=talk.assignee_id,
        assignee_name=assignee,
        waiting_since=talk.waiting_since,
        opened_at=talk.opened_at,
        language=talk.language,
        reply_to_id=reply_target(session, talk.id),
    )


def locate(session: Session, page_id: int, external_id: str) -> tuple[int, int] | None:
    """The ids of a comment and of the conversation it is part of, by its id at the platform."""
    query = select(Comment.id, Comment.conversation_id).where(
        Comment.page_id == page_id, Comment.external_id == external_id, Comment.conversation_id.is_not(None)
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1]) if found and found[1] is not None else None


def reply_target(session: Session, conversation_id: int) -> int | None:
    """The person's latest comment that still stands; an answer goes there."""
    return session.scalar(
        select(Comment.id)
        .where(
            Comment.conversation_id == conversation_id,
            Comment.is_us.is_(False),
            Comment.status.in_([Status.LIVE, Status.HELD]),
        )
        .order_by(Comment.published_at.desc(), Comment.id.desc())
        .limit(1)
    )


def thread(session: Session, actor: Actor, conversation_id: int) -> list[CommentView]:
    """The thread the conversation stands in, nested as at the source: what its person said, and of what others said
    the newest, THREAD_LIMIT comments together."""
    talk = access.conversation(session, actor, conversation_id)
    newest = Comment.published_at.desc(), Comment.id.desc()
    own = select(Comment).where(Comment.conversation_id == talk.id)
    others = select(Comment).where(
        Comment.page_id == talk.page_id,
        Comment.thread_root == talk.thread_root,
        Comment.conversation_id.is_distinct_from(talk.id),
    )
    # Each half is read from its index in the order wanted, however long the thread is.
    halves = [select(half.order_by(*newest).limit(THREAD_LIMIT).subquery()) for half in (own, others)]
    both = select(Comment).from_statement(union_all(*halves))
    found = sorted(session.scalars(both), key=lambda one: (one.conversation_id == talk.id, one.published_at, one.id))
    comments = sorted(found[-THREAD_LIMIT:], key=lambda one: (one.published_at, one.id))
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
            )
        )
        stack += [(child, depth + 1) for child in reversed(children[one.external_id])]
    return views


def notes(session: Session, actor: Actor, conversation_id: int) -> list[NoteView]:
    """The notes, oldest first."""
    access.conversation(session, actor, conversation_id)
    query = select(Note, User.name).join(User, User.id == Note.author_id).where(Note.conversation_id == conversation_id)
    return [
        NoteView(note.id, name, note.text, note.created_at) for note, name in session.execute(query.order_by(Note.id))
    ]


def events(session: Session, actor: Actor, conversation_id: int) -> list[EventView]:
    """The system lines, oldest first."""
    access.conversation(session, actor, conversation_id)
    query = (
        select(ConversationEvent, User.name)
        .outerjoin(User, User.id == ConversationEvent.actor_id)
        .where(ConversationEvent.conversation_id == conversation_id)
        .order_by(ConversationEvent.id)
    )
    return [EventView(event.kind, name, event.at, event.data) for event, name in session.execute(query)]


def history(session: Session, actor: Actor, conversation_id: int, limit: int = 10) -> list[HistoryEntry]:
    """The same contact's other conversations, on all pages and of all it was joined with, newest first."""
    talk = access.conversation(session, actor, conversation_id)
    query = (
        select(Conversation, Page.name, Post.title)
        .join(Page, Page.id == Conversation.page_id)
        .join(Post, Post.id == Conversation.post_id)
        .where(Conversation.contact_id.in_(contacts.together_with(talk.contact_id)), Conversation.id != talk.id)
        .order_by(Conversation.id.desc())
        .limit(limit)
    )
    return [
        HistoryEntry(one.id, page_name, title, one.snippet, one.state, one.opened_at)
        for one, page_name, title in session.execute(query)
    ]
