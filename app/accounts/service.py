"""Changing people, teams and sessions. Services flush; the edge commits."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import queries, rules
from app.accounts.models import PasswordLink, SetupLink, Team, TeamMember, Throttle, User, UserSession
from app.accounts.types import Actor, Role, SignedIn
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.db import changed_rows, insert_or, run_in_bulk, table_of
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import LANGUAGES
from app.core.i18n import gettext as _
from app.core.security import hash_password, new_token, password_matches, token_hash

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")


def create_user(
    session: Session,
    *,
    login: str,
    role: Role,
    password: str | None,
    now: datetime,
    name: str = "",
    teams: Sequence[str] = (),
    demo: bool = False,
) -> int:
    """Add a person; answer the new id. Without a password nobody can sign in as them.

    Raises InvalidInput or Conflict with what to do.
    """
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidInput(
            _("A login has 2 to 80 letters, digits or . _ @ + - and begins with a letter or digit."), field="login"
        )
    if session.scalar(select(User.id).where(User.login == login)):
        raise _taken(login)
    user = User(
        login=login,
        name=(name.strip() or login)[:120],
        role=role,
        password_hash=hash_password(checked_password(password)) if password is not None else None,
        demo=demo,
        created_at=now,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError:  # somebody else was quicker by a moment
        raise _taken(login) from None
    for key in teams:
        join_team(session, user.id, key)
    return user.id


def enrol(
    session: Session, *, login: str, role: Role, password: str, now: datetime, name: str = "", teams: Sequence[str] = ()
) -> int:
    """Add somebody from the command line, or the first admin; answer the new id. Raises as ``create_user`` does."""
    user_id = create_user(session, login=login, role=role, password=password, now=now, name=name, teams=teams)
    audit.note(session, Action.USER_ADDED, f"user/{user_id}", now, by=None, role=role.value)
    return user_id


def _taken(login: str) -> Conflict:
    return Conflict(_("Somebody already has the login “%(login)s”. Choose another.", login=login))


def join_team(session: Session, user_id: int, team_key: str) -> None:
    """Put a person into a team. Raises NotFound for a team that does not exist."""
    team = queries.team_by_key(session, team_key)
    if team is None:
        raise NotFound(_("There is no team “%(key)s”.", key=team_key))
    session.merge(TeamMember(team_id=team.id, user_id=user_id))
    session.flush()


def create_team(session: Session, *, key: str, name: str, demo: bool = False) -> int:
    """Add a team; answer its id. Raises Conflict when the key is taken."""
    if queries.team_by_key(session, key):
        raise Conflict(_("There is already a team “%(key)s”.", key=key))
    team = Team(key=key, name=name, demo=demo)
    session.add(team)
    session.flush()
    return team.id


def checked_password(password: str) -> str:
    """The password, when it will do. Raises InvalidInput."""
    if len(password) < rules.MINIMUM_PASSWORD:
        raise InvalidInput(_("A password has at least %(n)s characters.", n=rules.MINIMUM_PASSWORD), field="password")
    if len(password) > rules.MAXIMUM_PASSWORD:
        raise InvalidInput(_("A password has at most %(n)s characters.", n=rules.MAXIMUM_PASSWORD), field="password")
    return password


def set_password(session: Session, login: str, password: str, now: datetime, *, by: int | None) -> None:
    """Give a person a new password and end all their sessions. ``by`` None: the command line.

    Raises NotFound, InvalidInput, Conflict.
    """
    user = _by_login(session, login)
    if user.demo:
        raise Conflict(_("“%(login)s” belongs to the demonstration; nobody can sign in as them.", login=login))
    user.password_hash = hash_password(checked_password(password))
    session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))
    session.flush()
    audit.note(session, Action.SIGN_IN_CHANGED, f"user/{user.id}", now, by=by)


def set_language(session: Session, user_id: int, language: str | None) -> None:
    """The language a person wants; None follows the browser. Raises InvalidInput."""
    session.get_one(User, user_id).language = checked_language(language)
    session.flush()


def set_time_zone(session: Session, user_id: int, name: str | None) -> None:
    """The time zone a person wants; None follows the browser. Raises InvalidInput."""
    session.get_one(User, user_id).time_zone = checked_zone(name)
    session.flush()


def checked_language(language: str | None) -> str | None:
    """One of the languages we have, or None. Raises InvalidInput."""
    if language and language not in LANGUAGES:
        raise InvalidInput(_("Choose one of the languages."), field="language")
    return language or None


def checked_zone(name: str | None) -> str | None:
    """The IANA name of a time zone, or None. Raises InvalidInput."""
    name = (name or "").strip()
    if name and name not in available_timezones():
        raise InvalidInput(_("There is no such time zone. Choose one such as Europe/Berlin."), field="time_zone")
    return name or None


def identify(session: Session, login: str, password: str) -> int | None:
    """The id of the person with this login and password, or None when they do not fit together.

    Takes as long for a login nobody has. Writes nothing: call it where no write lock is held, it is slow on purpose.
    """
    user = session.scalar(select(User).where(User.login == login.strip().lower()))
    fits = password_matches(user.password_hash if user and user.active else None, password)
    return user.id if user and fits else None


def sign_in(session: Session, login: str, password: str, *, now: datetime, days: int) -> SignedIn | None:
    """A new session, or None when login and password do not fit together (which of them is never said)."""
    user_id = identify(session, login, password)
    return None if user_id is None else open_session(session, user_id, now=now, days=days)


def open_session(session: Session, user_id: int, *, now: datetime, days: int) -> SignedIn:
    """A session for a person who has been identified."""
    token = new_token()
    session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            expires_at=now + timedelta(days=days),
            proved_at=now,
        )
    )
    session.flush()
    return SignedIn(token, replace(queries.actor(session, session.get_one(User, user_id)), proved_at=now))


def prove(session: Session, token: str, now: datetime) -> None:
    """Remember that the person of this session has just given their password."""
    session.execute(update(UserSession).where(UserSession.token_hash == token_hash(token)).values(proved_at=now))


def same_person(session: Session, login: str, other: str | None, now: datetime) -> None:
    """Say that two accounts are one human being's, who then never signs for themselves; without ``other``: no more.

    Raises NotFound for a login nobody has.
    """
    user = _by_login(session, login)
    if other is None:
        user.same_as_id = None
    else:
        first = _by_login(session, other)
        main = first.same_as_id or first.id
        apart = User.id == user.id, User.same_as_id == user.id
        run_in_bulk(session, update(User).where(or_(*apart), User.id != main).values(same_as_id=main))
        session.expire_all()
    session.flush()
    facts = {"user": user.id, "same_as": session.get_one(User, user.id).same_as_id}
    audit.record(session, Entry(Action.SAME_PERSON, f"user/{user.id}", now, None, facts=facts))


def _by_login(session: Session, login: str) -> User:
    user = session.scalar(select(User).where(User.login == login.strip().lower()))
    if user is None:
        raise NotFound(_("Nobody has the login “%(login)s”.", login=login))
    return user


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def count_attempt(session: Session, key: str, now: datetime, allowed: int = rules.FAILURES_ALLOWED) -> None:
    """Count a try at ``key`` (an account or an address) in one statement.

    Raises Forbidden from the one after ``allowed`` in ten minutes on, before any password is judged.
    """
    ends = now + rules.FAILURE_WINDOW
    statement = insert_or(session, table_of(Throttle)).values(key=key[:160], window_ends_at=ends, count=1)
    over = Throttle.window_ends_at <= now
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((over, 1), else_=Throttle.count + 1),
            "window_ends_at": case((over, ends), else_=Throttle.window_ends_at),
        },
    )
    count = session.execute(statement.returning(Throttle.count)).scalar_one()
    if count > allowed:
        raise Forbidden(_("Too many tries. Wait ten minutes, then try again."), code="too_many_tries")


def clear_attempts(session: Session, key: str) -> None:
    """Forget the tries after a success."""
    session.execute(delete(Throttle).where(Throttle.key == key[:160]))


def uncount_attempt(session: Session, key: str) -> None:
    """Take one try back: it was none. What others tried from the same address still counts."""
    session.execute(
        update(Throttle).where(Throttle.key == key[:160], Throttle.count > 0).values(count=Throttle.count - 1)
    )


def new_setup_link(session: Session, now: datetime) -> str | None:
    """A fresh token for the first admin's set-up, good once and for a day; None when there is an admin already.

    Making one voids those made before.
    """
    if queries.admin_exists(session):
        return None
    session.execute(delete(SetupLink))
    token = new_token()
    session.add(SetupLink(token_hash=token_hash(token), expires_at=now + rules.SETUP_LINK_LIFE))
    session.flush()
    return token


def setup_link_is_good(session: Session, token: str, now: datetime) -> bool:
    """Whether the set-up page may be shown for this token."""
    found = session.get(SetupLink, token_hash(token)) if token else None
    return found is not None and now < found.expires_at and not queries.admin_exists(session)


def set_up(session: Session, token: str, *, login: str, name: str, password: str, now: datetime, days: int) -> SignedIn:
    """Use the set-up link: make the first admin and sign them in.

    Raises Forbidden when the link was used, is too old or never was one; InvalidInput for the form's mistakes.
    """
    if not setup_link_is_good(session, token, now):
        raise Forbidden(
            _("This set-up link was used or is too old. Start Porchlight again to get a new one."), code="setup_link"
        )
    used = changed_rows(session, delete(SetupLink).where(SetupLink.token_hash == token_hash(token)))
    if used != 1:  # two people opened it at once: one wins
        raise Forbidden(
            _("This set-up link was used or is too old. Start Porchlight again to get a new one."), code="setup_link"
        )
    teams = [team.key for team in queries.teams(session)]
    user_id = enrol(session, login=login, name=name, role=Role.ADMIN, password=password, now=now, teams=teams)
    return open_session(session, user_id, now=now, days=days)


def require(actor: Actor, allowed: bool) -> None:
    """Raises Forbidden unless ``allowed``."""
    if not allowed:
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."), code="forbidden")


def remove_demo(session: Session) -> None:
    """Remove the demonstration's people and teams, once nothing of theirs is left."""
    run_in_bulk(session, delete(User).where(User.demo), delete(Team).where(Team.demo))


def tidy(session: Session, now: datetime) -> int:
    """Remove what has run out: sessions, throttles, set-up links. Answers how many sessions went."""
    gone = changed_rows(session, delete(UserSession).where(UserSession.expires_at < now))
    session.execute(delete(Throttle).where(Throttle.window_ends_at < now))
    session.execute(delete(SetupLink).where(SetupLink.expires_at < now))
    session.execute(delete(PasswordLink).where(PasswordLink.expires_at < now))
    return gone
