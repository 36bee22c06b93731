"""Who may decide about a remedy, and in whose place."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import TeamMember, User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.errors import Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.remedies import access, policies, rules, words
from app.remedies.models import Remedy, RemedyBar, RemedyDecision, RemedyVersion, StandIn
from app.remedies.types import Barred, Decider, State

LONGEST_STAND_IN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether somebody may decide, and in whose place."""

    barred: Barred | None
    acting_for_id: int | None = None


def turn(session: Session, actor: Actor, remedy: Remedy, now: datetime) -> Turn:
    """Whether somebody may decide about a remedy now; asked again, locked, when they do."""
    who = decider(session, actor)
    in_force = policies.version(session, remedy.policy_id)
    why = _barred(session, who, remedy)
    if why is not None:
        return Turn(why)
    people = _persons(session, in_force.writer_ids)
    stood_for = _stood_for(session, who, remedy, now)

    def late(stands_in: bool) -> Barred | None:
        return rules.not_their_turn(
            who,
            in_force.policy,
            team_id=remedy.team_id,
            asked_at=asked_at(session, remedy),
            policy_writers=people,
            policy_since=in_force.since,
            stands_in=stands_in,
            now=now,
        )

    own = late(stands_in=False)
    if own is None or stood_for is None:
        return Turn(own)
    return Turn(late(stands_in=True), stood_for)


def barred(session: Session, actor: Actor, remedy_id: int, now: datetime) -> Barred | None:
    """Why somebody may not decide about a remedy, for a screen; None when they may, or nothing is to be decided."""
    remedy = access.remedy(session, actor, remedy_id)
    return turn(session, actor, remedy, now).barred if remedy.state is State.ASKED else None


def who_may(session: Session, remedy_id: int, now: datetime) -> list[int]:
    """Everybody who may decide about a remedy now; nobody when nothing is to be decided."""
    remedy = session.get(Remedy, remedy_id)
    if remedy is None or remedy.state is not State.ASKED:
        return []
    people = session.scalars(select(User).where(User.active, User.role.in_(rules.DECIDING_ROLES))).all()
    actors = [accounts.actor(session, user) for user in people]
    return [one.id for one in actors if turn(session, one, remedy, now).barred is None]


def name_stand_in(
    session: Session, actor: Actor, stand_in_id: int | None, until: datetime | None, now: datetime
) -> None:
    """Have somebody decide in one's place until then; None: nobody any more. Raises InvalidInput, Forbidden."""
    session.execute(delete(StandIn).where(StandIn.user_id == actor.id))
    if stand_in_id is not None:
        other = session.get(User, stand_in_id)
        if other is None or not other.active or other.role not in rules.DECIDING_ROLES or other.id == actor.id:
            raise InvalidInput(_("Choose another supervisor or admin."), field="stand_in")
        if until is None or not now < until <= now + LONGEST_STAND_IN:
            raise InvalidInput(_("Choose a day within the next sixty."), field="until")
        session.add(StandIn(user_id=actor.id, stand_in_id=other.id, until=until))
    session.flush()
    facts = {"stand_in": stand_in_id, "until": until.isoformat() if until else None}
    audit.record(session, Entry(Action.STAND_IN_NAMED, f"user/{actor.id}", now, actor.id, facts=facts))


def stand_in_of(session: Session, user_id: int, now: datetime) -> tuple[int, datetime] | None:
    """Who stands in for somebody, and until when."""
    found = session.get(StandIn, user_id)
    return (found.stand_in_id, found.until) if found and found.until > now else None


def asked_at(session: Session, remedy: Remedy) -> datetime:
    """When this version was written; an edit begins the waiting anew."""
    return session.get_one(RemedyVersion, (remedy.id, remedy.version)).at


def decider(session: Session, actor: Actor) -> Decider:
    """Somebody as the database knows them in this moment, not as they were when they signed in. Raises Forbidden."""
    user = session.get(User, actor.id, populate_existing=True)
    if user is None:
        raise Forbidden(words.barred(Barred.ROLE))
    teams = session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user.id))
    return Decider(user.id, user.same_as_id or user.id, user.role, user.active, frozenset(teams), actor.proved_at)


def _barred(session: Session, who: Decider, remedy: Remedy) -> Barred | None:
    rows = session.execute(
        select(User.id, User.same_as_id, RemedyBar.why)
        .join(RemedyBar, RemedyBar.user_id == User.id)
        .where(RemedyBar.remedy_id == remedy.id)
    ).all()
    people = {why: {same or own for own, same, kind in rows if kind == why} for why in ("own", "edited", "profits")}
    signed = session.execute(
        select(User.id, User.same_as_id)
        .join(RemedyDecision, RemedyDecision.user_id == User.id)
        .where(RemedyDecision.remedy_id == remedy.id, RemedyDecision.version == remedy.version)
    )
    requester = session.get_one(User, remedy.requester_id)
    return rules.barred(
        who,
        requester_person=requester.same_as_id or requester.id,
        barred_people=people["own"] | people["edited"],
        profiting_people=people["profits"],
        signed_people={same or own for own, same in signed},
    )


def _stood_for(session: Session, who: Decider, remedy: Remedy, now: datetime) -> int | None:
    """Somebody who named this person for the time being, and who could decide themselves."""
    absent = session.scalars(
        select(User)
        .join(StandIn, StandIn.user_id == User.id)
        .where(StandIn.stand_in_id == who.user_id, StandIn.until > now)
        .order_by(User.id)
    )
    for user in absent:
        teams = session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user.id))
        them = Decider(user.id, user.same_as_id or user.id, user.role, user.active, frozenset(teams), None)
        first = policies.version(session, remedy.policy_id).policy
        if _barred(session, them, remedy) is None and user.role in first.first_roles:
            return user.id
    return None


def _persons(session: Session, user_ids: frozenset[int]) -> set[int]:
    rows = session.execute(select(User.id, User.same_as_id).where(User.id.in_(user_ids)))
    return {same or own for own, same in rows}
