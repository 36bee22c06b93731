"""Giving conversations out, and back. The caller commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import User
from app.core.bulk import insert_rows
from app.core.db import run_in_bulk
from app.core.ids import new_id
from app.duty import queries, rules
from app.duty.models import Handout, TeamWay
from app.duty.types import Mode, Way
from app.inbox import service as inbox
from app.inbox.models import Conversation, ConversationEvent
from app.inbox.types import ConversationState, EventKind
from app.signals import service as signals
from app.signals.types import SignalKind

AT_ONCE = 200
"""So many conversations are given out, or back, in one transaction."""
_KEEP = timedelta(days=8)
"""Longer than anything may lie with somebody before it is taken back."""
_ANEW = (
    *(EventKind.WOKE, EventKind.REOPENED, EventKind.NOT_SPAM, EventKind.UNDONE),
    *(EventKind.TAKEN, EventKind.ASSIGNED),
)
"""With these a conversation waits anew for whoever has it."""


def work(session: Session, now: datetime) -> int:
    """Give conversations back and out, as far as one transaction goes; answer how many moved.

    Only one process at a time works on a team: its row is locked.
    """
    moved = 0
    teams = select(TeamWay).where(TeamWay.mode != Mode.BY_HAND).order_by(TeamWay.team_id).with_for_update()
    for one in session.scalars(teams).all():
        way = Way(one.team_id, one.mode, one.back_after_minutes, one.hours, one.days_off)
        left = _from_those_who_left(session, way, now)
        late = _not_in_time(session, way, left, now)
        moved += len(left) + len(late)
        _take_back(session, left, EventKind.GIVEN_BACK, now)
        _take_back(session, late, EventKind.NOT_IN_TIME, now)
        if late:
            _say_who_is_stuck(session, way, [talk.id for talk in late], now)
        moved += _give_out(session, way, now)
    return moved


def tidy(session: Session, now: datetime) -> None:
    """Forget who was given what long ago; the conversations' own histories keep it."""
    run_in_bulk(session, delete(Handout).where(func.coalesce(Handout.lapsed_at, Handout.at) < now - _KEEP))


def _held(way: Way) -> Select[Conversation]:
    """The team's conversations that somebody has and that wait for an answer."""
    query: Select[Conversation] = select(Conversation).where(
        Conversation.team_id == way.team_id,
        Conversation.state == ConversationState.NEW,
        Conversation.assignee_id.is_not(None),
    )
    return query


def _from_those_who_left(session: Session, way: Way, now: datetime) -> list[Conversation]:
    people = session.scalars(_held(way).with_only_columns(Conversation.assignee_id).distinct())
    gone = queries.gone(session, {one for one in people if one is not None}, now)
    theirs = _held(way).where(Conversation.assignee_id.in_(gone)).order_by(Conversation.sort_at)
    return list(session.scalars(theirs.limit(AT_ONCE).with_for_update()))


def _not_in_time(session: Session, way: Way, but: Sequence[Conversation], now: datetime) -> list[Conversation]:
    """What was given to somebody, waited with them for too long, and for all that time."""
    if way.back_after_minutes is None:
        return []
    since = now - timedelta(minutes=way.back_after_minutes)
    came_back = select(ConversationEvent.id).where(
        ConversationEvent.conversation_id == Conversation.id,
        ConversationEvent.kind.in_(_ANEW),
        ConversationEvent.at >= since,
    )
    late = (
        _held(way)
        .join(Handout, (Handout.conversation_id == Conversation.id) & (Handout.user_id == Conversation.assignee_id))
        .where(
            Conversation.id.not_in([talk.id for talk in but]),
            Handout.at < since,
            Handout.over_at.is_(None),
            Conversation.waiting_since < since,
            ~came_back.exists(),
        )
        .limit(AT_ONCE)
        .with_for_update(of=Conversation)
    )
    return list(session.scalars(late).unique())


def _take_back(session: Session, talks: Sequence[Conversation], why: EventKind, now: datetime) -> None:
    """They wait for anyone again; who let one lie is not given the same one again at once."""
    names = _names(session, [talk.assignee_id for talk in talks if talk.assignee_id])
    for talk in talks:
        lapsed = {"lapsed_at": now} if why is EventKind.NOT_IN_TIME else {}
        theirs = update(Handout).where(Handout.conversation_id == talk.id, Handout.over_at.is_(None))
        run_in_bulk(session, theirs.values(over_at=now, **lapsed))
        data = {"from": names.get(talk.assignee_id or 0, "?")}
        talk.assignee_id = None
        inbox.record(session, talk, why, None, now, data)


def _say_who_is_stuck(session: Session, way: Way, conversation_ids: Collection[int], now: datetime) -> None:
    """Tell who supervises the team of what nobody else at work could be given."""
    people = queries.colleagues(session, way, now)
    stuck = rules.stuck(people, queries.wanting(session, conversation_ids))
    if stuck:
        signals.tell(
            session,
            SignalKind.NOT_IN_TIME,
            now,
            people=accounts.leading_team(session, way.team_id),
            team_id=way.team_id,
            conversations=stuck,
        )


def _give_out(session: Session, way: Way, now: datetime) -> int:
    people = queries.colleagues(session, way, now)
    room = sum(one.free for one in people)
    if not room:
        return 0
    pairs = rules.hand_out(way.mode, people, queries.waiting(session, way.team_id, people, min(AT_ONCE, room), now))
    whose = _still_wanted(session, dict(pairs))
    if not whose:
        return 0
    names = _names(session, list(whose.values()))
    for talk, user_id in whose.items():
        talk.assignee_id = user_id
    how = [(talk, {"to": names.get(user_id, ""), "how": way.mode.value}) for talk, user_id in whose.items()]
    inbox.record_each(session, how, EventKind.GIVEN_OUT, None, now)
    signals.tell_each(session, SignalKind.ASSIGNED, now, {talk.id: user_id for talk, user_id in whose.items()})
    rows = [
        {
            "id": new_id(),
            "conversation_id": talk.id,
            "user_id": user_id,
            "team_id": way.team_id,
            "how": way.mode.value,
            "at": now,
            "over_at": None,
            "lapsed_at": None,
        }
        for talk, user_id in whose.items()
    ]
    # Whoever gave one back by hand and is given it again has it from now on.
    given = [row["conversation_id"] for row in rows]
    before = update(Handout).where(Handout.conversation_id.in_(given), Handout.over_at.is_(None))
    run_in_bulk(session, before.values(over_at=now))
    insert_rows(session, Handout.__table__, rows)
    return len(rows)


def _still_wanted(session: Session, whose: Mapping[int, int]) -> dict[Conversation, int]:
    """The conversations with who gets them, locked, but for those that somebody took by hand a moment ago."""
    chosen = select(Conversation).where(Conversation.id.in_(whose)).order_by(Conversation.id).with_for_update()
    talks = {talk.id: talk for talk in session.scalars(chosen.execution_options(populate_existing=True))}
    found = {talks[talk_id]: user_id for talk_id, user_id in whose.items() if talk_id in talks}
    return {
        talk: user_id
        for talk, user_id in found.items()
        if talk.assignee_id is None and talk.state is ConversationState.NEW
    }


def _names(session: Session, user_ids: Sequence[int]) -> dict[int, str]:
    found = session.execute(select(User.id, User.name).where(User.id.in_(set(user_ids))))
    return dict(found.all())
