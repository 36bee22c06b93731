"""Being at work, and how conversations are given out (``giving`` does it). Services flush; the edge commits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import Team, User
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.core import hours
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.duty import rules
from app.duty.models import Duty, TeamWay
from app.duty.types import Availability, Mode

_BEAT = timedelta(seconds=15)


def say(session: Session, actor: Actor, availability: Availability, now: datetime) -> None:
    """Somebody says how they stand; whoever comes is given what waits."""
    duty = _duty(session, actor.id, now)
    if duty.availability is not availability:
        duty.availability, duty.since = availability, now
    duty.seen_at = now
    session.flush()
    announce(session, Changed("duty"))
    defer_wake(session, JobName.ASSIGN)


def seen(session: Session, actor: Actor, now: datetime) -> None:
    """A browser of somebody who said that they are there is still open."""
    fresh = (
        update(Duty)
        .where(Duty.user_id == actor.id, Duty.seen_at < now - _BEAT)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(fresh)


@dataclass(frozen=True, slots=True)
class TermsTyped:
    """What somebody can take on, as typed: languages and skills parted by commas; ``per_hour`` may be empty."""

    capacity: str
    languages: str
    skills: str
    hours: str
    per_hour: str = ""


def set_terms(session: Session, actor: Actor, user_id: int, terms: TermsTyped, now: datetime) -> None:
    """Say what somebody can take on. Raises Forbidden, NotFound, InvalidInput naming the field."""
    if not account_rules.may(actor.role, Permission.MANAGE_DUTY):
        raise Forbidden(_("Only supervisors and admins say who takes on how much."))
    if session.get(User, user_id) is None:
        raise NotFound(_("There is no such person."))
    capacity = _number(terms.capacity, 1, rules.CAPACITY_MAXIMUM, "capacity")
    per_hour = _number(terms.per_hour, 1, rules.CAPACITY_MAXIMUM, "per_hour") if terms.per_hour.strip() else None
    _check_hours(terms.hours, "", "hours")
    duty = _duty(session, user_id, now)
    duty.capacity, duty.per_hour = capacity, per_hour
    duty.languages = _languages(terms.languages)
    duty.skills = _list(terms.skills)
    duty.hours = terms.hours.strip()
    session.flush()
    audit.note(
        session, Action.DUTY_TERMS_SET, f"user/{user_id}", now, by=actor.id, capacity=capacity, per_hour=per_hour
    )
    announce(session, Changed("duty"))
    defer_wake(session, JobName.ASSIGN)


@dataclass(frozen=True, slots=True)
class WayTyped:
    """How a team's conversations are given out, as typed; hours as ``app.core.hours`` reads them."""

    mode: str
    back_after: str
    hours: str
    days_off: str


def set_way(session: Session, actor: Actor, team_id: int, typed: WayTyped, now: datetime) -> None:
    """Say how a team's conversations are given out. Raises Forbidden, NotFound, InvalidInput naming the field."""
    if not account_rules.may(actor.role, Permission.MANAGE_DUTY):
        raise Forbidden(_("Only supervisors and admins say how conversations are given out."))
    if session.get(Team, team_id) is None:
        raise NotFound(_("There is no such team."))
    if typed.mode not in set(Mode):
        raise InvalidInput(_("Choose one of the three."), field="mode")
    minutes = _number(typed.back_after, 1, 60 * 24 * 7, "back_after") if typed.back_after.strip() else None
    _check_hours(typed.hours, typed.days_off, "hours")
    way = session.get(TeamWay, team_id)
    if way is None:
        way = TeamWay(team_id=team_id)
        session.add(way)
    way.mode, way.back_after_minutes = Mode(typed.mode), minutes
    way.hours, way.days_off = typed.hours.strip(), typed.days_off.strip()
    session.flush()
    audit.note(session, Action.DUTY_WAY_SET, f"team/{team_id}", now, by=actor.id, mode=typed.mode, back_after=minutes)
    announce(session, Changed("duty"))
    defer_wake(session, JobName.ASSIGN)


def _duty(session: Session, user_id: int, now: datetime) -> Duty:
    duty = session.get(Duty, user_id, with_for_update=True)
    if duty is None:
        duty = Duty(user_id=user_id, since=now, seen_at=now, languages=[], skills=[])
        session.add(duty)
        session.flush()
    return duty


def _check_hours(week: str, days_off: str, field: str) -> None:
    for text, off, where in ((week, "", field), ("", days_off, "days_off")):
        try:
            hours.read_week(text, off)
        except hours.HoursError as error:
            message = (
                _("“%(part)s” is no day. Write one day a line, like: 2026-12-25 Christmas", part=str(error))
                if where == "days_off"
                else _("“%(part)s” are no hours. Write them like: mo-fr 09:00-17:30 Europe/Berlin", part=str(error))
            )
            raise InvalidInput(message, field=where) from None


def _number(text: str, least: int, most: int, field: str) -> int:
    digits = text.strip()
    if not digits.isascii() or not digits.isdecimal() or not least <= int(digits[:9]) <= most:
        raise InvalidInput(_("Write a whole number from %(least)s to %(most)s.", least=least, most=most), field=field)
    return int(digits)


def _list(text: str) -> list[str]:
    return list(dict.fromkeys(word for part in text.split(",") if (word := " ".join(part.split())[:40])))[:50]


def _languages(text: str) -> list[str]:
    found = [one.lower() for one in _list(text)]
    wrong = [one for one in found if not (one.isascii() and one.isalpha() and len(one) in (2, 3))]
    if wrong:
        raise InvalidInput(
            _("“%(code)s” is no language code. Write codes like: en, de", code=wrong[0]), field="languages"
        )
    return found
