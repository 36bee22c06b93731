"""Reading who is at work, and what they have."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, TeamMember, User
from app.core.hours import Week
from app.duty import rules
from app.duty.models import Duty, Handout, TeamWay
from app.duty.types import Availability, Colleague, Mode, OnDuty, Wanting, Way
from app.inbox.models import Conversation, ConversationTag, Tag
from app.inbox.types import ConversationState

LATELY = timedelta(hours=1)


def ways(session: Session) -> dict[int, Way]:
    """How each team's conversations are given out."""
    found = {one.team_id: _way(one) for one in session.scalars(select(TeamWay))}
    return {team_id: found.get(team_id, Way(team_id)) for team_id in session.scalars(select(Team.id))}


def weeks(session: Session) -> dict[int, Week]:
    """The working hours of the teams that named any. One statement."""
    query = select(TeamWay.team_id, TeamWay.hours, TeamWay.days_off)
    return {team_id: rules.week(hours, days_off) for team_id, hours, days_off in session.execute(query)}


def _way(one: TeamWay) -> Way:
    return Way(one.team_id, one.mode, one.back_after_minutes, one.hours, one.days_off)


def availability(session: Session, user_id: int, now: datetime) -> tuple[Availability, datetime | None]:
    """How somebody stands, and since when; offline for who never said anything."""
    duty = session.get(Duty, user_id)
    if duty is None:
        return Availability.OFFLINE, None
    return rules.at_work(duty.availability, duty.since, duty.seen_at, now)


def overview(session: Session, now: datetime) -> list[OnDuty]:
    """Everybody active, by name, and how they stand. A fixed number of statements."""
    people = session.execute(
        select(User, Duty)
        .outerjoin(Duty, Duty.user_id == User.id)
        .where(User.active)
        .order_by(func.lower(User.name), User.id)
    ).all()
    teams: dict[int, set[int]] = {}
    for team_id, user_id in session.execute(select(TeamMember.team_id, TeamMember.user_id)):
        teams.setdefault(user_id, set()).add(team_id)
    carried = loads(session, [user.id for user, _duty in people])
    return [_line(user, duty, frozenset(teams.get(user.id, ())), carried.get(user.id, 0), now) for user, duty in people]


def _line(user: User, duty: Duty | None, team_ids: frozenset[int], load: int, now: datetime) -> OnDuty:
    if duty is None:
        return OnDuty(
            user.id, user.name, user.demo, team_ids, Availability.OFFLINE, None, False, True, load, 20, None, (), (), ""
        )
    stands, since = rules.at_work(duty.availability, duty.since, duty.seen_at, now)
    return OnDuty(
        id=user.id,
        name=user.name,
        demo=user.demo,
        team_ids=team_ids,
        availability=stands,
        since=since,
        unseen=stands is not duty.availability,
        in_hours=rules.in_hours(duty.hours, "", now),
        load=load,
        capacity=duty.capacity,
        per_hour=duty.per_hour,
        languages=tuple(duty.languages),
        skills=tuple(duty.skills),
        hours=duty.hours,
    )


def loads(session: Session, user_ids: Collection[int]) -> dict[int, int]:
    """How many conversations wait for an answer of each; who has none is left out."""
    query = (
        select(Conversation.assignee_id, func.count())
        .where(Conversation.assignee_id.in_(sorted(user_ids)), Conversation.state == ConversationState.NEW)
        .group_by(Conversation.assignee_id)
    )
    return {user_id: count for user_id, count in session.execute(query) if user_id is not None}


def colleagues(session: Session, way: Way, now: datetime) -> list[Colleague]:
    """The people of a team who said that they are at work, ready or not. The demonstration's people get nothing in real
    teams."""
    members = session.scalars(
        select(Duty)
        .join(User, User.id == Duty.user_id)
        .join(TeamMember, TeamMember.user_id == User.id)
        .join(Team, Team.id == TeamMember.team_id)
        .where(Team.id == way.team_id, User.active, User.demo == Team.demo)
        .order_by(Duty.user_id)
    ).all()
    carried = loads(session, [one.user_id for one in members])
    given = _given(session, [one.user_id for one in members], now)
    lapsed = _lapsed(session, [one.user_id for one in members], now)
    open_now = rules.in_hours(way.hours, way.days_off, now)
    found = [_colleague(one, carried.get(one.user_id, 0), given.get(one.user_id), open_now, now) for one in members]
    return [replace(one, lapsed=frozenset(lapsed[one.id])) if one.id in lapsed else one for one in found]


def _lapsed(session: Session, user_ids: Sequence[int], now: datetime) -> dict[int, set[int]]:
    """What each of them let lie lately; who let nothing lie is left out."""
    query = select(Handout.user_id, Handout.conversation_id)
    found: dict[int, set[int]] = {}
    for user_id, talk_id in session.execute(query.where(Handout.user_id.in_(user_ids), *_let_lie(now))):
        found.setdefault(user_id, set()).add(talk_id)
    return found


def _let_lie(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Handout.lapsed_at > now - rules.AGAIN_AFTER,)


def _colleague(one: Duty, load: int, given: tuple[datetime, int] | None, open_now: bool, now: datetime) -> Colleague:
    stands, _since = rules.at_work(one.availability, one.since, one.seen_at, now)
    return Colleague(
        id=one.user_id,
        ready=stands is Availability.ONLINE and open_now and rules.in_hours(one.hours, "", now),
        capacity=one.capacity,
        load=load,
        languages=frozenset(one.languages),
        skills=frozenset(skill.casefold() for skill in one.skills),
        given_at=given[0] if given else None,
        given_lately=given[1] if given else 0,
        per_hour=one.per_hour,
    )


def _given(session: Session, user_ids: Sequence[int], now: datetime) -> dict[int, tuple[datetime, int]]:
    lately = func.count().filter(Handout.at > now - LATELY)
    query = select(Handout.user_id, func.max(Handout.at), lately).where(Handout.user_id.in_(user_ids))
    return {user_id: (at, count) for user_id, at, count in session.execute(query.group_by(Handout.user_id))}


def waiting(session: Session, team_id: int, people: Sequence[Colleague], limit: int, now: datetime) -> list[Wanting]:
    """The conversations of a team that nobody has and that one of ``people`` with room could take (``rules.can_take``),
    those that wait longest first: of each sort of people, so many as they could take at most.

    Two statements for each sort of people that has room; who let something lie is a sort of their own.
    """
    found: dict[int, tuple[datetime, Wanting]] = {}
    for languages, skills, alone in {
        (one.languages, one.skills, one.id if one.lapsed else None) for one in people if one.free
    }:
        query = (
            select(Conversation.id, Conversation.language, Conversation.sort_at)
            .where(
                Conversation.team_id == team_id,
                Conversation.state == ConversationState.NEW,
                Conversation.assignee_id.is_(None),
                Conversation.routed_at.is_not(None),
                *_fitting(people, languages, skills),
                *_not_let_lie(alone, now),
            )
            .order_by(Conversation.sort_at, Conversation.id)
            .limit(limit)
        )
        rows = session.execute(query).all()
        wanting = _wanting(session, rows)
        found |= {row.id: (row.sort_at, one) for row, one in zip(rows, wanting, strict=True)}
    return [found[talk_id][1] for talk_id in sorted(found, key=lambda one: (found[one][0], one))]


def _fitting(
    people: Sequence[Colleague], languages: frozenset[str], skills: frozenset[str]
) -> list[ColumnElement[bool]]:
    """What conversations have to fulfil for somebody with these languages and skills, among these people."""
    team = rules.abilities(people)
    conditions: list[ColumnElement[bool]] = []
    if languages:
        fits = [Conversation.language.is_(None), Conversation.language.in_(sorted(languages))]
        if not team.any_language:
            fits.append(Conversation.language.not_in(sorted(team.languages)))
        conditions.append(or_(*fits))
    if missing := sorted(team.skills - skills):
        asks = (
            select(ConversationTag.conversation_id)
            .join(Tag, Tag.id == ConversationTag.tag_id)
            .where(ConversationTag.conversation_id == Conversation.id, Tag.key.in_(missing), Tag.removed_at.is_(None))
        )
        conditions.append(~asks.exists())
    return conditions


def _not_let_lie(user_id: int | None, now: datetime) -> list[ColumnElement[bool]]:
    """For somebody who let something lie: what they didn't."""
    if user_id is None:
        return []
    theirs = select(Handout.id).where(
        Handout.conversation_id == Conversation.id, Handout.user_id == user_id, *_let_lie(now)
    )
    return [~theirs.exists()]


def wanting(session: Session, conversation_ids: Collection[int]) -> list[Wanting]:
    """What these conversations ask for."""
    query = select(Conversation.id, Conversation.language).where(Conversation.id.in_(conversation_ids))
    return _wanting(session, session.execute(query).all())


def _wanting(session: Session, rows: "Sequence[Row[*tuple[Any, ...]]]") -> list[Wanting]:
    tags = _tags(session, [row.id for row in rows])
    return [Wanting(row.id, row.language, tags.get(row.id, frozenset())) for row in rows]


def _tags(session: Session, conversation_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    tags: dict[int, set[str]] = {}
    marked = (
        select(ConversationTag.conversation_id, Tag.key)
        .join(Tag, Tag.id == ConversationTag.tag_id)
        .where(ConversationTag.conversation_id.in_(conversation_ids), Tag.removed_at.is_(None))
    )
    for talk_id, key in session.execute(marked):
        tags.setdefault(talk_id, set()).add(key)
    return {talk_id: frozenset(keys) for talk_id, keys in tags.items()}


def has_work(session: Session, now: datetime) -> bool:
    """Whether a conversation waits that somebody could be given, or somebody went whose conversations must go back."""
    by_itself = select(TeamWay.team_id).where(TeamWay.mode != Mode.BY_HAND)
    gone = (
        select(Duty.user_id)
        .join(Conversation, Conversation.assignee_id == Duty.user_id)
        .where(
            Conversation.state == ConversationState.NEW,
            Conversation.team_id.in_(by_itself),
            or_(
                Duty.availability.in_([Availability.OFFLINE, Availability.AWAY_RETURNING])
                & (Duty.since <= now - rules.GRACE),
                (Duty.availability == Availability.ONLINE) & (Duty.seen_at <= now - rules.UNSEEN_AFTER - rules.GRACE),
            ),
        )
        .limit(1)
    )
    if session.scalar(gone) is not None:
        return True
    return any(
        waiting(session, way.team_id, colleagues(session, way, now), 1, now)
        for way in ways(session).values()
        if way.mode is not Mode.BY_HAND
    )


def gone(session: Session, members: Mapping[int, object] | Collection[int], now: datetime) -> set[int]:
    """Those of the people whose conversations go back to their team by now."""
    found = session.scalars(select(Duty).where(Duty.user_id.in_(list(members))))
    return {
        one.user_id
        for one in found
        if rules.gives_back(*rules.at_work(one.availability, one.since, one.seen_at, now), now)
    }
