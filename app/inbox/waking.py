"""What is put off, by people or rules, until it waits for us again. Services flush; the edge commits."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.bulk import insert_rows
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.inbox import rules, service
from app.inbox.models import Conversation, ConversationEvent, Wait
from app.inbox.types import ConversationState, EventKind
from app.signals.service import tell
from app.signals.types import SignalKind

AT_ONCE = 200
_OPEN = (ConversationState.NEW, ConversationState.WAITING)


def put_off(
    session: Session, actor: Actor, conversation_id: int, until: datetime | None, version: int | None, now: datetime
) -> None:
    """Nobody needs to look at it before ``until``, unless the person writes. The time they have waited goes on: when it
    comes back unanswered, it has waited since they wrote.

    Raises InvalidInput for a time that is past or too far ahead, Conflict for what is done or set aside.
    """
    talk = service.open_for(session, actor, conversation_id, version)
    if talk.state not in _OPEN:
        raise Conflict(_("This is finished. Open it again before you put it off."), code="finished")
    until = check_until(until, now)
    since = talk.waiting_since
    before = session.execute(_wait(talk.id, since)).one_or_none() if since is not None else None
    service.set_state(talk, ConversationState.WAITING, None, now)
    talk.put_off_until = until
    session.flush()
    if since is not None:
        no_answer(session, talk.id, now)
    if before is not None:  # it was answered, and opened again by hand: that answer stays the answer
        kept = {"conversation_id": talk.id, "since": since, "until": before.until, "ended": before.ended}
        insert_rows(session, Wait.__table__, [kept])
    service.record(session, talk, EventKind.PUT_OFF, actor, now, {"until": until.isoformat()})


def check_until(until: datetime | None, now: datetime) -> datetime:
    """The time, if something can be put off to it. Raises InvalidInput."""
    if until is None:
        raise InvalidInput(_("Choose a day and a time."), field="until")
    if not now < until <= now + rules.FURTHEST:
        raise InvalidInput(_("Choose a time from now on, at most a year ahead."), field="until")
    return until


def _wait(conversation_id: int, since: datetime) -> "Select[datetime, ConversationState]":
    return select(Wait.until, Wait.ended).where(Wait.conversation_id == conversation_id, Wait.since == since)


def no_answer(session: Session, conversation_id: int, now: datetime) -> None:
    """The time that its person had waited until ``now`` ended in no answer, so it is not kept as one."""
    run_in_bulk(session, delete(Wait).where(Wait.conversation_id == conversation_id, Wait.until >= now))


def has_due(session: Session, now: datetime) -> bool:
    """Whether the time of any conversation has come."""
    return session.scalar(select(Conversation.id).where(Conversation.put_off_until <= now).limit(1)) is not None


def wake(session: Session, now: datetime) -> int:
    """Have up to 200 conversations wait for us; answer how many. Those who put them off are told.

    One that was not answered waits since its person wrote last; one that was, from now on. Skips rows that another
    worker has locked (PostgreSQL).
    """
    query = select(Conversation).where(Conversation.put_off_until <= now).order_by(Conversation.put_off_until)
    talks = list(session.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True)))
    ids = [talk.id for talk in talks]
    answered, people = _answered(session, ids), _who_put_off(session, ids)
    of_team: dict[int, list[int]] = defaultdict(list)
    for talk in talks:
        said = service.last_inbound(session, talk.id)
        waits_for_us = said is not None and answered.get(talk.id, said) <= said
        service.set_state(talk, ConversationState.NEW, said if waits_for_us else now, now)
        service.record(session, talk, EventKind.WOKE, None, now)
        of_team[talk.team_id].append(talk.id)
        if talk.id in people:
            tell(session, SignalKind.WOKE, now, people=[people[talk.id]], conversation_id=talk.id)
    for team_id, conversations in of_team.items():
        tell(session, SignalKind.NEW_IN_TEAM, now, team_id=team_id, conversations=conversations)
    return len(talks)


def _answered(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """Until when the people of these conversations waited last; who never did is left out."""
    query = select(Wait.conversation_id, func.max(Wait.until)).where(Wait.conversation_id.in_(ids))
    return dict(session.execute(query.group_by(Wait.conversation_id)).all())


def _who_put_off(session: Session, ids: Collection[int]) -> dict[int, int]:
    """Who put these off last; what a rule put off is left out."""
    query = (
        select(ConversationEvent.conversation_id, ConversationEvent.kind, ConversationEvent.actor_id)
        .where(
            ConversationEvent.conversation_id.in_(ids),
            ConversationEvent.kind.in_([EventKind.PUT_OFF, EventKind.WOKE]),
        )
        .order_by(ConversationEvent.id)
    )
    last = {about: by if kind is EventKind.PUT_OFF else None for about, kind, by in session.execute(query)}
    return {talk_id: actor_id for talk_id, actor_id in last.items() if actor_id is not None}
