"""Answering a search with a bounded number of statements, and in bounded time.

Entries are numbered in the order of time, so the newest are found by walking down the numbers. SQLite's FTS5 keeps its
lists in that order and simply stops after a screenful, or after so many hits whose conversations are not the wanted
ones. PostgreSQL's GIN has no order (app/search/looking.py).
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from sqlalchemy import (
    ColumnElement,
    Select,
    column,
    exists,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.core.db import BigId
from app.core.errors import PorchlightError
from app.core.i18n import gettext as _
from app.inbox.models import Conversation, ConversationTag, Note, Tag
from app.inbox.types import ConversationState
from app.pages import queries as pages
from app.remedies.models import Remedy
from app.replies.models import Reply
from app.search import hits, looking, rules
from app.search.hits import Entry
from app.search.looking import Bounds, Looked, Wanted
from app.search.models import SearchEntry, SearchWaiting
from app.search.rules import Patience
from app.search.types import Asked, Found, Has, Problem, Trouble

PAGE_LENGTH = 50
BEHIND = 1_000
"""From this many waiting for the index on, people are told that something may be missing."""


class TooSlow(PorchlightError):
    """The search was given up, so that it doesn't hold up everybody else."""

    code = "search_too_slow"


def has_waiting(session: Session) -> bool:
    """Whether anything waits to be indexed."""
    return session.scalar(select(SearchWaiting.id).order_by(SearchWaiting.id.desc()).limit(1)) is not None


def search(
    session: Session,
    actor: Actor,
    asked: Asked,
    *,
    after: int | None = None,
    limit: int = PAGE_LENGTH,
    patience: Patience | None = None,
) -> Found:
    """What was asked for, newest first, ``limit`` hits at most; goes on below ``after``. Raises TooSlow.

    Looks no further back than ``patience`` (None: QUICK) allows, and then says how far (``Found.looked_to``).
    """
    if asked.empty or not account_rules.may(actor.role, Permission.READ_INBOX):
        return Found(problems=asked.problems)
    resolved = _resolve(session, asked)
    if resolved.impossible:
        return Found(problems=resolved.asked.problems)
    try:
        with _given_up_alone(session):
            looked = _entries(session, actor, resolved, after, limit + 1, patience or rules.QUICK)
            found = looked.entries
            return Found(
                groups=hits.groups(session, actor, found[:limit], resolved.asked.terms),
                after=found[limit - 1].number if len(found) > limit else looked.down_to,
                looked_to=rules.moment(looked.down_to) if looked.down_to is not None else None,
                problems=resolved.asked.problems,
                behind=_behind(session),
            )
    except OperationalError as error:
        if not looking.canceled(error):
            raise
        raise TooSlow(
            _("This takes too long to look through. Add a rarer word, or say when: after:%(year)s.", year="2w")
        ) from error


def _given_up_alone(session: Session) -> AbstractContextManager[object]:
    """A statement that meets the time limit fails its whole transaction in PostgreSQL, and the screen that says so asks
    for more: a savepoint keeps the rest. SQLite knows no limit."""
    return session.begin_nested() if session.get_bind().dialect.name == "postgresql" else nullcontext()


@dataclass(frozen=True, slots=True)
class _Resolved:
    asked: Asked
    team_ids: frozenset[int]
    tag_ids: tuple[frozenset[int], ...]
    """One set for each tag that was asked for; any of a set will do."""
    impossible: bool


def _resolve(session: Session, asked: Asked) -> _Resolved:
    """Names of pages and teams as what they stand for; a name nobody knows makes the search impossible."""
    problems = list(asked.problems)
    terms = list(asked.terms)
    team_ids: set[int] = set()
    if asked.pages:
        names = [(page.id, page.name) for page in pages.pages(session, include_removed=True)]
        known = {wanted: rules.named(wanted, names) for wanted in asked.pages}
        problems += [Problem(Trouble.NO_PAGE, wanted) for wanted, ids in known.items() if not ids]
        terms.append(rules.on_pages(dict.fromkeys(one for ids in known.values() for one in ids)))
    if asked.teams:
        names = [(team.id, name) for team in accounts.teams(session) for name in (team.name, team.key)]
        by_name = {wanted: rules.named(wanted, names) for wanted in asked.teams}
        problems += [Problem(Trouble.NO_TEAM, wanted) for wanted, ids in by_name.items() if not ids]
        team_ids.update(one for ids in by_name.values() for one in ids)
    tag_ids: list[frozenset[int]] = []
    if asked.tags:
        tags = [
            (found[0], found[1]) for found in session.execute(select(Tag.id, Tag.name).where(Tag.removed_at.is_(None)))
        ]
        tag_ids = [frozenset(rules.named(wanted, tags)) for wanted in asked.tags]
        problems += [Problem(Trouble.NO_TAG, one) for one, ids in zip(asked.tags, tag_ids, strict=True) if not ids]
    return _Resolved(
        replace(asked, terms=tuple(terms), problems=tuple(problems)),
        frozenset(team_ids),
        tuple(tag_ids),
        impossible=len(problems) > len(asked.problems),
    )


def _entries(
    session: Session, actor: Actor, wanted: _Resolved, after: int | None, limit: int, patience: Patience
) -> Looked:
    asked = wanted.asked
    conditions = _on_conversation(actor, wanted)
    last = rules.first_key(asked.before) if asked.before else None
    bounds = Bounds(
        below=min((one for one in (after, last) if one is not None), default=None),
        least=rules.first_key(asked.since) if asked.since else None,
    )
    what = Wanted(asked.terms, bounds, conditions)
    if session.get_bind().dialect.name == "sqlite":
        return _in_sqlite(session, what, limit, patience)
    return looking.look(session, what, limit, patience)


def _on_conversation(actor: Actor, wanted: _Resolved) -> list[ColumnElement[bool]]:
    """What must hold of the conversation; things that change stand there, not in the index."""
    asked = wanted.asked
    conditions: list[ColumnElement[bool]] = []
    if wanted.team_ids:
        conditions.append(Conversation.team_id.in_(sorted(wanted.team_ids)))
    if asked.states:
        conditions.append(Conversation.state.in_([one for one in ConversationState if one in asked.states]))
    if asked.mine:
        conditions.append(Conversation.assignee_id == actor.id)
    if asked.unassigned:
        conditions.append(Conversation.assignee_id.is_(None))
    conditions += [_HAS[one] for one in Has if one in asked.has]
    for ids in wanted.tag_ids:
        tagged = exists().where(ConversationTag.conversation_id == Conversation.id)
        conditions.append(tagged.where(ConversationTag.tag_id.in_(sorted(ids))))
    return conditions


_HAS: dict[Has, ColumnElement[bool]] = {
    Has.REPLY: exists().where(Reply.conversation_id == Conversation.id),
    Has.NOTE: exists().where(Note.conversation_id == Conversation.id),
    Has.REMEDY: exists().where(Remedy.conversation_id == Conversation.id),
}
"""What a conversation may have. A new word goes into ``Has`` and here."""


def _in_sqlite(session: Session, wanted: Wanted, limit: int, patience: Patience) -> Looked:
    """The newest that fit. Where conversations are to be looked up besides, of so many hits only: of a common word very
    many belong to others."""
    entries = SearchEntry.__table__.c
    hits = _hits_in_sqlite(wanted)
    if not wanted.conditions:
        query = select(*looking.columns_of(entries)).where(entries.id.in_(hits.limit(limit)))
        return Looked([Entry(*row) for row in session.execute(query.order_by(entries.id.desc()))])
    some = hits.limit(patience.most).subquery()
    query = (
        select(*looking.columns_of(entries))
        .select_from(some)
        .join(SearchEntry, entries.id == some.c.id)
        .join(Conversation, Conversation.id == SearchEntry.conversation_id)
        .where(*wanted.conditions)
    )
    found = [Entry(*row) for row in session.execute(query.order_by(some.c.id.desc()).limit(limit))]
    if len(found) == limit:
        return Looked(found)
    edge = session.scalars(hits.offset(patience.most - 1).limit(2)).all()
    return Looked(found, edge[0] if len(edge) == 2 else None)


def _hits_in_sqlite(wanted: Wanted) -> Select[int]:
    """Numbers of what has the words, newest first: FTS5 keeps them in that order, and ends where no more are wanted."""
    words = table("search_words", column("rowid", BigId))
    number = words.c.rowid if wanted.terms else SearchEntry.id
    query = select(number.label("id")).where(*wanted.bounds.of(number)).order_by(number.desc())
    if wanted.terms:
        query = query.where(literal_column("search_words").op("MATCH")(rules.as_match(wanted.terms)))
    return query


def _behind(session: Session) -> bool:
    some = select(SearchWaiting.id).limit(BEHIND).subquery()
    return session.scalar(select(func.count()).select_from(some)) == BEHIND
