"""Being at work and giving conversations out. Services flush; the edge commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import Team, User
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.core import hours
from app.core.bulk import insert_rows
from app.core.db import run_in_bulk
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.duty import queries, rules
from app.duty.models import Duty, Handout, TeamWay
from app.duty.types import Availability, Mode, Way
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, EventKind
from app.signals import service as signals
from app.signals.types import SignalKind

AT_ONCE = 200
"""So many conversations are given out, or back, in one transaction."""
_KEEP = timedelta(days=1)
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
    """What somebody can take on, as typed: languages and skills parted by commas."""

    capacity: str
    languages: str
    skills: str
    hours: str


def set_terms(session: Session, actor: Actor, user_id: int, terms: TermsTyped, now: datetime) -> None:
    """Say what somebody can take on. Raises Forbidden, NotFound, InvalidInput naming the field."""
    if not account_rules.may(actor.role, Permission.MANAGE_DUTY):
        raise Forbidden(_("Only supervisors and admins say who takes on how much."))
    if session.get(User, user_id) is None:
        raise NotFound(_("There is no such person."))
    capacity = _number(terms.capacity, 1, rules.CAPACITY_MAXIMUM, "capacity")
    _check_hours(terms.hours, "", "hours")
    duty = _duty(session, user_id, now)
    duty.capacity = capacity
    duty.languages = _languages(terms.languages)
    duty.skills = _list(terms.skills)
    duty.hours = terms.hours.strip()
    session.flush()
    audit.note(session, Action.DUTY_TERMS_SET, f"user/{user_id}", now, by=actor.id, capacity=capacity)
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


def work(session: Session, now: datetime) -> int:
    """Give conversations back and out, as far as one transaction goes; answer how many moved.

    Only one process at a time works on a team: its row is locked.
    """
    moved = 0
    teams = select(TeamWay).where(TeamWay.mode != Mode.BY_HAND).order_by(TeamWay.team_id).with_for_update()
    for one in session.scalars(teams).all():
        way = Way(one.team_id, one.mode, one.back_after_minutes, one.hours, one.days_off)
        moved += _take_back(session, way, now)
        moved += _give_out(session, way, now)
    return moved


def tidy(session: Session, now: datetime) -> None:
    """Forget who was given what longer than a day ago; the conversations' own histories keep it."""
    run_in_bulk(session, delete(Handout).where(Handout.at < now - _KEEP))


def _take_back(session: Session, way: Way, now: datetime) -> int:
    """What belongs to people who went, and what was not answered in time, waits for anyone again."""
    held = (
        select(Conversation)
        .where(
            Conversation.team_id == way.team_id,
            Conversation.state == ConversationState.NEW,
            Conversation.assignee_id.is_not(None),
        )
        .order_by(Conversation.sort_at)
    )
    people = set(
        session.scalars(
            select(Conversation.assignee_id)
            .where(
                Conversation.team_id == way.team_id,
                Conversation.state == ConversationState.NEW,
                Conversation.assignee_id.is_not(None),
            )
            .distinct()
        )
    )
    left = queries.gone(session, {one for one in people if one is not None}, now)
    taken = [
        (talk, EventKind.GIVEN_BACK)
        for talk in session.scalars(held.where(Conversation.assignee_id.in_(left)).limit(AT_ONCE).with_for_update())
    ]
    if way.back_after_minutes is not None:
        late = (
            select(Conversation)
            .join(Handout, (Handout.conversation_id == Conversation.id) & (Handout.user_id == Conversation.assignee_id))
            .where(
                Conversation.team_id == way.team_id,
                Conversation.state == ConversationState.NEW,
                Conversation.assignee_id.not_in(left),
                Handout.at < now - timedelta(minutes=way.back_after_minutes),
            )
            .limit(AT_ONCE)
        )
        taken += [(talk, EventKind.NOT_IN_TIME) for talk in session.scalars(late).unique()]
    names = _names(session, [talk.assignee_id for talk, _why in taken if talk.assignee_id])
    for talk, why in taken:
        data = {"from": names.get(talk.assignee_id or 0, "?")}
        run_in_bulk(session, delete(Handout).where(Handout.conversation_id == talk.id))
        talk.assignee_id = None
        inbox.record(session, talk, why, None, now, data)
    return len(taken)


def _give_out(session: Session, way: Way, now: datetime) -> int:
    people = queries.colleagues(session, way, now)
    room = sum(one.free for one in people)
    if not room:
        return 0
    pairs = rules.hand_out(way.mode, people, queries.waiting(session, way.team_id, people, min(AT_ONCE, room)))
    names = _names(session, [user_id for _talk, user_id in pairs])
    rows = []
    for talk_id, user_id in pairs:
        talk = session.get(Conversation, talk_id, with_for_update=True, populate_existing=True)
        if talk is None or talk.assignee_id is not None or talk.state is not ConversationState.NEW:
            continue  # somebody took it by hand a moment ago
        talk.assignee_id = user_id
        inbox.record(
            session, talk, EventKind.GIVEN_OUT, None, now, {"to": names.get(user_id, ""), "how": way.mode.value}
        )
        signals.tell(session, SignalKind.ASSIGNED, now, people=[user_id], conversation_id=talk_id)
        rows.append(
            {
                "id": new_id(),
                "conversation_id": talk_id,
                "user_id": user_id,
                "team_id": way.team_id,
                "how": way.mode.value,
                "at": now,
            }
        )
    insert_rows(session, Handout.__table__, rows)
    return len(rows)


def _names(session: Session, user_ids: Sequence[int]) -> dict[int, str]:
    found = session.execute(select(User.id, User.name).where(User.id.in_(set(user_ids))))
    return dict(found.all())


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
