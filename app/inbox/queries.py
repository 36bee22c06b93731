"""Reading lists. Each function is a fixed number of statements."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Executable,
    ScalarSelect,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import Row as SqlRow
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.accounts import rules as account_rules
from app.accounts.models import Team, User
from app.accounts.types import Actor, Permission
from app.contacts.models import Contact
from app.core.db import fixed, plain_rows
from app.inbox import counts, filters
from app.inbox.models import (
    Conversation,
    ConversationMark,
    ConversationTag,
    Post,
    Tag,
)
from app.inbox.types import (
    TARGETS,
    ConversationState,
    Length,
    ListFilter,
    Mark,
    Position,
    Row,
)
from app.pages.models import Page

PAGE_LENGTH = 50
_Own = aliased(Contact)
"""The contact a conversation came with; shown is the one it was joined into."""


def rows(session: Session, wanted: ListFilter, *, after: Position | None = None, limit: int = PAGE_LENGTH) -> list[Row]:
    """One screenful of a list: those that wait for us longest first, everything else newest first. Two statements.

    Goes on after ``after``; however far down, a page costs the same.
    """
    query = _list_query(wanted, limit, goes_on=after is not None)
    return _rows(session, query, {"last_at": after.at, "last_id": after.id} if after else {})


@lru_cache(maxsize=500)
def _list_query(wanted: ListFilter, limit: int, *, goes_on: bool) -> "Select[*tuple[Any, ...]]":
    """A screenful of a list; with ``goes_on``, below ``last_at`` and ``last_id``. Kept, because everybody asks for the
    same few lists all day."""
    at, key = _ordered_by(wanted), Conversation.id
    rising = _is_rising(wanted)
    # All that nobody has stand together in the index, in this order; PostgreSQL finds them there only if it is named.
    by = (Conversation.assignee_id, at, key) if wanted.unassigned else (at, key)
    order = by if rising else tuple(one.desc() for one in by)
    # Which ones is decided first, and only these are joined: PostgreSQL takes "new" and "nobody's" for independent of
    # each other, believes that such a list is short, and would join all of it.
    shown = _ids(wanted).order_by(*order).limit(fixed(limit))
    if goes_on:
        last_at: BindParameter[datetime] = bindparam("last_at", type_=Conversation.sort_at.type)
        last_id: BindParameter[int] = bindparam("last_id", type_=BigInteger)
        beyond, tie = (at > last_at, key > last_id) if rising else (at < last_at, key < last_id)
        shown = shown.where(or_(beyond, and_(at == last_at, tie)))
    chosen = shown.subquery()
    return _row_query(wanted).join(chosen, chosen.c.id == key).order_by(*order)


def _is_rising(wanted: ListFilter) -> bool:
    return wanted.mark is not None or wanted.put_off or wanted.state is ConversationState.NEW


def some_rows(session: Session, actor: Actor, ids: Collection[int], wanted: ListFilter) -> list[Row]:
    """The lines of these conversations as they are now, in no order; unknown ones are left out. Each says whether it
    belongs into the list ``wanted``."""
    if not account_rules.may(actor.role, Permission.READ_INBOX):
        return []
    return _rows(session, _row_query(wanted).where(Conversation.id.in_(list(ids))), {})


def _ordered_by(wanted: ListFilter) -> InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]:
    if wanted.mark:
        return ConversationMark.at
    return Conversation.put_off_until if wanted.put_off else Conversation.sort_at


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
            Post.title.label("post_title"),
            Conversation.snippet,
            Conversation.state,
            Conversation.priority,
            Conversation.team_id,
            Team.name.label("team_name"),
            Conversation.assignee_id,
            User.name.label("assignee_name"),
            at.label("at"),
            Conversation.comment_count.label("comments"),
            Conversation.private,
            Conversation.put_off_until,
            case((and_(true(), *_conditions(wanted)), fixed(1)), else_=fixed(0)).label("here"),
        )
        .select_from(Conversation)
        .join(_Own, _Own.id == Conversation.contact_id)
        .join(Contact, Contact.id == _Own.head_id)
        .join(Page, Page.id == Conversation.page_id)
        .join(Post, Post.id == Conversation.post_id)
        .join(Team, Team.id == Conversation.team_id)
        .outerjoin(User, User.id == Conversation.assignee_id)
    )
    return query.outerjoin(ConversationMark, _marked(wanted.mark)) if wanted.mark else query


def _marked(mark: Mark) -> ColumnElement[bool]:
    return and_(ConversationMark.conversation_id == Conversation.id, ConversationMark.mark == fixed(mark))


def _rows(session: Session, query: "Select[*tuple[Any, ...]]", values: Mapping[str, object]) -> list[Row]:
    found = plain_rows(session, query, values)
    marks, tags = _badges(session, [one[0] for one in found])
    return [_row(one, marks[one[0]], tags[one[0]]) for one in found]


def _row(found: "SqlRow[*tuple[Any, ...]]", marks: Mapping[Mark, datetime], tags: Iterable[str]) -> Row:
    """The columns of ``_row_query`` stand in the order of the row's fields: asked for by name, those of fifty rows took
    a fifth of the page."""
    *as_found, put_off_until, here = found
    due_at = next((marks[one] for one in TARGETS if one in marks), None)
    fields = [*as_found, frozenset(marks), due_at, put_off_until, tuple(tags), bool(here)]
    return Row(*fields)


def _marks_and_tags(ids: Callable[[InstrumentedAttribute[int]], ColumnElement[bool]]) -> Executable:
    """Marks and tags of conversations, in columns of their own kind; ``ids`` says of which."""
    marks = select(ConversationMark.conversation_id, ConversationMark.at, cast(ConversationMark.mark, String))
    tags = (
        select(ConversationTag.conversation_id, Tag.created_at, Tag.name, Tag.key)
        .join(Tag, Tag.id == ConversationTag.tag_id)
        .where(ids(ConversationTag.conversation_id), Tag.removed_at.is_(None))
    )
    return marks.add_columns(literal("")).where(ids(ConversationMark.conversation_id)).union_all(tags)


_IDS: BindParameter[Sequence[int]] = bindparam("ids", expanding=True)
_ID_ARRAY = bindparam("ids", type_=ARRAY(BigInteger))
_BADGES = {
    "sqlite": _marks_and_tags(lambda column: column.in_(_IDS)),
    # One parameter, however many there are: fifty take longer to send than the answer, and each number of them would be
    # planned anew.
    "postgresql": _marks_and_tags(lambda column: column == any_(_ID_ARRAY)),
}


def _badges(session: Session, ids: Sequence[int]) -> tuple[dict[int, dict[Mark, datetime]], dict[int, list[str]]]:
    """Marks, with since or until when, and names of tags, by conversation; one statement."""
    marks: dict[int, dict[Mark, datetime]] = defaultdict(dict)
    tags: dict[int, list[str]] = defaultdict(list)
    found = plain_rows(session, _BADGES[session.get_bind().dialect.name], {"ids": list(ids)})
    for talk_id, at, name, key in sorted(found, key=lambda one: one[3]):
        if key:
            tags[talk_id].append(name)
        else:
            marks[talk_id][Mark(name)] = at
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
    (found,) = plain_rows(session, _lengths(tuple(wanted), limit), {}) if wanted else ((),)
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
    return query.join(ConversationMark, _marked(wanted.mark)) if wanted.mark else query


def _conditions(wanted: ListFilter) -> list[ColumnElement[bool]]:
    marked = [ConversationMark.conversation_id.is_not(None)] if wanted.mark else []
    return [*marked, *filters.conditions(wanted)]
