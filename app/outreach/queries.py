"""Reading outreach and held acts."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.outreach import holding, rules, standings
from app.outreach.models import HeldAct, HeldMessage, HeldSide, Outreach, OutreachKey, OutreachSource
from app.outreach.types import (
    WAITING,
    HeldRow,
    HeldView,
    Key,
    MessageView,
    OutreachView,
    SourceView,
    Standing,
)

PAGE_LENGTH = 50
HISTORY = 20


def outreaches(session: Session, text: str = "", after: int | None = None) -> tuple[list[OutreachView], int | None]:
    """One screenful, the newest first, and where to go on. ``text`` is a site, account, e-mail address or the beginning
    of a name. At most three statements."""
    query = _outreaches().order_by(Outreach.id.desc()).limit(PAGE_LENGTH + 1)
    if after is not None:
        query = query.where(Outreach.id < after)
    text = text.strip()
    if text:
        keys = rules.keys(site=text, account=text, email=text)
        named = func.lower(Outreach.name).startswith(text.lower(), autoescape=True)
        about = standings.key_is_one_of(keys) if keys else None
        ids = select(OutreachKey.outreach_id).where(about) if about is not None else None
        query = query.where(named if ids is None else Outreach.id.in_(ids) | named)
    rows = session.execute(query).all()
    return _views(session, rows[:PAGE_LENGTH]), rows[PAGE_LENGTH - 1][0].id if len(rows) > PAGE_LENGTH else None


def of_keys(session: Session, keys: Collection[Key], limit: int = HISTORY) -> list[OutreachView]:
    """What was done towards one person or site, newest first. Two statements."""
    if not keys:
        return []
    about = select(OutreachKey.outreach_id).where(standings.key_is_one_of(keys))
    query = _outreaches().where(Outreach.id.in_(about)).order_by(Outreach.id.desc()).limit(limit)
    return _views(session, session.execute(query).all())


def of_contact(session: Session, contact_id: int) -> list[OutreachView]:
    """What was done towards a contact, newest first. At most six statements."""
    keys, _heads = standings.meant(session, (), contact_id)
    return of_keys(session, keys)


def held(session: Session, *, waiting: bool, after: int | None = None) -> tuple[list[HeldRow], int | None]:
    """Held acts: those that wait, the oldest first, or the others, the newest first; and where to go on. Two
    statements."""
    query = _held().limit(PAGE_LENGTH + 1)
    if waiting:
        query = query.where(HeldAct.state.in_(WAITING)).order_by(HeldAct.id)
        query = query.where(HeldAct.id > after) if after is not None else query
    else:
        query = query.where(HeldAct.state.not_in(WAITING)).order_by(HeldAct.id.desc())
        query = query.where(HeldAct.id < after) if after is not None else query
    rows = session.execute(query).all()
    return _held_rows(session, rows[:PAGE_LENGTH]), rows[PAGE_LENGTH - 1][0].id if len(rows) > PAGE_LENGTH else None


def held_act(session: Session, actor: Actor, held_id: int, now: datetime) -> HeldView:
    """One held act with both sides, what was done before, and what was said about it. Raises NotFound."""
    found = session.execute(_held().where(HeldAct.id == held_id)).one_or_none()
    if found is None:
        raise NotFound(_("There is no such held act."))
    act: HeldAct = found[0]
    settled_by = session.get(User, act.settled_by_id) if act.settled_by_id else None
    said = (
        select(User.name, HeldMessage.text, HeldMessage.at)
        .join(User, User.id == HeldMessage.author_id)
        .where(HeldMessage.held_id == held_id)
        .order_by(HeldMessage.id)
    )
    return HeldView(
        row=_held_rows(session, [found])[0],
        version=act.version,
        message=act.message,
        private=bool(act.details.get("private")),
        conversation_id=act.conversation_id,
        outreach_id=act.outreach_id,
        reason=act.reason,
        settled_by=settled_by.name if settled_by else None,
        settled_at=act.settled_at,
        sides=_sides(session, held_id),
        history=tuple(one for one in of_keys(session, standings.read(act.keys)) if one.id != act.outreach_id),
        messages=tuple(MessageView(*one) for one in session.execute(said)),
        may_settle=holding.may_settle(actor, act),
        may_lift=holding.may_lift(session, actor, act),
        may_agree=holding.may_agree(session, actor, act),
    )


def sources(session: Session) -> list[SourceView]:
    """Programs that may enter outreach. One statement."""
    query = (
        select(OutreachSource, Team.name, User.name)
        .join(Team, Team.id == OutreachSource.team_id)
        .join(User, User.id == OutreachSource.owner_id)
        .order_by(OutreachSource.id)
    )
    return [
        SourceView(one.id, one.name, team, owner, one.place, one.active, one.used_at)
        for one, team, owner in session.execute(query)
    ]


def _outreaches() -> Any:
    return (
        select(Outreach, Team.name, User.name, HeldAct.id)
        .join(Team, Team.id == Outreach.team_id)
        .outerjoin(User, User.id == Outreach.owner_id)
        .outerjoin(HeldAct, HeldAct.outreach_id == Outreach.id)
    )


def _views(session: Session, rows: Sequence[Any]) -> list[OutreachView]:
    keys: dict[int, list[Key]] = defaultdict(list)
    query = select(OutreachKey).where(OutreachKey.outreach_id.in_([row[0].id for row in rows]))
    for one in session.scalars(query):
        keys[one.outreach_id].append(Key(one.kind, one.value))
    return [
        OutreachView(
            id=one.id,
            kind=one.kind,
            stance=one.stance,
            state=one.state,
            name=one.name,
            keys=tuple(sorted(keys[one.id])),
            message=one.message,
            team_id=one.team_id,
            team=team,
            owner=owner,
            source=one.source,
            since=one.since,
            until=one.until,
            held_id=held_id,
        )
        for one, team, owner, held_id in rows
    ]


def _held() -> Any:
    return (
        select(HeldAct, Team.name, User.name)
        .join(Team, Team.id == HeldAct.team_id)
        .outerjoin(User, User.id == HeldAct.owner_id)
    )


def _held_rows(session: Session, rows: Sequence[Any]) -> list[HeldRow]:
    others: dict[int, list[str]] = defaultdict(list)
    query = (
        select(HeldSide.held_id, Team.name)
        .join(Team, Team.id == HeldSide.team_id)
        .where(HeldSide.held_id.in_([row[0].id for row in rows]))
        .order_by(HeldSide.id)
    )
    for held_id, team in session.execute(query):
        others[held_id].append(team)
    return [
        HeldRow(
            id=one.id,
            kind=one.kind,
            state=one.state,
            name=one.name,
            stance=one.stance,
            team=team,
            owner=owner,
            against=tuple(dict.fromkeys(others[one.id])),
            at=one.created_at,
        )
        for one, team, owner in rows
    ]


def _sides(session: Session, held_id: int) -> tuple[Standing, ...]:
    owner = aliased(User)
    query = (
        select(HeldSide, Team.name, owner.name)
        .join(Team, Team.id == HeldSide.team_id)
        .outerjoin(owner, owner.id == HeldSide.owner_id)
        .where(HeldSide.held_id == held_id)
        .order_by(HeldSide.id)
    )
    return tuple(
        Standing(
            one.stance,
            one.team_id,
            team,
            one.owner_id,
            name,
            one.what,
            one.since,
            outreach_id=one.outreach_id,
            conversation_id=one.conversation_id,
        )
        for one, team, name in session.execute(query)
    )
