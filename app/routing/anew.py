"""Judging conversations anew when what is known about them changes: once for each change, and not for ever."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, String, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.contacts.models import Contact, ContactEvent
from app.contacts.types import ContactEventKind
from app.core.db import insert_or, run_in_bulk
from app.core.events import Changed, announce
from app.core.ids import lowest_id, new_ids
from app.core.jobs import JobName, defer_wake
from app.inbox.arrivals import Facts
from app.inbox.models import Conversation, ConversationEvent
from app.inbox.types import ConversationState, EventKind, Priority
from app.outreach import standings
from app.outreach.models import Outreach
from app.routing import carrying, judging, queries, stored
from app.routing.models import RoutingCause, RoutingDecision
from app.routing.types import Candidate, Cause, DecidedBy, Fact, Judged

log = structlog.get_logger()
BATCH = 200
PEOPLE_LOOKED_BACK = timedelta(hours=1)
KEPT = timedelta(days=90)
MOST_A_DAY = 5
"""A conversation is moved anew at most so often within a day: two rules, or a platform, may chase each other."""
_WHO = frozenset({Fact.VIP, Fact.EARLIER, Fact.STANCES, Fact.OWED})
_SINGLE = ("hide", "resolve", "snooze", "assignee", "reply")
_SEVERAL = ("tags", "skills", "notify")
_SAID = _SINGLE + _SEVERAL
"""What a decision keeps of its verdict beside its own columns, and is another decision for."""
_met, _shown = aliased(Contact), aliased(Contact)


@dataclass(frozen=True, slots=True)
class Change:
    """A fact about a conversation that is different now. ``key`` tells this change from others of its kind."""

    conversation_id: int
    cause: Cause
    key: str


def note(session: Session, changes: Iterable[Change], now: datetime) -> None:
    """Have conversations judged anew; a change that was noted before is not noted again. One statement."""
    wanted = list(dict.fromkeys(changes))
    if not wanted:
        return
    rows = [
        {
            "id": row_id,
            "conversation_id": one.conversation_id,
            "cause": one.cause,
            "key": one.key[:64],
            "at": now,
            "settled_at": None,
        }
        for one, row_id in zip(wanted, new_ids(len(wanted)), strict=True)
    ]
    table = RoutingCause.__table__
    session.execute(insert_or(session, table).on_conflict_do_nothing(), rows)  # type: ignore[arg-type]
    defer_wake(session, JobName.ROUTE)


def note_people(session: Session, now: datetime) -> None:
    """Have open conversations judged anew of people who were marked, or joined with others, or towards whom a
    department entered how it stands, within the last hour. Only where rules in force ask who the person is."""
    needs = judging.in_force(session).book.needs
    since = lowest_id(now - PEOPLE_LOOKED_BACK)
    changes = []
    if needs & _WHO:
        changes.append((_unnoted(_done_to_people(since), ContactEvent.id, "contact:"), "contact:"))
    if Fact.STANCES in needs:
        changes.append((_unnoted(standings.about(since), Outreach.id, "outreach:"), "outreach:"))
    for found, key in changes:
        rows = session.execute(found.limit(BATCH))
        note(session, [Change(talk, Cause.AUTHOR, f"{key}{number}") for talk, number in rows], now)


def _unnoted(found: "Select[int, int]", number: InstrumentedAttribute[int], key: str) -> "Select[int, int]":
    """Those not noted yet: what was done to many people at once is noted some at a time."""
    noted = exists().where(
        RoutingCause.conversation_id == Conversation.id,
        RoutingCause.cause == Cause.AUTHOR,
        RoutingCause.key == literal(key) + cast(number, String),
    )
    return found.where(~noted)


def _done_to_people(since: int) -> "Select[int, int]":
    return (
        select(Conversation.id, ContactEvent.id)
        .join(_met, _met.id == Conversation.contact_id)
        .join(_shown, _shown.head_id == _met.head_id)
        .join(ContactEvent, ContactEvent.contact_id == _shown.id)
        .where(
            ContactEvent.id > since,
            ContactEvent.kind != ContactEventKind.RENAMED,
            Conversation.state == ConversationState.NEW,
            Conversation.assignee_id.is_(None),
        )
    )


def note_remedy(session: Session, talk: Conversation, now: datetime) -> None:
    """Have the open conversations of a person judged anew for whom a remedy was begun, or the last one finished, in
    ``talk``. Only where rules in force ask whether one is under way. One statement, two where there are any."""
    if Fact.OWED not in judging.in_force(session).book.needs:
        return
    query = (
        select(Conversation.id)
        .join(_met, _met.id == Conversation.contact_id)
        .join(_shown, _shown.head_id == _met.head_id)
        .where(
            _shown.id == talk.contact_id,
            Conversation.state == ConversationState.NEW,
            Conversation.assignee_id.is_(None),
        )
        .limit(BATCH)
    )
    key = f"remedy:{talk.id}:{talk.version}:{bool(talk.remedies_open)}"
    note(session, [Change(one, Cause.REMEDY, key) for one in session.scalars(query)], now)


def tidy(session: Session, now: datetime) -> None:
    """Forget changes that were settled long ago."""
    run_in_bulk(session, delete(RoutingCause).where(RoutingCause.settled_at < now - KEPT))


def has_waiting(session: Session) -> bool:
    """Whether any change waits for its conversation to be judged anew."""
    return session.scalar(select(RoutingCause.id).where(RoutingCause.settled_at.is_(None)).limit(1)) is not None


def route_anew(session: Session, now: datetime) -> int:
    """Judge conversations with changed facts anew; answer how many changes were settled.

    Left where they are: what people moved, took, answered or finished, and what was moved often enough today.
    """
    query = select(RoutingCause).where(RoutingCause.settled_at.is_(None)).order_by(RoutingCause.id).limit(BATCH)
    causes = list(session.scalars(query.with_for_update(skip_locked=True)))
    if not causes:
        return 0
    by_talk = {cause.conversation_id: cause.cause for cause in causes}
    _judge(session, by_talk, now)
    run_in_bulk(
        session, update(RoutingCause).where(RoutingCause.id.in_([one.id for one in causes])).values(settled_at=now)
    )
    return len(causes)


def _judge(session: Session, by_talk: Mapping[int, Cause], now: datetime) -> None:
    talks = _free(session, list(by_talk), now)
    if not talks:
        return
    last = _last(session, [talk.id for talk in talks])
    # Set aside although no rule said so: a person did that.
    talks = [one for one in talks if one.state is not ConversationState.SPAM or (one.id in last and last[one.id].spam)]
    facts = stored.facts_of(session, talks, judging.default_teams(session, talks)) if talks else {}
    moved = [
        one
        for one in judging.judge(session, list(facts.values()))
        if one.conversation_id not in last or _decided(last[one.conversation_id]) != _outcome(one)
    ]
    if not moved:
        return
    ids = {one.conversation_id for one in moved}
    there = _brought_back(session, [talk for talk in talks if talk.id in ids], moved, facts, now)
    carrying.move(session, there, moved, now)
    for cause in Cause:
        carrying.record(session, [one for one in moved if by_talk[one.conversation_id] is cause], now, cause)
    announce(session, Changed("inbox"), *(Changed("conversation", one) for one in ids))
    log.info("routed_anew", conversations=len(moved))


def _free(session: Session, ids: Sequence[int], now: datetime) -> list[Candidate]:
    """Those of the conversations that nobody has done anything about, and that do not go round in circles."""
    by_hand = select(ConversationEvent.id).where(
        ConversationEvent.conversation_id == Conversation.id, ConversationEvent.kind == EventKind.PUT_OFF
    )
    open_ones = queries.candidates().where(
        Conversation.id.in_(ids),
        or_(
            Conversation.state.in_([ConversationState.NEW, ConversationState.SPAM]),
            Conversation.put_off_until.is_not(None) & ~by_hand.exists(),
        ),
        Conversation.assignee_id.is_(None),
        Conversation.routed_at.is_not(None),
    )
    talks = [Candidate(*row) for row in session.execute(open_ones.with_for_update())]
    decisions = select(RoutingDecision.conversation_id, RoutingDecision.decided_by, RoutingDecision.cause).where(
        RoutingDecision.conversation_id.in_([talk.id for talk in talks]),
        (RoutingDecision.decided_by == DecidedBy.PERSON) | (RoutingDecision.at > now - timedelta(days=1)),
    )
    by_people: set[int] = set()
    anew: Counter[int] = Counter()
    for talk_id, decided_by, cause in session.execute(decisions):
        if decided_by is DecidedBy.PERSON:
            by_people.add(talk_id)
        anew[talk_id] += cause is not None
    return [talk for talk in talks if talk.id not in by_people and anew[talk.id] < MOST_A_DAY]


def _outcome(one: Judged) -> tuple[object, ...]:
    """What was judged, as far as two decisions are compared."""
    verdict = one.verdict
    said = {name: getattr(verdict, name) for name in _SAID}
    return _comparable(one.placement.team_id, verdict.priority, spam=verdict.spam, said=said)


def _last(session: Session, ids: Sequence[int]) -> dict[int, RoutingDecision]:
    """What was decided last."""
    newest = select(func.max(RoutingDecision.id)).where(RoutingDecision.conversation_id.in_(ids))
    query = select(RoutingDecision).where(RoutingDecision.id.in_(newest.group_by(RoutingDecision.conversation_id)))
    return {one.conversation_id: one for one in session.scalars(query)}


def _decided(one: RoutingDecision) -> tuple[object, ...]:
    return _comparable(one.team_id, one.priority, spam=one.spam, said=one.more or {})


def _comparable(team_id: int, priority: Priority, *, spam: bool, said: Mapping[str, Any]) -> tuple[object, ...]:
    several = (sorted(said.get(name) or ()) for name in _SEVERAL)
    return (team_id, priority, spam, *(said.get(name) or None for name in _SINGLE), *several)


def _brought_back(
    session: Session, talks: Sequence[Candidate], moved: Sequence[Judged], facts: Mapping[int, Facts], now: datetime
) -> list[Candidate]:
    """The conversations, of which those wait for us again, since their people wrote, that a rule set aside and none
    would now, or that were put off."""
    spam = {one.conversation_id for one in moved if one.placement.spam}
    there = []
    for talk in talks:
        set_aside = talk.state is ConversationState.SPAM and talk.id not in spam
        if set_aside or talk.state is ConversationState.WAITING:
            since = facts[talk.id].said_at or now
            back = update(Conversation).where(Conversation.id == talk.id)
            values = {"state": ConversationState.NEW, "waiting_since": since, "put_off_until": None, "sort_at": since}
            run_in_bulk(session, back.values(values))
            there.append(replace(talk, state=ConversationState.NEW))
        else:
            there.append(talk)
    return there
