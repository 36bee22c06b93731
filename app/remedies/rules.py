"""The life of a remedy and who may decide about it; no database, no clock."""

import hashlib
import json
import unicodedata
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime, timedelta

from app.accounts.types import Role
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.remedies.types import Act, Barred, Content, Decider, Policy, State

PROOF_HOLDS = timedelta(minutes=5)
"""A signature needs the password again when it was given longer ago than this."""
REST_AFTER_POLICY = timedelta(hours=24)
"""Who wrote the policy does not sign under it before this time is over."""
DECIDING_ROLES = frozenset({Role.SUPERVISOR, Role.ADMIN})

STEPS: dict[tuple[State, Act], State] = {
    (State.ASKED, Act.EDIT): State.ASKED,
    (State.APPROVED, Act.EDIT): State.ASKED,
    (State.ASKED, Act.SIGN): State.ASKED,
    (State.ASKED, Act.APPROVE): State.APPROVED,
    (State.ASKED, Act.REFUSE): State.REFUSED,
    (State.ASKED, Act.WITHDRAW): State.WITHDRAWN,
    (State.APPROVED, Act.WITHDRAW): State.WITHDRAWN,
    (State.FAILED, Act.WITHDRAW): State.WITHDRAWN,
    (State.ASKED, Act.EXPIRE): State.EXPIRED,
    (State.APPROVED, Act.EXPIRE): State.EXPIRED,
    (State.APPROVED, Act.BEGIN): State.EXECUTING,
    (State.APPROVED, Act.FAIL): State.FAILED,
    (State.EXECUTING, Act.RELEASE): State.APPROVED,
    (State.UNSURE, Act.RELEASE): State.APPROVED,
    (State.EXECUTING, Act.SUCCEED): State.EXECUTED,
    (State.UNSURE, Act.SUCCEED): State.EXECUTED,
    (State.EXECUTING, Act.FAIL): State.FAILED,
    (State.UNSURE, Act.FAIL): State.FAILED,
    (State.EXECUTING, Act.LOSE): State.UNSURE,
    (State.UNSURE, Act.LOSE): State.UNSURE,
    (State.FAILED, Act.AGAIN): State.APPROVED,
    (State.EXECUTED, Act.FAIL): State.FAILED,  # providers take back what they said, days later
    (State.TOLD, Act.FAIL): State.FAILED,
    (State.EXECUTED, Act.TELL): State.TOLD,
}
"""Everything that may happen; whatever is not here may not."""


def after(state: State, act: Act) -> State:
    """The state that ``act`` leads to. Raises Conflict when it can't happen now."""
    found = STEPS.get((state, act))
    if found is None:
        raise Conflict(_("This can't be done any more: the remedy has moved on. Look at where it stands now."))
    return found


def may_happen(state: State, act: Act) -> bool:
    """Whether ``act`` is possible."""
    return (state, act) in STEPS


def key(remedy_id: int, version: int) -> str:
    """The idempotency key: the same for every try to carry out one approved version."""
    return f"remedy-{remedy_id}-{version}"


def content_hash(content: Content) -> str:
    """SHA-256 over one spelling of everything that is approved."""
    facts: dict[str, object] = {name: str(value) for name, value in asdict(content).items() if name != "evidence"}
    if content.evidence:  # what was signed before evidence counted had none, and stays signed
        facts["evidence"] = list(content.evidence)
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def proof_is_fresh(proved_at: datetime | None, now: datetime) -> bool:
    """Whether somebody showed recently enough that it is them; a moment in the future is none."""
    return proved_at is not None and proved_at <= now and now - proved_at <= PROOF_HOLDS


def barred(
    who: Decider,
    *,
    requester_person: int,
    barred_people: Collection[int],
    profiting_people: Collection[int],
    signed_people: Collection[int],
) -> Barred | None:
    """Why this human being may not decide about this remedy, whichever account they use; None when they may.

    All are people, not accounts. ``signed_people`` have decided about this version already.
    """
    if not who.active or who.role not in DECIDING_ROLES:
        return Barred.ROLE
    if who.person_id == requester_person:
        return Barred.OWN if who.user_id == requester_person else Barred.SAME_PERSON
    if who.person_id in profiting_people:
        return Barred.PROFITS
    if who.person_id in barred_people:
        return Barred.EDITED
    if who.person_id in signed_people:
        return Barred.DECIDED
    return None


def not_their_turn(
    who: Decider,
    policy: Policy,
    *,
    team_id: int,
    asked_at: datetime,
    policy_writers: Collection[int],
    policy_since: datetime,
    stands_in: bool,
    now: datetime,
) -> Barred | None:
    """Why somebody who could decide is not the one the policy asks, or not yet; None when it is their turn.

    After the policy's target time everybody it names may step in. A stand-in has the turn of who named them.
    """
    if who.person_id in policy_writers and now - policy_since < REST_AFTER_POLICY:
        return Barred.POLICY
    waited = now - asked_at >= timedelta(hours=policy.fallback_hours)
    first = who.role in policy.first_roles and (not policy.same_team or team_id in who.team_ids)
    fallback = waited and who.role in policy.first_roles | policy.fallback_roles
    if first or fallback or stands_in:
        return None
    late = who.role in policy.first_roles | policy.fallback_roles
    return Barred.NOT_YET if late else Barred.ROLE


def asked_too_long(policy: Policy, since: datetime, now: datetime) -> bool:
    """Whether a request, or an approval that nobody made use of, is over."""
    return now - since >= timedelta(hours=policy.expires_hours)


def spelled(number: str) -> str:
    """A number with the plain characters that people mean: phones and word processors put in other hyphens, wide
    letters and characters that nobody sees."""
    plain = unicodedata.normalize("NFKC", number)
    kinds = ((unicodedata.category(one), one) for one in plain)
    return "".join("-" if kind == "Pd" or one == "\u2212" else one for kind, one in kinds if kind != "Cf")


def folded(number: str) -> str:
    """The number of an order as two people would spell it alike: without spaces, a leading "#", and lower case."""
    return "".join(spelled(number).split()).lstrip("#").lower()


def names_order(text: str, number: str) -> bool:
    """Whether a text carries an order's number, however it is spelled there; one of under three characters is none."""
    wanted, found = folded(number), folded(text)
    if len(wanted) < 3:
        return False
    bare = wanted.replace("-", "")
    return wanted in found or (len(bare) > 3 and bare in found.replace("-", ""))


def product(line: str) -> str:
    """What a line of an order is about, without the shop's own number at its end."""
    name, _mark, number = line.rpartition(" #")
    return name if name and number.isalnum() else line


def spans(first: date, last: date) -> list[date]:
    """The days (up to two months), weeks (from Monday), months or years a period is shown in, by their first days."""
    length = (last - first).days + 1
    if length <= 62:
        return [first + timedelta(days=day) for day in range(length)]
    if length <= 420:
        monday = first - timedelta(days=first.weekday())
        return [monday + timedelta(weeks=week) for week in range((last - monday).days // 7 + 1)]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > 62:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    return [date(first.year + (first.month - 1 + at) // 12, (first.month - 1 + at) % 12 + 1, 1) for at in range(months)]
