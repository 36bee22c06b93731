"""Holding an act that another department would contradict: outreach, a reply, a post. What becomes of it then is in
``app.outreach.holding``. Services flush; the edge commits."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.ids import new_id
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import Mark
from app.outreach import holding, phrases, rules, standings
from app.outreach.models import HeldAct, HeldSide, Outreach
from app.outreach.types import (
    HeldKind,
    HeldState,
    Key,
    Span,
    Stance,
    Standing,
)
from app.signals.types import SignalKind


def hold_outreach(
    session: Session, one: Outreach, keys: Collection[Key], found: list[Standing], now: datetime, actor: Actor | None
) -> int:
    """Keep an outreach from counting until somebody settled it; answer the held act's id."""
    act = HeldAct(
        id=new_id(),
        kind=HeldKind.OUTREACH,
        state=HeldState.HELD,
        name=one.name,
        stance=one.stance,
        message=one.message,
        team_id=one.team_id,
        owner_id=one.owner_id,
        outreach_id=one.id,
        details={},
        keys=standings.spelled(keys),
        created_at=now,
    )
    return _hold(session, act, found, now, actor)


def hold_reply(
    session: Session,
    actor: Actor,
    talk: Conversation,
    person: str,
    text: str,
    found: tuple[Stance, list[Standing], Collection[Key]],
    *,
    key: str,
    details: Mapping[str, Any],
    now: datetime,
) -> int:
    """Keep a reply until somebody settled it; answer the held act's id. ``key`` is that of its form."""
    stance, sides, keys = found
    act = HeldAct(
        id=new_id(),
        kind=HeldKind.REPLY,
        key=_form_key(actor, key),
        state=HeldState.HELD,
        name=person[: rules.NAME_MAXIMUM],
        stance=stance,
        message=text,
        team_id=department(actor, talk.team_id),
        owner_id=actor.id,
        conversation_id=talk.id,
        details=dict(details),
        keys=standings.spelled(keys),
        created_at=now,
    )
    inbox.mark(session, talk.id, Mark.HELD, now)
    return _hold(session, act, sides, now, actor)


def hold_post(
    session: Session,
    author: Actor,
    said: tuple[str, str],
    team_id: int,
    found: list[Standing],
    keys: Collection[Key],
    *,
    now: datetime,
) -> int:
    """Keep a post of ours until somebody settled it; answer the held act's id. ``said``: what it is called, and its
    text. Who wrote it is told too: they may have planned it long ago."""
    name, text = said
    act = HeldAct(
        id=new_id(),
        kind=HeldKind.POST,
        state=HeldState.HELD,
        name=name[: rules.NAME_MAXIMUM],
        stance=Stance.COURTING,
        message=text,
        team_id=team_id,
        owner_id=author.id,
        details={},
        keys=standings.spelled(keys),
        created_at=now,
    )
    return _hold(session, act, found, now, None)


def held_before(session: Session, actor: Actor, key: str) -> int | None:
    """The held act that a form became that is sent once more."""
    return session.scalar(select(HeldAct.id).where(HeldAct.key == _form_key(actor, key)))


def department(actor: Actor, team_id: int) -> int:
    """For which team somebody acts in a conversation: its own, unless they are not in it."""
    return team_id if team_id in actor.team_ids or not actor.team_ids else min(actor.team_ids)


def against_reply(
    session: Session, actor: Actor, talk: Conversation, text: str, now: datetime
) -> tuple[Stance, list[Standing], Collection[Key]] | None:
    """What stands against a reply of that person; None when nothing does, or it was settled. No statement for a text
    that neither courts nor turns down."""
    stance = phrases.stance_of(text)
    if stance is Stance.NEUTRAL:
        return None
    keys, heads = standings.meant(session, (), talk.contact_id)
    act = Span(department(actor, talk.team_id), stance, now, None)
    found = standings.against(session, act, keys, heads)
    if not found or _settled(session, talk.id, text):
        return None
    return stance, found, keys


def _form_key(actor: Actor, key: str) -> str:
    return f"{actor.id}:{key}"[:80]


def _hold(session: Session, act: HeldAct, found: list[Standing], now: datetime, actor: Actor | None) -> int:
    session.add(act)
    session.flush()
    session.add_all(
        HeldSide(
            id=new_id(),
            held_id=act.id,
            stance=one.stance,
            what=one.what,
            team_id=one.team_id,
            owner_id=one.owner_id,
            since=one.since,
            outreach_id=one.outreach_id,
            conversation_id=one.conversation_id,
        )
        for one in found
    )
    session.flush()
    holding.tell_both(session, act, SignalKind.ACT_HELD, holding.people_of(session, act), actor, now)
    return act.id


def _settled(session: Session, conversation_id: int, text: str) -> bool:
    """Whether exactly these words were let go in this conversation."""
    done = (HeldState.ALIGNED, HeldState.GONE_ON)
    query = select(HeldAct.id).where(
        HeldAct.conversation_id == conversation_id, HeldAct.state.in_(done), HeldAct.message == text
    )
    return session.scalar(query.limit(1)) is not None
