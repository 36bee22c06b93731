"""Who is meant, and what other departments do towards them. Contacts are followed as people joined and separated them,
so that what is known of one spelling is known of all; a name alone leads nowhere."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Team, User
from app.contacts.models import Contact, Identity
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.outreach import rules
from app.outreach.models import Outreach, OutreachKey
from app.outreach.types import IdKind, Key, OutreachState, Span, Stance, Standing

GROUP = 200
"""So many contacts at most are looked at for one person or site."""
SHOWN = 20
_COLUMNS = {
    IdKind.SITE: Identity.site_key,
    IdKind.ACCOUNT: Identity.account_key,
    IdKind.EMAIL: Identity.email_key,
}


def meant(session: Session, keys: Iterable[Key], contact_id: int | None = None) -> tuple[set[Key], set[int]]:
    """All keys of the person or site, and the contacts (heads) they are known as. At most three statements."""
    known = set(keys)
    heads: set[int] = set()
    if contact_id is not None:
        heads |= set(session.scalars(select(Contact.head_id).where(Contact.id == contact_id)))
        known |= _keys_of(session, heads)
    if known:
        query = (
            select(Contact.head_id).join(Identity, Identity.contact_id == Contact.id).where(_any_of(known)).distinct()
        )
        more = set(session.scalars(query.limit(GROUP))) - heads
        known |= _keys_of(session, more)
        heads |= more
    return known, heads


def against(
    session: Session, act: Span, keys: Collection[Key], heads: Collection[int], *, besides: int | None = None
) -> list[Standing]:
    """What stands against an act, of other departments; ``besides`` is the outreach that it is itself. At most
    two statements."""
    found = _said(session, act, keys, besides)
    if rules.contradicts(act.stance, Stance.OWING):
        found += _owed(session, act, heads)
    return [
        standing
        for standing, until in found
        if rules.conflict(act, Span(standing.team_id, standing.stance, standing.since, until))
    ]


def stances(
    session: Session, contact_ids: Collection[int]
) -> dict[int, list[tuple[Stance, datetime, datetime | None]]]:
    """What departments said how they stand towards these contacts, with its time. One statement."""
    asked, kin = aliased(Contact), aliased(Contact)
    same = or_(*(and_(OutreachKey.kind == kind, OutreachKey.value == column) for kind, column in _COLUMNS.items()))
    query = (
        select(asked.id, Outreach.stance, Outreach.since, Outreach.until)
        .join(kin, kin.head_id == asked.head_id)
        .join(Identity, Identity.contact_id == kin.id)
        .join(OutreachKey, same)
        .join(Outreach, Outreach.id == OutreachKey.outreach_id)
        .where(asked.id.in_(list(contact_ids)), Outreach.state == OutreachState.LIVE)
    )
    found: dict[int, list[tuple[Stance, datetime, datetime | None]]] = {}
    for contact_id, stance, since, until in session.execute(query):
        found.setdefault(contact_id, []).append((stance, since, until))
    return found


def about(since: int) -> "Select[int, int]":
    """Conversations that wait and that nobody has, of people towards whom a department said after the id ``since`` how
    it stands; with the number of the outreach."""
    met, kin = aliased(Contact), aliased(Contact)
    same = or_(*(and_(OutreachKey.kind == kind, OutreachKey.value == column) for kind, column in _COLUMNS.items()))
    return (
        select(Conversation.id, Outreach.id)
        .join(met, met.id == Conversation.contact_id)
        .join(kin, kin.head_id == met.head_id)
        .join(Identity, Identity.contact_id == kin.id)
        .join(OutreachKey, same)
        .join(Outreach, Outreach.id == OutreachKey.outreach_id)
        .where(
            Outreach.id > since,
            Outreach.state == OutreachState.LIVE,
            Conversation.state == ConversationState.NEW,
            Conversation.assignee_id.is_(None),
        )
    )


def spelled(keys: Iterable[Key]) -> list[str]:
    """Keys as they are stored with a held act."""
    return [f"{one.kind.value}:{one.value}" for one in sorted(keys)]


def read(spelled_keys: Iterable[str]) -> list[Key]:
    """What ``spelled`` wrote."""
    pairs = (one.partition(":") for one in spelled_keys)
    return [Key(IdKind(kind), value) for kind, _colon, value in pairs]


def key_is_one_of(keys: Iterable[Key]) -> Any:
    """The condition that an outreach is about one of these."""
    by_kind: dict[IdKind, list[str]] = {}
    for one in keys:
        by_kind.setdefault(one.kind, []).append(one.value)
    return or_(*(and_(OutreachKey.kind == kind, OutreachKey.value.in_(values)) for kind, values in by_kind.items()))


def _any_of(keys: Iterable[Key]) -> Any:
    by_kind: dict[IdKind, list[str]] = {}
    for one in keys:
        by_kind.setdefault(one.kind, []).append(one.value)
    return or_(*(_COLUMNS[kind].in_(values) for kind, values in by_kind.items()))


def _keys_of(session: Session, heads: Collection[int]) -> set[Key]:
    if not heads:
        return set()
    query = (
        select(Identity.site_key, Identity.account_key, Identity.email_key)
        .join(Contact, Contact.id == Identity.contact_id)
        .where(Contact.head_id.in_(list(heads)))
        .limit(5 * GROUP)
    )
    return {
        Key(kind, value)
        for row in session.execute(query)
        for kind, value in zip((IdKind.SITE, IdKind.ACCOUNT, IdKind.EMAIL), row, strict=True)
        if value
    }


def _said(
    session: Session, act: Span, keys: Collection[Key], besides: int | None
) -> list[tuple[Standing, datetime | None]]:
    """What may stand against it; the rest is left in the database, where a program may have entered hundreds."""
    if not keys or not rules.opposed(act.stance):
        return []
    query = (
        select(Outreach, Team.name, User.name)
        .join(Team, Team.id == Outreach.team_id)
        .outerjoin(User, User.id == Outreach.owner_id)
        .where(
            Outreach.state == OutreachState.LIVE,
            Outreach.stance.in_(rules.opposed(act.stance)),
            Outreach.team_id != act.team_id,
            or_(Outreach.until.is_(None), Outreach.until > act.since),
            Outreach.id.in_(select(OutreachKey.outreach_id).where(key_is_one_of(keys))),
        )
        .order_by(Outreach.id.desc())
        .limit(GROUP)
    )
    return [
        (
            Standing(one.stance, one.team_id, team, one.owner_id, owner, one.message, one.since, outreach_id=one.id),
            one.until,
        )
        for one, team, owner in session.execute(query)
        if one.id != besides
    ]


def _owed(session: Session, act: Span, heads: Collection[int]) -> list[tuple[Standing, datetime | None]]:
    if not heads:
        return []
    query = (
        select(Conversation.id, Conversation.team_id, Team.name, User.id, User.name, Contact.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Team, Team.id == Conversation.team_id)
        .outerjoin(User, User.id == Conversation.assignee_id)
        .where(Contact.head_id.in_(list(heads)), Conversation.remedies_open > 0, Conversation.team_id != act.team_id)
        .order_by(Conversation.id.desc())
        .limit(SHOWN)
    )
    return [
        (Standing(Stance.OWING, team_id, team, owner_id, owner, name, act.since, conversation_id=talk_id), None)
        for talk_id, team_id, team, owner_id, owner, name in session.execute(query)
    ]
