"""Setting goals. Services flush; the edge commits."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import Team, User
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns.models import Campaign
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.goals import measuring, rules
from app.goals.models import GoalRow
from app.goals.types import GoalTyped, Measure, Period, Scope
from app.pages.models import Page
from app.targets import rules as target_rules

Kind = TypeVar("Kind", Measure, Period)
_MODELS: dict[Scope, type[Team] | type[Page] | type[Campaign]] = {
    Scope.TEAM: Team,
    Scope.PAGE: Page,
    Scope.CAMPAIGN: Campaign,
}


def save(session: Session, actor: Actor, goal_id: int | None, typed: GoalTyped, now: datetime) -> None:
    """Set a goal, or change one. Raises Forbidden, NotFound, InvalidInput naming the field."""
    _may(actor)
    row = _row(session, goal_id) if goal_id is not None else GoalRow()
    measure = _chosen(Measure, typed.measure, "measure")
    scope, of = _about(session, typed.about)
    if not rules.may_be_for(measure, scope):
        raise InvalidInput(_("Conflicts are measured for a team or for all."), field="about")
    with session.no_autoflush:
        row.measure, row.period = measure, _chosen(Period, typed.period, "period")
        row.percent = _percent(typed.percent)
        row.within = _within(typed.within) if measure in rules.TIMED else None
        row.owner_id = _owner(session, typed.owner)
        for one in _MODELS:
            setattr(row, f"{one.value}_id", of if one is scope else None)
    row.measured_at = None
    session.add(row)
    session.flush()
    measuring.forget(session, row.id)
    _write_down(session, actor, row, Action.GOAL_SET, now)


def remove(session: Session, actor: Actor, goal_id: int, now: datetime) -> None:
    """Give a goal up. Raises Forbidden, NotFound."""
    _may(actor)
    row = _row(session, goal_id)
    _write_down(session, actor, row, Action.GOAL_REMOVED, now)
    session.delete(row)
    session.flush()


def _write_down(session: Session, actor: Actor, row: GoalRow, action: Action, now: datetime) -> None:
    audit.note(
        session,
        action,
        f"goal/{row.id}",
        now,
        by=actor.id,
        measure=row.measure.value,
        team=row.team_id,
        page=row.page_id,
        campaign=row.campaign_id,
        percent=row.percent,
        within=row.within,
        period=row.period.value,
        owner=row.owner_id,
    )
    defer_wake(session, JobName.REPORT)


def _may(actor: Actor) -> None:
    if not account_rules.may(actor.role, Permission.MANAGE_GOALS):
        raise Forbidden(_("Only supervisors and admins set goals."))


def _row(session: Session, goal_id: int) -> GoalRow:
    row = session.get(GoalRow, goal_id, with_for_update=True)
    if row is None:
        raise NotFound(_("There is no such goal any more."))
    return row


def _chosen(kinds: "type[Kind]", typed: str, field: str) -> "Kind":
    if typed not in set(kinds):
        raise InvalidInput(_("Choose one of these."), field=field)
    return kinds(typed)


def _about(session: Session, typed: str) -> tuple[Scope, int]:
    kind, _colon, number = typed.partition(":")
    if kind == Scope.ALL:
        return Scope.ALL, 0
    of = _number(number)
    if kind not in set(_MODELS) or session.get(_MODELS[Scope(kind)], of) is None:
        raise InvalidInput(_("Choose one of these."), field="about")
    return Scope(kind), of


def _owner(session: Session, typed: str) -> int:
    person = session.get(User, _number(typed))
    if person is None or not person.active:
        raise InvalidInput(_("Say who answers for it."), field="owner")
    return person.id


def _percent(typed: str) -> int:
    number = _number(typed.strip().removesuffix("%").strip())
    if not 1 <= number <= 100:
        raise InvalidInput(_("Write a number from 1 to 100."), field="percent")
    return number


def _within(typed: str) -> int:
    minutes = target_rules.read_length(typed)
    if not minutes:
        raise InvalidInput(_("Write a length, like: 45 min, 2 h, 48 h"), field="within")
    return minutes


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
