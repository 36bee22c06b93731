"""Reading rules and decisions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, User
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, Priority
from app.routing import rules
from app.routing.models import RoutingDecision, RuleSet
from app.routing.types import DecidedBy, Rule


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """A version of the rules. ``publisher`` is None when the command line or the installation put it in force."""

    version: int
    rules: tuple[Rule, ...]
    published_at: datetime
    publisher: str | None


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


def active(session: Session) -> tuple[int | None, tuple[Rule, ...]]:
    """The rules in force and the id of their version."""
    newest = session.scalar(select(RuleSet).order_by(RuleSet.id.desc()).limit(1))
    return (newest.id, rules.read(newest.source)) if newest else (None, ())


def in_force(session: Session) -> RulesInForce | None:
    """The rules in force, since when, and by whom."""
    query = select(RuleSet, User.name).outerjoin(User, User.id == RuleSet.published_by_id)
    row = session.execute(query.order_by(RuleSet.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    newest, publisher = row
    return RulesInForce(newest.id, rules.read(newest.source), newest.published_at, publisher)


def source(session: Session) -> str:
    """The rules in force as they were written."""
    return session.scalar(select(RuleSet.source).order_by(RuleSet.id.desc()).limit(1)) or ""


def explain(session: Session, conversation_id: int) -> list[Explanation]:
    """How the conversation came where it is, oldest step first."""
    query = (
        select(RoutingDecision, Team.name, User.name)
        .join(Team, Team.id == RoutingDecision.team_id)
        .outerjoin(User, User.id == RoutingDecision.actor_id)
        .where(RoutingDecision.conversation_id == conversation_id)
        .order_by(RoutingDecision.id)
    )
    return [
        Explanation(
            one.decided_by, one.rule, tuple(one.matched), team, one.priority, one.spam, person, one.reason, one.at
        )
        for one, team, person in session.execute(query)
    ]


def candidates() -> "Select[int, int, ConversationState, bool]":
    """What a ``Candidate`` is made of."""
    return select(Conversation.id, Conversation.page_id, Conversation.state, Conversation.author_known)


def has_waiting(session: Session) -> bool:
    """Whether any conversation has not been routed yet."""
    return session.scalar(select(Conversation.id).where(Conversation.routed_at.is_(None)).limit(1)) is not None
