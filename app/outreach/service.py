"""Entering outreach. Services flush; the edge commits. What contradicts another department is held, whatever way it
came in: nothing counts as said before somebody settled it (``app.outreach.holding``)."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import Team
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.core import text as texts
from app.core.db import one_at_a_time
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.outreach import raising, rules, standings
from app.outreach.models import HeldAct, Outreach, OutreachKey
from app.outreach.types import ENTERED, WAITING, By, Key, Kind, OutreachState, Recorded, Span, Stance, Typed

_ENTERING = 0x6F757472  # any number, as long as every Porchlight takes the same


def record(session: Session, by: By, typed: Typed, now: datetime) -> Recorded:
    """Enter what a department does, or is about to do; held when another would contradict it.

    The same ``key`` from the same place again answers what came of it the first time. Raises InvalidInput naming the
    field, and Conflict when the key was used for something else.
    """
    one, keys = _read(session, by, typed, now)
    place = f"{by.source_id}" if by.source_id else f"form:{by.actor.id if by.actor else 0}"
    typed_key = texts.one_line(typed.key, limit=1_000).strip()
    one.source_key = hashlib.sha256(f"{place}:{typed_key}".encode()).hexdigest() if typed_key else None
    one_at_a_time(session, _ENTERING)  # of two that contradict each other at once the second sees the first
    known = _known(session, one)
    if known is not None:
        return known
    session.add(one)
    session.flush()
    session.add_all(OutreachKey(outreach_id=one.id, kind=key.kind, value=key.value) for key in keys)
    session.flush()
    everything, heads = standings.meant(session, keys)
    found = standings.against(session, _span(one), everything, heads, besides=one.id)
    audit.note(
        session,
        Action.OUTREACH_ENTERED,
        f"outreach/{one.id}",
        now,
        by=by.actor.id if by.actor else None,
        stance=one.stance.value,
        team=one.team_id,
        source=one.source_id,
        held=bool(found),
    )
    if not found:
        return Recorded(one.id, one.state, None, again=False)
    one.state = OutreachState.HELD
    held_id = raising.hold_outreach(session, one, everything, found, now, by.actor)
    return Recorded(one.id, one.state, held_id, again=False)


def end(session: Session, actor: Actor, outreach_id: int, now: datetime) -> None:
    """It holds no longer, or what was to come will not: from now on it stands against nothing.

    Raises NotFound, Forbidden, Conflict.
    """
    one = session.get(Outreach, outreach_id, with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound(_("There is no such outreach."))
    if one.team_id not in actor.team_ids and not account_rules.may(actor.role, Permission.CURATE):
        raise Forbidden(_("Only its own team, a supervisor or an admin can end it."))
    if one.state is not OutreachState.LIVE or rules.is_over(one.until, now):
        raise Conflict(_("It does not hold any more."), code="ended")
    if now < one.since:
        one.state = OutreachState.DROPPED
    else:
        one.until = now
    session.flush()
    audit.note(session, Action.OUTREACH_ENDED, f"outreach/{one.id}", now, by=actor.id)


def span(session: Session, outreach_id: int) -> Span:
    """A stored outreach as a stance over a time."""
    return _span(session.get_one(Outreach, outreach_id))


def _span(one: Outreach) -> Span:
    return Span(one.team_id, one.stance, one.since, one.until)


def _known(session: Session, one: Outreach) -> Recorded | None:
    if one.source_key is None:
        return None
    before = session.scalar(select(Outreach).where(Outreach.source_key == one.source_key))
    if before is None:
        return None
    if before.said != one.said:
        raise Conflict(_("This number was used for something else. Send a new one."), code="key_used")
    held = session.scalar(
        select(HeldAct.id).where(HeldAct.outreach_id == before.id, HeldAct.state.in_(WAITING)).limit(1)
    )
    return Recorded(before.id, before.state, held, again=True)


def _read(session: Session, by: By, typed: Typed, now: datetime) -> tuple[Outreach, list[Key]]:
    if typed.kind not in set(Kind):
        raise InvalidInput(_("Choose what it is: %(known)s.", known=", ".join(Kind)), field="kind")
    if typed.stance not in {one.value for one in ENTERED}:
        known = ", ".join(ENTERED)
        raise InvalidInput(_("Choose how you stand towards them: %(known)s.", known=known), field="stance")
    name = texts.one_line(typed.name, limit=1_000).strip()
    if not name or len(name) > rules.NAME_MAXIMUM:
        raise InvalidInput(_("Enter a name of at most %(n)s characters.", n=rules.NAME_MAXIMUM), field="name")
    message = texts.plain(typed.message).strip()
    if len(message) > rules.MESSAGE_MAXIMUM:
        raise InvalidInput(_("At most %(n)s characters.", n=rules.MESSAGE_MAXIMUM), field="message")
    if session.get(Team, by.team_id) is None:
        raise InvalidInput(_("There is no such team."), field="team")
    keys = rules.keys(site=typed.site, account=typed.account, email=typed.email)
    if not keys:
        raise InvalidInput(
            _("A name alone could be anybody. Enter a web site, an account or an e-mail address of theirs."),
            field="site",
        )
    since = _time(typed.since, "since") or now
    until = _time(typed.until, "until")
    if until is not None and until <= since:
        raise InvalidInput(_("It can’t end before it begins."), field="until")
    one = Outreach(
        id=new_id(),
        kind=Kind(typed.kind),
        stance=Stance(typed.stance),
        state=OutreachState.LIVE,
        name=name,
        message=message,
        team_id=by.team_id,
        owner_id=by.owner_id,
        since=since,
        until=until,
        source=by.source,
        source_id=by.source_id,
        said=_digest(typed, name, message, keys),
        created_at=now,
    )
    return one, keys


def _digest(typed: Typed, name: str, message: str, keys: list[Key]) -> str:
    """What was entered, of whom and for how long; times as they were typed, since none means the moment it came in."""
    said = (typed.kind, typed.stance, name, message, *standings.spelled(keys), typed.since.strip(), typed.until.strip())
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _time(text: str, field: str) -> datetime | None:
    """A moment, or the beginning of a day; without a zone in UTC."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(_("Enter a day, like 2026-12-24."), field=field) from None
