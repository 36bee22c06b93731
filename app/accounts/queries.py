"""Reading people, teams and sessions."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from app.accounts import rules
from app.accounts.models import PasswordLink, Team, TeamMember, User, UserSession
from app.accounts.types import Actor, PersonView, Role, TeamView, UserView
from app.core.security import token_hash

_OF_SESSION = (
    select(User, UserSession.expires_at, UserSession.proved_at, TeamMember.team_id)
    .join(UserSession, UserSession.user_id == User.id)
    .outerjoin(TeamMember, TeamMember.user_id == User.id)
    .where(UserSession.token_hash == bindparam("token_hash"))
)
"""Put together once, as every request asks it."""


def actor_of_session(session: Session, token: str, now: datetime) -> Actor | None:
    """Who the browser with this token is; None when the session is unknown, over, or its person was switched off."""
    if not token:
        return None
    rows = session.execute(_OF_SESSION, {"token_hash": token_hash(token)}).all()
    if not rows:
        return None
    user, until, proved_at, _team = rows[0]
    if not rules.session_is_live(until, user.active, now):
        return None
    return replace(_actor(user, [row[3] for row in rows if row[3] is not None]), proved_at=proved_at)


def actor(session: Session, user: User) -> Actor:
    """The person with their teams."""
    return _actor(user, session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user.id)))


def _actor(user: User, teams: Iterable[int]) -> Actor:
    return Actor(user.id, user.login, user.name, user.role, user.language, frozenset(teams), time_zone=user.time_zone)


def person(session: Session, user_id: int) -> Actor:
    """Somebody who works here, by id."""
    return actor(session, session.get_one(User, user_id))


def admin_exists(session: Session) -> bool:
    """Whether anybody real can manage this installation."""
    found = select(User.id).where(User.role == Role.ADMIN, User.active, User.demo.is_(False)).limit(1)
    return session.scalar(found) is not None


def teams(session: Session) -> list[TeamView]:
    """All teams, the two that are always there first."""
    return [_team(team) for team in session.scalars(select(Team).order_by(Team.id))]


def team_by_key(session: Session, key: str) -> TeamView | None:
    team = session.scalar(select(Team).where(Team.key == key))
    return _team(team) if team else None


def _team(team: Team) -> TeamView:
    return TeamView(team.id, team.key, team.name, team.demo)


def users(session: Session) -> list[UserView]:
    """Everybody, by name."""
    names: dict[int, list[str]] = defaultdict(list)
    for user_id, name in session.execute(
        select(TeamMember.user_id, Team.name).join(Team, Team.id == TeamMember.team_id).order_by(Team.id)
    ):
        names[user_id].append(name)
    people = session.scalars(select(User).order_by(func.lower(User.name), User.id))
    return [UserView(p.id, p.login, p.name, p.role, p.active, p.demo, tuple(names[p.id])) for p in people]


def person_view(session: Session, user_id: int) -> PersonView | None:
    """How somebody's account is set up. Three statements."""
    row = session.execute(
        select(
            User,
            PasswordLink.expires_at,
            select(func.max(UserSession.created_at)).where(UserSession.user_id == user_id).scalar_subquery(),
        )
        .outerjoin(PasswordLink, PasswordLink.user_id == User.id)
        .where(User.id == user_id)
    ).one_or_none()
    if row is None:
        return None
    user, link_until, last_seen = row
    teams = session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user_id))
    return PersonView(
        id=user.id,
        login=user.login,
        name=user.name,
        role=user.role,
        active=user.active,
        demo=user.demo,
        language=user.language,
        time_zone=user.time_zone,
        team_ids=frozenset(teams),
        has_password=user.password_hash is not None,
        link_until=link_until,
        since=user.created_at,
        last_seen=last_seen,
    )


def team_members(session: Session, team_id: int | None = None) -> list[tuple[int, str]]:
    """Active people (id, name) of a team, or of all teams, by name."""
    query = select(User.id, User.name).where(User.active).order_by(func.lower(User.name), User.id)
    if team_id is not None:
        query = query.join(TeamMember, TeamMember.user_id == User.id).where(TeamMember.team_id == team_id)
    return [(user_id, name) for user_id, name in session.execute(query)]


def active(session: Session, user_ids: Collection[int]) -> set[int]:
    """Those of these people who still work here. One statement."""
    return set(session.scalars(select(User.id).where(User.id.in_(list(user_ids)), User.active)))


_TEAMS_AND_PEOPLE = union_all(
    select(literal(1), Team.id, Team.key, Team.name, Team.demo),
    select(literal(0), User.id, User.login, User.name, User.demo).where(User.active),
)
"""Put together once, as every conversation asks it."""


def teams_and_people(session: Session) -> tuple[list[TeamView], list[tuple[int, str]]]:
    """All teams, and all active people (id, name) by name: to whom something can be given. One statement."""
    teams, people = [], []
    for is_team, number, key, name, demo in session.execute(_TEAMS_AND_PEOPLE):
        if is_team:
            teams.append(TeamView(number, key, name, demo))
        else:
            people.append((number, name))
    return sorted(teams, key=lambda one: one.id), sorted(people, key=lambda one: (one[1].lower(), one[0]))


def leading(session: Session) -> set[int]:
    """Who supervises: supervisors and admins. One statement."""
    leads = User.role.in_((Role.SUPERVISOR, Role.ADMIN))
    return set(session.scalars(select(User.id).where(User.active, User.demo.is_(False), leads)))


def leading_team(session: Session, team_id: int) -> list[int]:
    """Who supervises a team: its supervisors and admins, or all there are where it has none."""
    leads = leading(session)
    members = set(session.scalars(select(TeamMember.user_id).where(TeamMember.team_id == team_id)))
    return sorted(leads & members or leads)


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """What these people are called, whether they still work here or not."""
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(list(ids)))).all())


def called(session: Session) -> list[tuple[int, tuple[str, str]]]:
    """Active people and what they may be called: their name and their login."""
    query = select(User.id, User.name, User.login).where(User.active)
    return [(user_id, (name, login)) for user_id, name, login in session.execute(query)]


def live_tokens(session: Session, hashes: Collection[str], now: datetime) -> dict[str, int]:
    """Which of these sessions (by token hash) are still good, and whose; one statement for all open event streams."""
    query = (
        select(UserSession.token_hash, UserSession.user_id)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash.in_(list(hashes)), UserSession.expires_at > now, User.active)
    )
    return dict(session.execute(query).all())
