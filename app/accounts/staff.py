"""Looking after accounts: who works here, as what, in which teams. For admins; every act is written into the log."""

import re
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import queries, rules, service
from app.accounts.models import PasswordLink, Team, TeamMember, User, UserSession
from app.accounts.types import Actor, Permission, PersonTyped, Role, SignedIn
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core import text as texts
from app.core.db import changed_rows, insert_or, run_in_bulk, table_of
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.security import hash_password, new_token, token_hash


def add(session: Session, actor: Actor, login: str, typed: PersonTyped, now: datetime) -> tuple[int, str]:
    """Add somebody; answer their id and the token of a one-time link by which they choose their password.

    Raises Forbidden, InvalidInput, Conflict.
    """
    _may_manage(actor)
    role = _role(typed.role)
    if not login.strip():
        raise InvalidInput(_("Enter a login: the name they sign in with."), field="login")
    name = _name(typed.name or login, rules.NAME_MAXIMUM)
    user_id = service.create_user(session, login=login, role=role, password=None, now=now, name=name)
    user = session.get_one(User, user_id)
    user.language, user.time_zone = service.checked_language(typed.language), service.checked_zone(typed.time_zone)
    _set_teams(session, user, typed.team_ids)
    _log(session, Action.USER_ADDED, user, actor, now, {"role": role.value, "teams": _teams_text(typed.team_ids)})
    return user_id, new_link(session, actor, user_id, now)


def change(session: Session, actor: Actor, user_id: int, typed: PersonTyped, now: datetime) -> None:
    """Change somebody's name, role, teams, language and time zone.

    Raises Forbidden, NotFound, InvalidInput, and Conflict for one's own role and the last admin's.
    """
    _lock_admins(session)
    user = _user(session, actor, user_id)
    role = _role(typed.role)
    if user.role is not role and actor.id == user.id:
        raise Conflict(_("Nobody changes their own role. Ask another admin."), code="own_role")
    was_admin = user.role is Role.ADMIN
    user.name = _name(typed.name, rules.NAME_MAXIMUM)
    user.role = role
    user.language, user.time_zone = service.checked_language(typed.language), service.checked_zone(typed.time_zone)
    _set_teams(session, user, typed.team_ids)
    if was_admin and role is not Role.ADMIN:
        _keep_an_admin(session)
    _log(session, Action.USER_CHANGED, user, actor, now, {"role": role.value, "teams": _teams_text(typed.team_ids)})


def switch_off(session: Session, actor: Actor, user_id: int, now: datetime) -> None:
    """End somebody's account: they are signed out everywhere, at once, and can't sign in any more. All they did stays.

    What was assigned to them: ``app.inbox.leaving``. Raises Forbidden, NotFound, Conflict.
    """
    _lock_admins(session)
    user = _user(session, actor, user_id)
    if user.id == actor.id:
        raise Conflict(_("Nobody switches off their own account. Ask another admin."), code="own_account")
    user.active = False
    session.flush()
    _keep_an_admin(session)
    for table in (UserSession, PasswordLink):
        run_in_bulk(session, delete(table).where(table.user_id == user.id))
    _log(session, Action.USER_SWITCHED_OFF, user, actor, now, {})


def switch_on(session: Session, actor: Actor, user_id: int, now: datetime) -> None:
    """Let somebody sign in again, with the password they had. Raises Forbidden, NotFound."""
    user = _user(session, actor, user_id)
    user.active = True
    _log(session, Action.USER_SWITCHED_ON, user, actor, now, {})


def new_link(session: Session, actor: Actor, user_id: int, now: datetime) -> str:
    """A one-time link's token for a new password; the one made before is void. Their password holds until it is used.

    Raises Forbidden, NotFound, and Conflict for an account that is switched off.
    """
    user = _user(session, actor, user_id)
    if not user.active:
        raise Conflict(_("This account is switched off. Switch it on first."), code="switched_off")
    token = new_token()
    values = {"token_hash": token_hash(token), "expires_at": now + rules.PASSWORD_LINK_LIFE}
    statement = insert_or(session, table_of(PasswordLink)).values(user_id=user.id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))
    _log(session, Action.LINK_MADE, user, actor, now, {})
    return token


def link_is_for(session: Session, token: str, now: datetime) -> str | None:
    """The login of whom a link is for; None when it was used, is too old or never was one."""
    query = (
        select(User.login)
        .join(PasswordLink, PasswordLink.user_id == User.id)
        .where(PasswordLink.token_hash == token_hash(token), PasswordLink.expires_at > now, User.active)
    )
    return session.scalar(query) if token else None


def use_link(session: Session, token: str, password: str, *, now: datetime, days: int) -> SignedIn:
    """Use a one-time link: set the password, end all other sessions, and sign in.

    Raises Forbidden when it is no good any more, InvalidInput for the password.
    """
    login = link_is_for(session, token, now)
    service.checked_password(password)
    used = changed_rows(session, delete(PasswordLink).where(PasswordLink.token_hash == token_hash(token)))
    user = session.scalar(select(User).where(User.login == login)) if login else None
    if user is None or used != 1:  # opened twice at once: one wins
        raise Forbidden(_("This link was used or is too old. Ask an admin for another."), code="password_link")
    user.password_hash = hash_password(password)
    run_in_bulk(session, delete(UserSession).where(UserSession.user_id == user.id))
    audit.record(session, Entry(Action.LINK_USED, f"user/{user.id}", now, user.id))
    return service.open_session(session, user.id, now=now, days=days)


def add_team(session: Session, actor: Actor, name: str, now: datetime) -> int:
    """Add a team; answer its id. Its key, for rules and commands, is made from the name.

    Raises Forbidden, InvalidInput, Conflict.
    """
    _may_manage(actor)
    name = _free_team_name(session, name, None)
    stem = re.sub(r"[^a-z0-9]+", "_", texts_key(name)).strip("_")[:30] or "team"
    taken = {team.key for team in queries.teams(session)}
    key = next(one for one in (stem, *(f"{stem}_{number}" for number in range(2, 1_000))) if one not in taken)
    team_id = service.create_team(session, key=key, name=name)
    audit.record(session, Entry(Action.TEAM_ADDED, f"team/{team_id}", now, actor.id, facts={"key": key}))
    return team_id


def rename_team(session: Session, actor: Actor, team_id: int, name: str, now: datetime) -> None:
    """Give a team another name; its key stays. Raises NotFound, InvalidInput, Conflict."""
    _may_manage(actor)
    team = session.get(Team, team_id)
    if team is None or team.demo:
        raise NotFound(_("There is no such team."))
    team.name = _free_team_name(session, name, team_id)
    session.flush()
    audit.record(session, Entry(Action.TEAM_RENAMED, f"team/{team_id}", now, actor.id, facts={"key": team.key}))


def texts_key(name: str) -> str:
    """A name in small ASCII letters, as far as it can be written so."""
    spelled = name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return spelled.encode("ascii", "ignore").decode()


def _free_team_name(session: Session, name: str, own_id: int | None) -> str:
    name = _name(name, rules.TEAM_NAME_MAXIMUM)
    if any(team.name.casefold() == name.casefold() and team.id != own_id for team in queries.teams(session)):
        raise Conflict(_("There is already a team “%(key)s”.", key=name), code="taken")
    return name


def _may_manage(actor: Actor) -> None:
    service.require(actor, rules.may(actor.role, Permission.MANAGE_PEOPLE))


def _user(session: Session, actor: Actor, user_id: int) -> User:
    _may_manage(actor)
    user = session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None:
        raise NotFound(_("There is no such person."))
    if user.demo:
        raise Conflict(_("“%(login)s” belongs to the demonstration and goes with it.", login=user.login), code="demo")
    return user


def _role(text: str) -> Role:
    if text not in set(Role):
        raise InvalidInput(_("Choose a role."), field="role")
    return Role(text)


def _name(text: str, most: int) -> str:
    name = texts.one_line(text, limit=1_000).strip()
    if not name:
        raise InvalidInput(_("Enter a name."), field="name")
    if len(name) > most:
        raise InvalidInput(_("A name has at most %(n)s characters.", n=most), field="name")
    return name


def _set_teams(session: Session, user: User, team_ids: frozenset[int]) -> None:
    known = {team.id for team in queries.teams(session) if not team.demo}
    if not team_ids <= known:
        raise InvalidInput(_("Choose teams from the list."), field="teams")
    run_in_bulk(session, delete(TeamMember).where(TeamMember.user_id == user.id))
    session.flush()
    for team_id in sorted(team_ids):
        session.execute(insert_or(session, table_of(TeamMember)).values(team_id=team_id, user_id=user.id))


def _lock_admins(session: Session) -> None:
    """Two admins who end each other at once: the second waits here for the first, and is refused at the end."""
    admins = select(User.id).where(User.role == Role.ADMIN, User.demo.is_(False)).order_by(User.id)
    session.scalars(admins.with_for_update(key_share=True)).all()


def _keep_an_admin(session: Session) -> None:
    session.flush()
    if not queries.admin_exists(session):
        raise Conflict(_("Somebody has to stay an admin who can sign in."), code="last_admin")


def _teams_text(team_ids: frozenset[int]) -> str:
    return ",".join(str(one) for one in sorted(team_ids))


def _log(
    session: Session, action: Action, user: User, actor: Actor, now: datetime, facts: dict[str, str | int | bool | None]
) -> None:
    session.flush()
    audit.record(session, Entry(action, f"user/{user.id}", now, actor.id, facts=facts))
