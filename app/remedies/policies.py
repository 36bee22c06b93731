"""The policy's versions: proposed by one person, put in force by another. What was asked for keeps its own version."""

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.i18n import gettext as _
from app.remedies import policy as texts
from app.remedies import rules
from app.remedies.models import RemedyPolicy
from app.remedies.types import Policy, PolicyState


@dataclass(frozen=True, slots=True)
class InForce:
    """A version and what it says."""

    id: int
    policy: Policy
    source: str
    since: datetime
    writer_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that nobody has decided about."""

    id: int
    source: str
    by_id: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of what a proposal changes."""

    mark: str
    """``+`` for one that comes, ``-`` for one that goes, ``@`` where lines were left out, else empty."""
    text: str


def changed(before: str, after: str) -> Sequence[Changed]:
    """What differs between two texts, with two lines around each place."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    marks = {" ": "", "+": "+", "-": "-", "@": "@"}
    return [Changed(marks[line[0]], line[1:] if line[0] != "@" else "") for line in list(found)[2:]]


def seed(session: Session, source: str, now: datetime) -> None:
    """Put the policy that comes along in force, unless there is one. Asks the text first: a wrong one stops here."""
    if session.scalar(select(RemedyPolicy.id).limit(1)) is None:
        texts.read(source)
        session.add(RemedyPolicy(source=source, state=PolicyState.IN_FORCE, proposed_at=now, decided_at=now))
        session.flush()


def in_force(session: Session) -> InForce:
    """The policy that new requests follow."""
    found = session.scalar(
        select(RemedyPolicy).where(RemedyPolicy.state == PolicyState.IN_FORCE).order_by(RemedyPolicy.id.desc()).limit(1)
    )
    if found is None:
        raise Conflict(_("There is no policy for remedies yet. Run “porchlight db upgrade”."))
    return _version(found)


def version(session: Session, policy_id: int) -> InForce:
    """A version by its number."""
    return _version(session.get_one(RemedyPolicy, policy_id))


def proposal(session: Session) -> Proposal | None:
    """The version that waits for another's eyes."""
    row = session.execute(
        select(RemedyPolicy, User.name)
        .join(User, User.id == RemedyPolicy.proposed_by_id)
        .where(RemedyPolicy.state == PolicyState.PROPOSED)
        .order_by(RemedyPolicy.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    one: RemedyPolicy = row[0]
    return Proposal(one.id, one.source, one.proposed_by_id or 0, row[1], one.proposed_at)


def propose(session: Session, actor: Actor, source: str, now: datetime) -> int:
    """Propose a policy; another person has to put it in force. Raises InvalidInput that says what is wrong with it.

    One proposed before and not decided about is dropped.
    """
    texts.read(source)
    for old in session.scalars(
        select(RemedyPolicy).where(RemedyPolicy.state == PolicyState.PROPOSED).with_for_update()
    ):
        old.state, old.decided_at = PolicyState.DROPPED, now
        audit.record(session, Entry(Action.POLICY_DROPPED, f"policy/{old.id}", now, actor.id))
    fresh = RemedyPolicy(source=source, state=PolicyState.PROPOSED, proposed_by_id=actor.id, proposed_at=now)
    session.add(fresh)
    session.flush()
    digest = hashlib.sha256(source.encode()).hexdigest()
    audit.record(session, Entry(Action.POLICY_PROPOSED, f"policy/{fresh.id}", now, actor.id, content_hash=digest))
    return fresh.id


def confirm(session: Session, actor: Actor, policy_id: int, now: datetime, *, agreed: bool) -> None:
    """Put a proposed policy in force, or drop it. Raises Forbidden for who proposed it, Conflict when it is decided."""
    one = session.get(RemedyPolicy, policy_id, with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound(_("There is no such policy."))
    if one.state is not PolicyState.PROPOSED:
        raise Conflict(_("This proposal has been decided about already."), code="decided")
    if not agreed:
        one.state, one.decided_at = PolicyState.DROPPED, now
        audit.record(session, Entry(Action.POLICY_DROPPED, f"policy/{one.id}", now, actor.id))
        session.flush()
        return
    mine, theirs = _person(session, actor.id), _person(session, one.proposed_by_id or 0)
    if mine == theirs:
        raise Forbidden(_("You wrote this. Somebody else has to put it in force."), code="own")
    if not rules.proof_is_fresh(actor.proved_at, now):
        raise Forbidden(_("Enter your password to sign."), code="prove")
    for old in session.scalars(
        select(RemedyPolicy).where(RemedyPolicy.state == PolicyState.IN_FORCE).with_for_update()
    ):
        old.state = PolicyState.REPLACED
    one.state, one.confirmed_by_id, one.decided_at = PolicyState.IN_FORCE, actor.id, now
    session.flush()
    audit.record(session, Entry(Action.POLICY_CONFIRMED, f"policy/{one.id}", now, actor.id))


def _person(session: Session, user_id: int) -> int:
    user = session.get(User, user_id, populate_existing=True)
    return (user.same_as_id or user.id) if user else user_id


def _version(one: RemedyPolicy) -> InForce:
    writers = frozenset(who for who in (one.proposed_by_id, one.confirmed_by_id) if who is not None)
    return InForce(one.id, texts.read(one.source), one.source, one.decided_at or one.proposed_at, writers)
