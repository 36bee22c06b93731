"""Reading targets, and conversations that may be close to them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, TeamMember, User
from app.core import hours
from app.duty import queries as duty
from app.inbox.models import Conversation, ConversationMark, Wait
from app.inbox.types import TARGETS, ConversationState, Mark, Waited
from app.pages.models import Page
from app.targets import rules
from app.targets.models import TargetCall, TargetRow
from app.targets.types import Figure, Plan, Talk, Target, TargetView

_BATCH = 500


def all_targets(session: Session) -> list[TargetView]:
    """Every target with its names: what holds for all first, the closest last. One statement."""
    query = (
        select(TargetRow, Team.name, Page.name)
        .outerjoin(Team, Team.id == TargetRow.team_id)
        .outerjoin(Page, Page.id == TargetRow.page_id)
    )
    found = [TargetView(_target(row), team, page) for row, team, page in session.execute(query)]
    return sorted(found, key=lambda one: (rules.closeness(one.target), one.page or "", one.team or "", one.target.id))


def _target(row: TargetRow) -> Target:
    return Target(row.id, row.team_id, row.page_id, row.priority, row.first_reply, row.next_reply, row.resolution)


def plan(session: Session) -> Plan:
    """All targets and working hours. Two statements."""
    return Plan(tuple(_target(row) for row in session.scalars(select(TargetRow))), duty.weeks(session))


def is_taken(session: Session, scope: str, *, but: int | None) -> bool:
    """Whether there is a target for exactly these conversations, other than ``but``."""
    with session.no_autoflush:
        found = session.scalar(select(TargetRow.id).where(TargetRow.scope == scope))
    return found not in (None, but)


def candidates(session: Session, known: Plan, now: datetime) -> Iterator[Talk]:
    """All conversations that could be close to a target or past it, and some that are not. Four statements a team, and
    one for each 500 found.

    What waited before its page was connected has no target: nobody was here to keep it.
    """
    for team_id in session.scalars(select(Team.id).order_by(Team.id)).all():
        week = rules.week(known, team_id)
        for figures, earlier in ((list(Figure), False), ([Figure.RESOLUTION], True)):
            span = rules.shortest(known, team_id, figures)
            if span is not None:
                yield from _talks(session, _waiting(team_id, hours.before(week, now, span), earlier=earlier))


def _waiting(team_id: int, until: datetime, *, earlier: bool) -> "Select[*tuple[Any, ...]]":
    """A team's conversations that have waited since ``until`` or longer; or those that waited before, are that old, and
    wait again since."""
    query = (
        select(
            Conversation.id,
            Conversation.team_id,
            Conversation.page_id,
            Conversation.priority,
            Conversation.assignee_id,
            Conversation.waiting_since,
        )
        .join(Page, Page.id == Conversation.page_id)
        .where(
            Conversation.team_id == team_id,
            Conversation.state == ConversationState.NEW,
            or_(Conversation.waiting_since >= Page.created_at, Page.demo),
        )
        .order_by(Conversation.sort_at, Conversation.id)
    )
    if not earlier:
        return query.where(Conversation.sort_at <= until)
    before = select(Wait.conversation_id).where(Wait.conversation_id == Conversation.id, Wait.since <= until)
    return query.where(Conversation.sort_at > until, before.exists())


def _talks(session: Session, query: "Select[*tuple[Any, ...]]") -> Iterator[Talk]:
    for part in session.execute(query).partitions(_BATCH):
        waits = waited(session, [row.id for row in part])
        for row in part:
            yield Talk(
                id=row.id,
                team_id=row.team_id,
                page_id=row.page_id,
                priority=row.priority,
                assignee_id=row.assignee_id,
                waiting_since=row.waiting_since,
                waits=tuple(waits[row.id]),
            )


def waited(session: Session, conversation_ids: Sequence[int]) -> dict[int, list[Waited]]:
    """When the people of these conversations waited for us before, oldest first; nothing where they did not."""
    found: dict[int, list[Waited]] = defaultdict(list)
    query = select(Wait).where(Wait.conversation_id.in_(conversation_ids)).order_by(Wait.since)
    for one in session.scalars(query):
        found[one.conversation_id].append(Waited(one.since, one.until, one.ended))
    return found


def marked(session: Session) -> dict[int, tuple[Mark, datetime]]:
    """The conversations that are marked as close to a target or past it, and when they are due."""
    query = select(ConversationMark.conversation_id, ConversationMark.mark, ConversationMark.at)
    return {
        talk_id: (mark, at) for talk_id, mark, at in session.execute(query.where(ConversationMark.mark.in_(TARGETS)))
    }


def told(session: Session) -> set[tuple[int, Figure, Mark, datetime]]:
    """Of which of the marked conversations people have been told: figure, level, and when its clock began."""
    marked = ConversationMark.mark.in_(TARGETS)
    query = select(TargetCall.conversation_id, TargetCall.figure, TargetCall.level, TargetCall.since).join(
        ConversationMark, ConversationMark.conversation_id == TargetCall.conversation_id
    )
    return {(one, figure, level, at) for one, figure, level, at in session.execute(query.where(marked))}


def still_waiting(session: Session, conversation_ids: Sequence[int]) -> list[int]:
    """Those of these conversations that wait for us, locked until the transaction ends."""
    query = select(Conversation.id).where(
        Conversation.id.in_(conversation_ids), Conversation.state == ConversationState.NEW
    )
    return list(session.scalars(query.order_by(Conversation.id).with_for_update()))


def standing(session: Session) -> list[tuple[int, str, int, int]]:
    """The teams of which something is marked: id, name, how many are past a target, how many close to one."""
    late, soon = (func.count().filter(ConversationMark.mark == one) for one in (Mark.LATE, Mark.SOON))
    query = (
        select(Team.id, Team.name, late, soon)
        .join(Conversation, Conversation.team_id == Team.id)
        .join(ConversationMark, ConversationMark.conversation_id == Conversation.id)
        .where(ConversationMark.mark.in_(TARGETS))
        .group_by(Team.id, Team.name)
        .order_by(Team.id)
    )
    return [(team_id, name, late, soon) for team_id, name, late, soon in session.execute(query)]


def members(session: Session, team_id: int) -> list[int]:
    """Who works in a team."""
    query = select(TeamMember.user_id).join(User, User.id == TeamMember.user_id)
    return list(session.scalars(query.where(TeamMember.team_id == team_id, User.active)))
