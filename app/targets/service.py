"""Setting targets, and watching them. Services flush; the edge commits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.models import Team
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.bulk import parts
from app.core.db import insert_or, run_in_bulk, table_of
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.inbox.models import ConversationMark
from app.inbox.types import TARGETS, Mark, Priority
from app.pages.models import Page
from app.signals.service import tell
from app.signals.types import SignalKind
from app.targets import queries, rules
from app.targets.models import TargetCall, TargetRow
from app.targets.types import Due, Figure, Talk

_NAMED = 200
"""A signal names so many conversations at most."""
_SIGNALS = {Mark.SOON: SignalKind.TARGET_NEAR, Mark.LATE: SignalKind.TARGET_MISSED}


@dataclass(frozen=True, slots=True)
class TargetTyped:
    """A target as typed: numbers of team and page, or nothing for any; lengths as ``rules.read_length`` reads them."""

    team: str
    page: str
    priority: str
    first_reply: str
    next_reply: str
    resolution: str


def save(session: Session, actor: Actor, target_id: int | None, typed: TargetTyped, now: datetime) -> None:
    """Add a target, or change one. Raises Forbidden, NotFound, InvalidInput naming the field."""
    _may(actor)
    row = _row(session, target_id) if target_id is not None else TargetRow()
    row.team_id = _one_of(session, Team, typed.team, "team")
    row.page_id = _one_of(session, Page, typed.page, "page")
    row.priority = _priority(typed.priority)
    for figure in Figure:
        setattr(row, figure.value, _minutes(getattr(typed, figure.value), figure))
    if not any((row.first_reply, row.next_reply, row.resolution)):
        raise InvalidInput(_("Set at least one of the three."), field="first_reply")
    row.scope = rules.scope(row.page_id, row.team_id, row.priority)
    row.changed_at = now
    if queries.is_taken(session, row.scope, but=target_id):
        raise InvalidInput(_("There is a target for exactly these already. Change that one."), field="team")
    session.add(row)
    session.flush()
    _write_down(session, actor, row, Action.TARGET_SET, now)


def remove(session: Session, actor: Actor, target_id: int, now: datetime) -> None:
    """Hold ourselves to it no longer. Raises Forbidden, NotFound."""
    _may(actor)
    row = _row(session, target_id)
    _write_down(session, actor, row, Action.TARGET_REMOVED, now)
    session.delete(row)
    session.flush()


def _write_down(session: Session, actor: Actor, row: TargetRow, action: Action, now: datetime) -> None:
    facts: dict[str, str | int | bool | None] = {
        "team": row.team_id,
        "page": row.page_id,
        "priority": row.priority,
        **{figure.value: getattr(row, figure.value) for figure in Figure},
    }
    audit.record(session, Entry(action, f"target/{row.id}", now, actor.id, facts=facts))
    defer_wake(session, JobName.TARGETS)


@dataclass(frozen=True, slots=True)
class Found:
    """What is different from what is marked and told."""

    marks: Mapping[int, Due | None]
    """How conversations stand that are marked otherwise; None for those that are to be unmarked."""
    fresh: Sequence[tuple[Talk, Due]]
    """What nobody has been told of yet."""

    def __bool__(self) -> bool:
        return bool(self.marks or self.fresh)


def look(session: Session, now: datetime) -> Found:
    """Which conversations are close to a target or past it, as far as that is new; only reads.

    What is so follows from targets, hours and waiting times as they are now: a change of them needs no other work.
    """
    known = queries.plan(session)
    before = queries.marked(session)
    told = queries.told(session)
    after: dict[int, Due | None] = {}
    fresh = []
    for talk in queries.candidates(session, known, now) if known.targets else ():
        late = rules.dues(known, talk, now)
        if one := rules.worst(late):
            after[talk.id] = one
        fresh += [(talk, due) for due in late if (talk.id, due.figure, due.level, due.since) not in told]
    stands = {talk_id: (one.level, one.at) for talk_id, one in after.items() if one}
    gone = [talk_id for talk_id in before if talk_id not in stands]
    changed = {talk_id: after[talk_id] for talk_id, mark in stands.items() if before.get(talk_id) != mark}
    return Found(changed | dict.fromkeys(gone), fresh)


def note(session: Session, found: Found, now: datetime) -> None:
    """Mark and unmark what was found, where it still waits, and have people told."""
    for part in parts(list(found.marks)):
        run_in_bulk(
            session,
            delete(ConversationMark).where(
                ConversationMark.conversation_id.in_(part), ConversationMark.mark.in_(TARGETS)
            ),
        )
        come = queries.still_waiting(session, [one for one in part if found.marks[one]])
        rows = [{"conversation_id": one, "mark": due.level, "at": due.at} for one in come if (due := found.marks[one])]
        if rows:
            statement = insert_or(session, table_of(ConversationMark)).values(rows)
            session.execute(statement.on_conflict_do_nothing())
    _tell(session, _untold(session, found.fresh), now)
    if found.marks:
        announce(session, Changed("inbox"))


def _untold(session: Session, found: Sequence[tuple[Talk, Due]]) -> list[tuple[Talk, Due]]:
    """Those that no other process has told of meanwhile; from now on this one has."""
    untold = []
    for part in parts(found):
        rows = [
            {"conversation_id": talk.id, "figure": due.figure, "level": due.level, "since": due.since, "at": due.at}
            for talk, due in part
        ]
        statement = insert_or(session, table_of(TargetCall)).values(rows).on_conflict_do_nothing()
        columns = TargetCall.conversation_id, TargetCall.figure, TargetCall.level
        new = {tuple(row) for row in session.execute(statement.returning(*columns))}
        untold += [(talk, due) for talk, due in part if (talk.id, due.figure, due.level) in new]
    return untold


def _tell(session: Session, untold: Iterable[tuple[Talk, Due]], now: datetime) -> None:
    """Warn whoever has a conversation, or its team; what was missed concerns who supervises the team. One piece of word
    for all that came in the same moment, whichever of the figures it was."""
    groups: dict[tuple[Mark, int, int | None], dict[int, None]] = defaultdict(dict)
    for talk, due in untold:
        person = talk.assignee_id if due.level is Mark.SOON else None
        groups[due.level, talk.team_id, person][talk.id] = None
    for (level, team_id, person), conversations in groups.items():
        if person is not None:
            people = [person]
        else:
            people = (queries.members if level is Mark.SOON else accounts.leading_team)(session, team_id)
        tell(
            session,
            _SIGNALS[level],
            now,
            people=people,
            team_id=team_id,
            conversations=list(conversations)[:_NAMED],
            count=len(conversations),
        )


def _may(actor: Actor) -> None:
    if not account_rules.may(actor.role, Permission.MANAGE_TARGETS):
        raise Forbidden(_("Only supervisors and admins set targets."))


def _row(session: Session, target_id: int) -> TargetRow:
    row = session.get(TargetRow, target_id, with_for_update=True)
    if row is None:
        raise NotFound(_("There is no such target any more."))
    return row


def _one_of(session: Session, kind: type[Team] | type[Page], typed: str, field: str) -> int | None:
    if not typed:
        return None
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    if session.get(kind, number) is None:
        raise InvalidInput(_("Choose one of these."), field=field)
    return number


def _priority(typed: str) -> Priority | None:
    if typed and typed not in set(Priority):
        raise InvalidInput(_("Choose one of these."), field="priority")
    return Priority(typed) if typed else None


def _minutes(typed: str, figure: Figure) -> int | None:
    minutes = rules.read_length(typed)
    if minutes is None:
        raise InvalidInput(
            _(
                "Write a length of up to %(days)s days of 24 hours, like: 45 min, 2 h, 1 h 30 min",
                days=rules.LONGEST // 1440,
            ),
            field=figure.value,
        )
    return minutes or None
