"""Routing conversations, and people's corrections. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, update
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.db import run_in_bulk
from app.core.errors import InvalidInput
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.learning import service as examples
from app.learning.types import SPAM
from app.routing import carrying, judging, learned, queries, stored
from app.routing.models import RoutingDecision
from app.routing.types import Candidate, DecidedBy

BATCH = 500


def route_waiting(session: Session, now: datetime) -> int:
    """Route up to 500 conversations that have not been; answer how many.

    Skips rows that another worker has locked (PostgreSQL); writes only where still unrouted.
    """
    query = queries.candidates().where(Conversation.routed_at.is_(None)).order_by(Conversation.id).limit(BATCH)
    talks = [Candidate(*row) for row in session.execute(query.with_for_update(skip_locked=True))]
    if not talks:
        return 0
    judged = judging.judge(
        session, list(stored.facts_of(session, talks, judging.default_teams(session, talks)).values())
    )
    carrying.move(session, talks, judged, now)
    carrying.record(session, judged, now)
    announce(session, Changed("inbox"), Changed("conversation"))  # any of them may be open somewhere
    return len(talks)


def correct(
    session: Session,
    actor: Actor,
    conversation_id: int,
    team_id: int,
    *,
    version: int | None,
    reason: str,
    now: datetime,
) -> None:
    """Hand the conversation to another team and keep the correction for later learning.

    What was not routed yet stays where it was put. Raises NotFound, Conflict when it changed since ``version``,
    InvalidInput when it is that team's already.
    """
    talk = inbox.open_for(session, actor, conversation_id, version)
    before = talk.team_id
    if before == team_id:
        raise InvalidInput(_("It is in this team's queue already."), field="team")
    inbox.move(session, talk, team_id, actor, now)
    to, old = learned.team_key(session, team_id), learned.team_key(session, before)
    learned.teach(session, talk, to, actor, now, old_team=old)
    session.add(
        RoutingDecision(
            id=new_id(),
            conversation_id=talk.id,
            decided_by=DecidedBy.PERSON,
            rule_set_id=None,
            rule=None,
            matched=[],
            team_id=team_id,
            from_team_id=before,
            priority=talk.priority,
            spam=False,
            actor_id=actor.id,
            reason=reason.strip()[:500] or None,
            at=now,
            cause=None,
            more=None,
        )
    )
    session.flush()


def confirm(session: Session, actor: Actor, talk: Conversation, now: datetime) -> None:
    """Somebody answered a conversation where it is: it belongs there, unless nothing has put it there yet."""
    if talk.routed_at is not None:
        learned.teach(session, talk, learned.team_key(session, talk.team_id), actor, now)


def unconfirm(session: Session, actor: Actor, conversation_id: int, now: datetime, *, since: datetime) -> None:
    """Somebody took an answer back: it confirms nothing."""
    examples.take_back(session, [conversation_id], actor.id, now, since=since)


def set_aside(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """Spam: kept, out of the queues, and remembered for later learning. Raises NotFound, Conflict."""
    talk = inbox.open_for(session, actor, conversation_id, version)
    inbox.set_aside(session, actor, conversation_id, version, now)
    learned.teach(session, talk, SPAM, actor, now, old_team=learned.team_key(session, talk.team_id))


def reopen(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """It waits for us again; what was set aside as spam turns out to be none. Raises NotFound, Conflict."""
    talk = inbox.open_for(session, actor, conversation_id, version)
    was_spam = talk.state is ConversationState.SPAM
    inbox.reopen(session, actor, conversation_id, version, now)
    if was_spam:
        learned.teach(session, talk, learned.team_key(session, talk.team_id), actor, now, old_team=SPAM)


def forget_corrections(
    session: Session, conversation_ids: Sequence[int], actor: Actor, now: datetime, *, since: datetime
) -> None:
    """Somebody took hand-overs of theirs back: nothing is learned from them, and what they routed so waits for it."""
    examples.take_back(session, conversation_ids, actor.id, now, since=since)
    theirs = (
        RoutingDecision.conversation_id.in_(conversation_ids),
        RoutingDecision.decided_by == DecidedBy.PERSON,
        RoutingDecision.actor_id == actor.id,
        RoutingDecision.at >= since,
    )
    only = exists().where(*theirs, RoutingDecision.conversation_id == Conversation.id)
    only = only.where(RoutingDecision.at == Conversation.routed_at)
    unrouted = update(Conversation).where(Conversation.id.in_(conversation_ids), only).values(routed_at=None)
    run_in_bulk(session, unrouted)
    run_in_bulk(session, delete(RoutingDecision).where(*theirs))
