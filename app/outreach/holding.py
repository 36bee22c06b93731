"""Acts that another department would contradict, once ``app.outreach.raising`` holds them: talked about, settled in one
of three ways. Services flush; the edge commits. A held reply is sent by ``app.replies.holding`` once it was settled
here, a held post by ``app.library.holding``."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core import text as texts
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import Mark
from app.outreach import phrases, rules, standings
from app.outreach.models import HeldAct, HeldMessage, HeldSide, Outreach
from app.outreach.types import (
    ENTERED,
    WAITING,
    HeldKind,
    HeldState,
    Key,
    OutreachState,
    Settled,
    Span,
    Stance,
    Standing,
)
from app.signals.service import tell
from app.signals.types import SignalKind


def change_post(
    session: Session, actor: Actor, held_id: int, text: str, keys: Collection[Key], version: int, now: datetime
) -> Settled:
    """Publish other words, which contradict nobody: the caller has looked. Raises NotFound, Forbidden, Conflict."""
    act = _for_its_side(session, actor, held_id, version)
    act.message, act.keys = text, standings.spelled(keys)
    return _settle(session, act, HeldState.ALIGNED, actor, now)


def over(session: Session, held_id: int, now: datetime) -> None:
    """Nothing stands against it any more. Nothing happens when it was settled meanwhile."""
    act = session.get(HeldAct, held_id, with_for_update=True, populate_existing=True)
    if act is not None and act.state in WAITING:
        _settle(session, act, HeldState.OVER, None, now)


def say(session: Session, actor: Actor, held_id: int, text: str, now: datetime) -> None:
    """Talk about it with the other side; the act waits meanwhile.

    Raises NotFound, Forbidden, InvalidInput, Conflict.
    """
    act = _waiting(session, held_id)
    people = people_of(session, act)
    if not _concerned(session, actor, act):
        raise Forbidden(_("Only the teams it is about, supervisors and admins can take part."))
    text = texts.plain(text).strip()
    if not text or len(text) > rules.MESSAGE_MAXIMUM:
        raise InvalidInput(_("Write something, in at most %(n)s characters.", n=rules.MESSAGE_MAXIMUM), field="text")
    act.state = HeldState.ALIGNING
    act.version += 1
    session.add(HeldMessage(id=new_id(), held_id=act.id, author_id=actor.id, text=text, at=now))
    wrote = select(HeldMessage.author_id).where(HeldMessage.held_id == act.id)
    people |= set(session.scalars(wrote))
    session.flush()
    tell_both(session, act, SignalKind.HELD_SAID, people, actor, now)


def change(
    session: Session, actor: Actor, held_id: int, stance: str, text: str, version: int, now: datetime
) -> Settled:
    """Do an outreach or a reply otherwise, as both sides agreed; it is done with what is said now.

    Answers what is to be sent now. Raises NotFound, Forbidden, InvalidInput while it would still contradict somebody,
    and Conflict.
    """
    act = _for_its_side(session, actor, held_id, version)
    if act.kind is HeldKind.POST:  # only ``app.library.holding`` knows what stands against one
        raise NotFound(_("There is no such held act."))
    text = texts.plain(text).strip()
    if act.kind is HeldKind.REPLY:
        act.stance = phrases.stance_of(text)
    elif stance not in {one.value for one in ENTERED}:
        raise InvalidInput(_("Choose how you stand towards them."), field="stance")
    else:
        act.stance = Stance(stance)
    if len(text) > rules.MESSAGE_MAXIMUM or (not text and act.kind is HeldKind.REPLY):
        raise InvalidInput(_("Write something, in at most %(n)s characters.", n=rules.MESSAGE_MAXIMUM), field="text")
    act.message = text
    if still_against(session, act, now):
        raise InvalidInput(
            _("This still contradicts what the other side does. Write it otherwise, or go on with a reason."),
            field="text",
        )
    return _settle(session, act, HeldState.ALIGNED, actor, now)


def agree(session: Session, actor: Actor, held_id: int, version: int, now: datetime) -> Settled:
    """Somebody of the other side lets it go as it is. Raises NotFound, Forbidden, Conflict."""
    act = _seen_at(_waiting(session, held_id), version)
    if not may_agree(session, actor, act):
        raise Forbidden(_("Somebody of the other side has to agree."))
    _check_may_lift(session, actor, act)
    return _settle(session, act, HeldState.ALIGNED, actor, now)


def go_on(session: Session, actor: Actor, held_id: int, reason: str, version: int, now: datetime) -> Settled:
    """Do it all the same, with a reason that the other side is told. Raises as ``change`` does."""
    act = _for_its_side(session, actor, held_id, version)
    _check_may_lift(session, actor, act)
    reason = texts.plain(reason).strip()
    if not reason or len(reason) > rules.REASON_MAXIMUM:
        message = _("Say why, in at most %(n)s characters; the other side reads it.", n=rules.REASON_MAXIMUM)
        raise InvalidInput(message, field="reason")
    act.reason = reason
    return _settle(session, act, HeldState.GONE_ON, actor, now)


def drop(session: Session, actor: Actor, held_id: int, version: int, now: datetime) -> Settled:
    """Don't do it. Raises NotFound, Forbidden, Conflict."""
    return _settle(session, _for_its_side(session, actor, held_id, version), HeldState.DROPPED, actor, now)


def may_settle(actor: Actor, act: HeldAct) -> bool:
    """Whether somebody is of the side whose act is held, or looks after all."""
    ours = act.owner_id == actor.id or act.team_id in actor.team_ids
    return ours or account_rules.may(actor.role, Permission.CURATE)


def may_lift(session: Session, actor: Actor, act: HeldAct) -> bool:
    """Whether somebody may let it go as it is: what a crisis holds only those who may call one."""
    crisis = select(HeldSide.id).where(HeldSide.held_id == act.id, HeldSide.stance == Stance.CRISIS)
    return account_rules.may(actor.role, Permission.CURATE) or session.scalar(crisis.limit(1)) is None


def may_agree(session: Session, actor: Actor, act: HeldAct) -> bool:
    """Whether somebody is of the other side; nobody agrees with themselves."""
    theirs = set(session.scalars(select(HeldSide.team_id).where(HeldSide.held_id == act.id)))
    return bool(theirs & actor.team_ids) and act.owner_id != actor.id


def still_against(session: Session, act: HeldAct, now: datetime) -> list[Standing]:
    """What stands against it now; contacts may have been joined or separated since, and others changed their minds."""
    one = session.get(Outreach, act.outreach_id) if act.outreach_id else None
    span = Span(act.team_id, act.stance, one.since if one else now, one.until if one else None)
    talk = session.get(Conversation, act.conversation_id) if act.conversation_id else None
    keys, heads = standings.meant(session, standings.read(act.keys), talk.contact_id if talk else None)
    return standings.against(session, span, keys, heads, besides=act.outreach_id)


def _settle(session: Session, act: HeldAct, state: HeldState, actor: Actor | None, now: datetime) -> Settled:
    by = actor.id if actor else None
    act.state, act.settled_by_id, act.settled_at = state, by, now
    act.version += 1
    one = session.get(Outreach, act.outreach_id, with_for_update=True) if act.outreach_id else None
    if one is not None:
        one.state = OutreachState.DROPPED if state is HeldState.DROPPED else OutreachState.LIVE
        one.stance, one.message = act.stance, act.message
    session.flush()
    if act.conversation_id is not None and not _held_in(session, act.conversation_id):
        inbox.unmark(session, act.conversation_id, Mark.HELD)
    tell_both(session, act, SignalKind.HELD_SETTLED, people_of(session, act), actor, now, outcome=state.value)
    facts: dict[str, str | int | bool | None] = {"how": state.value, "kind": act.kind.value, "team": act.team_id}
    audit.record(session, Entry(Action.HELD_SETTLED, f"held/{act.id}", now, by, facts=facts))
    going = act.conversation_id if state is not HeldState.DROPPED else None
    return Settled(act.id, act.kind, state, going)


def _held_in(session: Session, conversation_id: int) -> bool:
    query = select(HeldAct.id).where(HeldAct.conversation_id == conversation_id, HeldAct.state.in_(WAITING)).limit(1)
    return session.scalar(query) is not None


def people_of(session: Session, act: HeldAct) -> set[int]:
    """The owners of both sides; where one has none who still works here, everybody in that team."""
    sides = session.execute(select(HeldSide.team_id, HeldSide.owner_id).where(HeldSide.held_id == act.id)).all()
    owned = [(act.team_id, act.owner_id), *((team_id, owner_id) for team_id, owner_id in sides)]
    here = accounts.active(session, {owner_id for _team, owner_id in owned if owner_id is not None})
    found: set[int] = set()
    for team_id, owner_id in owned:
        if owner_id in here:
            found.add(owner_id)
        else:
            found |= {user_id for user_id, _name in accounts.team_members(session, team_id)}
    return found


def _concerned(session: Session, actor: Actor, act: HeldAct) -> bool:
    teams = set(session.scalars(select(HeldSide.team_id).where(HeldSide.held_id == act.id)))
    return may_settle(actor, act) or bool(teams & actor.team_ids) or actor.id in people_of(session, act)


def tell_both(
    session: Session,
    act: HeldAct,
    kind: SignalKind,
    people: Collection[int],
    actor: Actor | None,
    now: datetime,
    **facts: Any,
) -> None:
    """Tell both sides what became of a held act."""
    who, about = actor.id if actor else None, act.name
    tell(session, kind, now, actor_id=who, people=people, team_id=act.team_id, held=act.id, name=about, **facts)


def _check_may_lift(session: Session, actor: Actor, act: HeldAct) -> None:
    if not may_lift(session, actor, act):
        raise Forbidden(_("The page is in a crisis: only a supervisor or an admin can let this go."))


def _waiting(session: Session, held_id: int) -> HeldAct:
    act = session.get(HeldAct, held_id, with_for_update=True, populate_existing=True)
    if act is None:
        raise NotFound(_("There is no such held act."))
    if act.state not in WAITING:
        raise Conflict(_("This has been settled already."), code="settled")
    return act


def _seen_at(act: HeldAct, version: int) -> HeldAct:
    if act.version != version:
        raise Conflict(_("Something was said meanwhile. Read it, then do it again."), code="stale")
    return act


def _for_its_side(session: Session, actor: Actor, held_id: int, version: int) -> HeldAct:
    act = _seen_at(_waiting(session, held_id), version)
    if not may_settle(actor, act):
        raise Forbidden(_("Only the team whose act is held, a supervisor or an admin can say how to go on."))
    return act
