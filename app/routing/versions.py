"""Versions of the rules: written as a draft, tried, published, taken back. Every step is kept with who and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.ids import new_id
from app.routing import effort, named, reading, tried, writing
from app.routing.faults import InvalidRules, with_lines
from app.routing.models import RuleSet, RuleSetEvent
from app.routing.tried import Tried
from app.routing.types import Fault, Rule, RuleSetEventKind, RuleSetState

OPEN = (RuleSetState.DRAFT, RuleSetState.PROPOSED)
_AUDITED = {
    RuleSetEventKind.PROPOSED: Action.RULES_PROPOSED,
    RuleSetEventKind.APPROVED: Action.RULES_APPROVED,
    RuleSetEventKind.PUBLISHED: Action.RULES_PUBLISHED,
    RuleSetEventKind.ROLLED_BACK: Action.RULES_ROLLED_BACK,
}


def install(session: Session, source: str, now: datetime, actor_id: int | None = None) -> int:
    """Put a text of rules in force at once; answer the version's id. Raises InvalidRules.

    For the command line and the first start: screens go through a draft.
    """
    checked(session, source)
    fresh = _new(session, source, None, actor_id, now)
    _put_in_force(session, fresh, actor_id, now)
    return fresh.id


def checked(session: Session, source: str) -> tuple[Rule, ...]:
    """The rules in a text, fit to be put in force. Raises InvalidRules, naming every fault and its line."""
    faults: list[Fault] = []
    try:
        found = reading.read(source)
    except InvalidRules as error:
        found, faults = error.rules, list(error.faults)
    faults += named.faults(session, found)
    if faults or (faults := effort.faults(found)):
        raise InvalidRules(with_lines(source, faults), found)
    return found


def draft(session: Session, actor: Actor, base_id: int | None, now: datetime) -> int:
    """A new draft made from a version (None: from nothing); answer its id. Raises NotFound, Forbidden."""
    _may(actor)
    source = ""
    if base_id is not None:
        source = _get(session, base_id).source
    return _new(session, source, base_id, actor.id, now).id


def save(session: Session, actor: Actor, draft_id: int, source: str, *, revision: int | None, now: datetime) -> None:
    """Write a draft's text. What was proposed is a draft again: the second person agreed to another text.

    Raises InvalidRules, Conflict when somebody else changed it since ``revision``.
    """
    checked(session, source)
    _write(session, actor, draft_id, source, revision, now)


def rules_of(session: Session, rule_set_id: int) -> tuple[Rule, ...]:
    """The rules of a version. Raises NotFound."""
    return reading.read(_get(session, rule_set_id).source)


def save_rules(
    session: Session,
    actor: Actor,
    draft_id: int,
    found: Sequence[Rule],
    *,
    written: int | None,
    revision: int | None,
    now: datetime,
) -> None:
    """Write a draft's rules, of which somebody wrote the one with the number ``written``, counted from 1.

    Names in the others may lead nowhere any more: else nobody could put right two of them one after the other. They are
    refused when the draft is published. Raises InvalidRules, Conflict.
    """
    faults = reading.faults_of(found) or [one for one in named.faults(session, found) if one.rule == written]
    if faults or (faults := effort.faults(found)):
        raise InvalidRules(faults)
    _write(session, actor, draft_id, writing.write(found), revision, now)


def _write(session: Session, actor: Actor, draft_id: int, source: str, revision: int | None, now: datetime) -> None:
    one = _open(session, actor, draft_id, revision)
    if source == one.source:
        return
    one.source, one.digest = source, reading.digest(source)
    one.state, one.proposed_by_id = RuleSetState.DRAFT, None
    _touch(one, actor.id, now)
    _note(session, one, RuleSetEventKind.CHANGED, actor.id, now)


def publish(session: Session, actor: Actor, draft_id: int, *, revision: int | None, now: datetime) -> bool:
    """Put a draft in force, or, where it puts much out of sight, propose it to a second person (then: False).

    Raises Conflict when it has not been tried as it is now, beside what is in force now, on enough to tell how much it
    puts out of sight; InvalidRules; Forbidden for the person who proposed it.
    """
    one = _open(session, actor, draft_id, revision)
    checked(session, one.source)
    found = _tried(session, one, now)
    if found.takes_two and one.state is RuleSetState.DRAFT:
        one.state, one.proposed_by_id = RuleSetState.PROPOSED, actor.id
        _touch(one, actor.id, now)
        _note(session, one, RuleSetEventKind.PROPOSED, actor.id, now, {"share": round(found.share, 3)})
        return False
    if one.state is RuleSetState.PROPOSED:
        if actor.id in (one.proposed_by_id, one.changed_by_id):
            raise Forbidden(
                _("These rules put much out of sight, so somebody else has to agree: a supervisor or an admin.")
            )
        one.approved_by_id = actor.id
        _note(session, one, RuleSetEventKind.APPROVED, actor.id, now)
    _put_in_force(session, one, one.proposed_by_id or actor.id, now)
    return True


def _tried(session: Session, one: RuleSet, now: datetime) -> Tried:
    found = tried.of(session, one.source, one.digest, now)
    if found is None:
        raise Conflict(_("Try these rules on what is stored first: they have changed since, or were never tried."))
    if not found.beside:
        raise Conflict(
            _("Other rules were put in force since these were tried. Try them beside those, to see what would change.")
        )
    if not found.enough:
        raise Conflict(
            ngettext(
                "These rules put things out of sight, and %(num)s conversation can't tell how much. Try more days.",
                "These rules put things out of sight, and %(num)s conversations can't tell how much. Try more days.",
                found.conversations,
            )
        )
    return found


def refuse(session: Session, actor: Actor, draft_id: int, *, revision: int | None, now: datetime) -> None:
    """Don't agree to what was proposed: it is a draft again."""
    one = _open(session, actor, draft_id, revision)
    if one.state is RuleSetState.PROPOSED:
        one.state, one.proposed_by_id = RuleSetState.DRAFT, None
        one.revision += 1
        _note(session, one, RuleSetEventKind.REFUSED, actor.id, now)


def discard(session: Session, actor: Actor, draft_id: int, *, revision: int | None, now: datetime) -> None:
    """Put a draft away; it stays to be looked at."""
    one = _open(session, actor, draft_id, revision)
    one.state = RuleSetState.DISCARDED
    _touch(one, actor.id, now)
    _note(session, one, RuleSetEventKind.DISCARDED, actor.id, now)


def roll_back(session: Session, actor: Actor, to_id: int, now: datetime) -> None:
    """Put a version in force that was once, in place of the present one. Raises NotFound, Conflict, InvalidRules."""
    _may(actor)
    one = _get(session, to_id, to_write=True)
    if one.state not in (RuleSetState.REPLACED, RuleSetState.ROLLED_BACK):
        raise Conflict(_("Only a version that was in force before can be put back."))
    checked(session, one.source)
    present = _present(session)
    if present is not None:
        present.state = RuleSetState.ROLLED_BACK
        _note(session, present, RuleSetEventKind.ROLLED_BACK, actor.id, now, {"to": one.id})
    _note(session, one, RuleSetEventKind.RESTORED, actor.id, now)
    _put_in_force(session, one, actor.id, now)


def note_tried(session: Session, rule_set_id: int, actor_id: int | None, now: datetime, trial_id: int) -> None:
    """A trial of a version is done."""
    _note(session, _get(session, rule_set_id), RuleSetEventKind.TRIED, actor_id, now, {"trial": trial_id})


def _new(session: Session, source: str, base_id: int | None, actor_id: int | None, now: datetime) -> RuleSet:
    fresh = RuleSet(
        state=RuleSetState.DRAFT,
        source=source,
        digest=reading.digest(source),
        revision=1,
        base_id=base_id,
        created_at=now,
        created_by_id=actor_id,
        changed_at=now,
        changed_by_id=actor_id,
    )
    session.add(fresh)
    session.flush()
    _note(session, fresh, RuleSetEventKind.CREATED, actor_id, now)
    return fresh


def _put_in_force(session: Session, one: RuleSet, actor_id: int | None, now: datetime) -> None:
    """The constraint allows one in force; of two that publish at once, the later one fails as a whole."""
    present = _present(session)
    if present is not None:
        present.state = RuleSetState.REPLACED
        _note(session, present, RuleSetEventKind.REPLACED, actor_id, now, {"by": one.id})
    session.flush()
    one.state, one.published_at, one.published_by_id = RuleSetState.PUBLISHED, now, actor_id
    one.revision += 1
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(_("Somebody else has just published rules. Look at those first, then do it again.")) from None
    _note(session, one, RuleSetEventKind.PUBLISHED, actor_id, now)


def _present(session: Session) -> RuleSet | None:
    return session.scalar(select(RuleSet).where(RuleSet.state == RuleSetState.PUBLISHED).with_for_update())


def _open(session: Session, actor: Actor, draft_id: int, revision: int | None) -> RuleSet:
    _may(actor)
    one = _get(session, draft_id, to_write=True)
    if one.state not in OPEN:
        raise Conflict(_("This version is no draft any more. Make a new draft from it."))
    if revision is not None and revision != one.revision:
        raise Conflict(_("Somebody has changed this draft since you opened it. Look at it again, then do it again."))
    return one


def _get(session: Session, rule_set_id: int, *, to_write: bool = False) -> RuleSet:
    one = session.get(RuleSet, rule_set_id, with_for_update=True if to_write else None, populate_existing=to_write)
    if one is None:
        raise NotFound(_("There is no such version of the rules."))
    return one


def _may(actor: Actor) -> None:
    if not account_rules.may(actor.role, Permission.MANAGE_ROUTING):
        raise Forbidden(_("Supervisors and admins change the rules."))


def _touch(one: RuleSet, actor_id: int | None, now: datetime) -> None:
    one.revision += 1
    one.changed_at, one.changed_by_id = now, actor_id


def _note(
    session: Session,
    one: RuleSet,
    kind: RuleSetEventKind,
    actor_id: int | None,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    if kind in _AUDITED:
        subject, facts = f"rules/{one.id}", {key: str(value) for key, value in (data or {}).items()}
        audit.record(session, Entry(_AUDITED[kind], subject, now, actor_id, facts=facts, content_hash=one.digest))
    session.add(RuleSetEvent(id=new_id(), rule_set_id=one.id, kind=kind, actor_id=actor_id, at=now, data=data or {}))
    session.flush()
