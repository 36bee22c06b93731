"""Reading rules and decisions."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Team, User
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, Priority
from app.learning.types import Kind
from app.routing import book as books
from app.routing import reading
from app.routing.book import RuleBook
from app.routing.models import RoutingDecision, RuleSet, RuleSetEvent
from app.routing.types import Cause, DecidedBy, Hit, Rule, RuleSetEventKind, RuleSetState, WhatModelThought

_BOOKS_KEPT = 8
_books: "OrderedDict[str, RuleBook]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """A version of the rules. ``publisher`` is None when the command line or the installation put it in force."""

    version: int
    rules: tuple[Rule, ...]
    published_at: datetime
    publisher: str | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of the rules, whatever its state. People are None where the command line did it."""

    id: int
    state: RuleSetState
    source: str
    digest: str
    revision: int
    base_id: int | None
    changed_at: datetime
    changed_by_id: int | None
    changed_by: str | None
    proposed_by_id: int | None
    proposed_by: str | None
    published_at: datetime | None
    published_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether it can still be written."""
        return self.state in (RuleSetState.DRAFT, RuleSetState.PROPOSED)


@dataclass(frozen=True, slots=True)
class VersionEvent:
    """A step in a version's life."""

    kind: RuleSetEventKind
    actor: str | None
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One step of how a conversation came where it is."""

    decided_by: DecidedBy
    rule: str | None
    matched: tuple[str, ...]
    team_name: str
    priority: Priority
    spam: bool
    actor: str | None
    reason: str | None
    at: datetime
    rule_set_id: int | None
    cause: Cause | None
    also: tuple[Hit, ...]
    """Other rules that matched, and went on."""
    tags: tuple[str, ...]
    assignee: str | None
    hide: bool
    resolve: bool
    skills: tuple[str, ...]
    snooze: int | None
    """Hours."""
    reply: str | None
    """The shortcut of the saved reply that rules prepared."""
    stays_with: str | None
    """Who had another open conversation of the same person, where that decided."""
    opinion: WhatModelThought | None
    """Of the model, when it was routed."""
    page_team: bool
    """Rules matched, but none said where it goes, so it went to the page's own team."""


def in_force_id(session: Session) -> int | None:
    """The version in force."""
    return session.scalar(select(RuleSet.id).where(RuleSet.state == RuleSetState.PUBLISHED))


def in_force_book(session: Session) -> tuple[int | None, RuleBook]:
    """The version in force, ready to decide; its text is read once a process."""
    row = session.execute(
        select(RuleSet.id, RuleSet.digest).where(RuleSet.state == RuleSetState.PUBLISHED)
    ).one_or_none()
    if row is None:
        return None, books.compiled(())
    return row.id, book(session, row.id, row.digest)


def book(session: Session, rule_set_id: int, digest: str) -> RuleBook:
    """A version's rules, ready to decide. ``digest`` is that of its text."""
    with _lock:
        known = _books.get(digest)
        if known is not None:
            _books.move_to_end(digest)
            return known
    text = session.scalar(select(RuleSet.source).where(RuleSet.id == rule_set_id)) or ""
    made = book_of(text)
    with _lock:
        _books[digest] = made
        while len(_books) > _BOOKS_KEPT:
            _books.popitem(last=False)
    return made


def book_of(source: str) -> RuleBook:
    """The rules in a text, ready to decide. Raises InvalidRules."""
    return books.compiled(reading.read(source))


def in_force(session: Session) -> RulesInForce | None:
    """The rules in force, since when, and by whom."""
    query = select(RuleSet, User.name).outerjoin(User, User.id == RuleSet.published_by_id)
    row = session.execute(query.where(RuleSet.state == RuleSetState.PUBLISHED)).one_or_none()
    if row is None:
        return None
    newest, publisher = row
    return RulesInForce(newest.id, reading.read(newest.source), newest.published_at or newest.created_at, publisher)


def source(session: Session) -> str:
    """The rules in force as they were written."""
    return session.scalar(select(RuleSet.source).where(RuleSet.state == RuleSetState.PUBLISHED)) or ""


def versions(session: Session, limit: int = 50) -> list[VersionView]:
    """The newest versions of the rules, open drafts first, then what was in force last."""
    order = (RuleSet.published_at.is_not(None), RuleSet.published_at.desc(), RuleSet.id.desc())
    query = _version_query().where(RuleSet.state != RuleSetState.DISCARDED).order_by(*order).limit(limit)
    return [_version(*row) for row in session.execute(query)]


def version(session: Session, rule_set_id: int) -> VersionView:
    """A version of the rules. Raises NotFound."""
    row = session.execute(_version_query().where(RuleSet.id == rule_set_id)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such version of the rules."))
    return _version(*row)


_Changer, _Proposer, _Publisher = aliased(User), aliased(User), aliased(User)


def _version_query() -> "Select[RuleSet, str | None, str | None, str | None]":
    return (
        select(RuleSet, _Changer.name, _Proposer.name, _Publisher.name)
        .outerjoin(_Changer, _Changer.id == RuleSet.changed_by_id)
        .outerjoin(_Proposer, _Proposer.id == RuleSet.proposed_by_id)
        .outerjoin(_Publisher, _Publisher.id == RuleSet.published_by_id)
    )


def _version(one: RuleSet, changer: str | None, proposer: str | None, publisher: str | None) -> VersionView:
    return VersionView(
        id=one.id,
        state=one.state,
        source=one.source,
        digest=one.digest,
        revision=one.revision,
        base_id=one.base_id,
        changed_at=one.changed_at,
        changed_by_id=one.changed_by_id,
        changed_by=changer,
        proposed_by_id=one.proposed_by_id,
        proposed_by=proposer,
        published_at=one.published_at,
        published_by=publisher,
    )


def version_events(session: Session, rule_set_id: int) -> list[VersionEvent]:
    """What was done with a version, oldest first."""
    query = (
        select(RuleSetEvent, User.name)
        .outerjoin(User, User.id == RuleSetEvent.actor_id)
        .where(RuleSetEvent.rule_set_id == rule_set_id)
        .order_by(RuleSetEvent.id)
    )
    return [VersionEvent(one.kind, person, one.at, one.data) for one, person in session.execute(query)]


_EXPLAIN = (
    select(RoutingDecision, Team.name, User.name)
    .join(Team, Team.id == RoutingDecision.team_id)
    .outerjoin(User, User.id == RoutingDecision.actor_id)
    .where(RoutingDecision.conversation_id == bindparam("conversation_id"))
    .order_by(RoutingDecision.id)
)
"""Put together once, as every conversation asks it."""


def explain(session: Session, conversation_id: int) -> list[Explanation]:
    """How the conversation came where it is, oldest step first."""
    found = session.execute(_EXPLAIN, {"conversation_id": conversation_id})
    return [_explanation(one, team, person) for one, team, person in found]


def _explanation(one: RoutingDecision, team: str, person: str | None) -> Explanation:
    more: dict[str, Any] = one.more or {}
    return Explanation(
        decided_by=one.decided_by,
        rule=one.rule,
        matched=tuple(one.matched),
        team_name=team,
        priority=one.priority,
        spam=one.spam,
        actor=person,
        reason=one.reason,
        at=one.at,
        rule_set_id=one.rule_set_id,
        cause=one.cause,
        also=tuple(Hit(rule, tuple(words)) for rule, words in more.get("hits", ())),
        tags=tuple(more.get("tags", ())),
        assignee=more.get("assignee"),
        hide=bool(more.get("hide")),
        resolve=bool(more.get("resolve")),
        skills=tuple(more.get("skills", ())),
        snooze=more.get("snooze"),
        reply=more.get("reply"),
        stays_with=more.get("stays_with"),
        opinion=_opinion(more.get("opinion")),
        page_team=bool(more.get("page_team")),
    )


def _opinion(said: dict[str, Any] | None) -> WhatModelThought | None:
    if not said:
        return None
    return WhatModelThought(
        said["team"],
        Kind(said["kind"]),
        said["confidence"],
        said["kind_confidence"],
        untold=said.get("untold", said["audited"]),
        remedy=said["remedy"],
    )


def candidates() -> "Select[int, int, ConversationState, bool, int]":
    """What a ``Candidate`` is made of."""
    return select(
        Conversation.id,
        Conversation.page_id,
        Conversation.state,
        Conversation.author_known,
        Conversation.contact_id,
    )


def has_waiting(session: Session) -> bool:
    """Whether any conversation has not been routed yet."""
    return session.scalar(select(Conversation.id).where(Conversation.routed_at.is_(None)).limit(1)) is not None
