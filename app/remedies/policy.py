"""Who has to sign what: a policy read from its text, and what it says about a request. No database, no clock."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.accounts.types import Role
from app.core import toml
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import lazy
from app.remedies.money import EXPONENTS
from app.remedies.types import HOLDS_MONEY, Cap, Kind, Line, Need, Past, Per, Policy, Request

MOST_SIGNATURES = 3
NOTHING_APPLIES = 2
"""Signatures for a request that no line of the policy speaks of."""
NO_LINE = lazy("No line of the policy speaks of this")
REFUSED_BEFORE = lazy("It was refused before")
CHANGED_OFFER = lazy("A changed offer needs another’s eyes")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Line(_Table):
    name: str = Field(min_length=1, max_length=120)
    approvals: int = Field(default=0, ge=0, le=MOST_SIGNATURES)
    forbid: bool = False
    kinds: list[Kind] = []
    reasons: list[str] = []
    roles: list[Role] = []
    pages: list[int] = []
    campaigns: list[int] = []
    over: Decimal = Field(default=Decimal(0), ge=0)
    without_order: bool = False
    other_target: bool = False


class _Cap(_Table):
    name: str = Field(min_length=1, max_length=120)
    per: Per
    amount: Decimal = Field(ge=0)
    days: int = Field(ge=0, le=3650)
    approvals: int = Field(default=0, ge=0, le=MOST_SIGNATURES)
    forbid: bool = False


class _Reason(_Table):
    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    en: str = Field(min_length=1, max_length=120)
    de: str = Field(min_length=1, max_length=120)


class _Approvers(_Table):
    roles: list[Role] = [Role.SUPERVISOR]
    fallback_roles: list[Role] = [Role.ADMIN]
    fallback_hours: float = Field(default=4, ge=0, le=720)
    same_team: bool = False


class _Phrases(_Table):
    en: list[str] = []
    de: list[str] = []


class _Text(_Table):
    """The whole text."""

    time_zone: str = "UTC"
    expires_hours: int = Field(default=72, ge=1, le=720)
    together_days: int = Field(default=7, ge=1, le=365)
    after_refusal: int = Field(default=2, ge=1, le=MOST_SIGNATURES)
    several_up_to: Decimal = Field(default=Decimal(25), ge=0)
    do_within_hours: float = Field(default=24, gt=0, le=720)
    tell_within_hours: float = Field(default=24, gt=0, le=720)
    public_details: bool = False
    approvers: _Approvers = _Approvers()
    units: dict[str, Decimal] = {}
    phrases: _Phrases = _Phrases()
    reason: list[_Reason] = Field(min_length=1)
    line: list[_Line] = Field(min_length=1)
    cap: list[_Cap] = []


@lru_cache(maxsize=16)
def read(text: str) -> Policy:
    """A policy from a TOML text. Raises InvalidInput that names the place and what is wrong there."""
    try:
        given = _Text.model_validate(toml.tables(text, parse_float=Decimal))
    except toml.TomlError as error:
        raise _wrong(_("This is not TOML: %(error)s.", error=error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(f"{_where(first['loc'])}: {first['msg']}.") from None
    _check(given)
    return Policy(
        lines=tuple(_line(one) for one in given.line),
        caps=tuple(
            Cap(one.name, one.per, Fraction(one.amount), one.days, one.approvals, one.forbid) for one in given.cap
        ),
        reasons={one.key: {"en": one.en, "de": one.de} for one in given.reason},
        units={code: Fraction(much) for code, much in given.units.items()},
        time_zone=given.time_zone,
        together_days=given.together_days,
        after_refusal=given.after_refusal,
        expires_hours=given.expires_hours,
        first_roles=frozenset(given.approvers.roles),
        fallback_roles=frozenset(given.approvers.fallback_roles),
        fallback_hours=given.approvers.fallback_hours,
        same_team=given.approvers.same_team,
        several_up_to=Fraction(given.several_up_to),
        do_within_hours=given.do_within_hours,
        tell_within_hours=given.tell_within_hours,
        public_details=given.public_details,
        phrases={"en": tuple(given.phrases.en), "de": tuple(given.phrases.de)},
    )


def _line(one: _Line) -> Line:
    return Line(
        name=one.name,
        approvals=one.approvals,
        forbid=one.forbid,
        kinds=frozenset(one.kinds),
        reasons=frozenset(one.reasons),
        roles=frozenset(one.roles),
        pages=frozenset(one.pages),
        campaigns=frozenset(one.campaigns),
        over=Fraction(one.over),
        without_order=one.without_order,
        other_target=one.other_target,
    )


def _check(given: _Text) -> None:
    """What the types can't say."""
    try:
        ZoneInfo(given.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _wrong(_("There is no time zone “%(name)s”.", name=given.time_zone)) from None
    keys = [one.key for one in given.reason]
    named = {reason for line in given.line for reason in line.reasons}
    for wrong in [key for key in keys if keys.count(key) > 1] + sorted(named - set(keys)):
        raise _wrong(_("The reason “%(key)s” is there twice, or not at all.", key=wrong))
    for code, much in given.units.items():
        if code not in EXPONENTS or much <= 0:
            raise _wrong(_("units: “%(code)s” is no currency, or its amount is not above zero.", code=code))
    roles = {*given.approvers.roles, *given.approvers.fallback_roles}
    if not given.approvers.roles or roles - {Role.SUPERVISOR, Role.ADMIN}:
        raise _wrong(_("approvers: only supervisors and admins can sign, and somebody has to."))
    if any(cap.per is Per.APPROVER and not cap.forbid for cap in given.cap):
        raise _wrong(_("A cap per approver can only forbid; more signatures would not help."))


def _where(place: Sequence[str | int]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place) or "policy"


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="policy")


def in_units(policy: Policy, amount: int, currency: str) -> Fraction:
    """An amount in the policy's units, exact."""
    return Fraction(amount, 10 ** EXPONENTS[currency]) / policy.units.get(currency, Fraction(1))


def need(policy: Policy, request: Request, past: Iterable[Past], *, refused_before: bool, now: datetime) -> Need:
    """How many have to sign a request, and which lines say so.

    ``past`` are other remedies of the same person, order, page or agent. What is asked for in pieces counts together.
    """
    counting = [one for one in past if one.state in HOLDS_MONEY]
    own = in_units(policy, request.amount, request.currency)
    since = now - timedelta(days=policy.together_days)
    total = own + sum(
        in_units(policy, one.amount, one.currency)
        for one in counting
        if one.asked_at > since and (one.contact_id == request.contact_id or _same_order(one, request))
    )
    found = [(line.name, line.approvals, line.forbid) for line in policy.lines if _holds(line, request, total)]
    if not found:
        found.append((NO_LINE, NOTHING_APPLIES, False))
    for cap in policy.caps:
        if _counts(cap, request) and own + _spent(policy, cap, request, counting, now) > cap.amount:
            found.append((cap.name, cap.approvals, cap.forbid))
    if refused_before:
        found.append((REFUSED_BEFORE, policy.after_refusal, False))
    if request.counter_offer:
        found.append((CHANGED_OFFER, 1, False))
    most = max(approvals for _name, approvals, _forbid in found)
    forbidden = next((name for name, _approvals, forbid in found if forbid), None)
    return Need(
        approvals=most,
        lines=tuple(name for name, approvals, _forbid in found if approvals == most),
        refused=forbidden,
        counted=_smallest(policy, total, request.currency),
    )


def _counts(cap: Cap, request: Request) -> bool:
    """Whether a limit is about requests like this one; what belongs to no campaign is in nobody's limit for one."""
    return cap.per is not Per.APPROVER and not (cap.per is Per.CAMPAIGN and request.campaign_id is None)


def over_their_day(
    policy: Policy, signer_ids: frozenset[int], amount: int, currency: str, past: Iterable[Past], now: datetime
) -> str | None:
    """The cap that one more signature of this person would exceed; None when there is none."""
    signed = [one for one in past if one.approver_ids & signer_ids and one.state in HOLDS_MONEY]
    own = in_units(policy, amount, currency)
    for cap in policy.caps:
        if cap.per is Per.APPROVER:
            inside = _window(policy, cap, now)
            spent = sum(in_units(policy, one.amount, one.currency) for one in signed if inside(one.asked_at))
            if own + spent > cap.amount:
                return cap.name
    return None


def _holds(line: Line, request: Request, total: Fraction) -> bool:
    return (
        (not line.kinds or request.kind in line.kinds)
        and (not line.reasons or request.reason in line.reasons)
        and (not line.roles or request.role in line.roles)
        and (not line.pages or request.page_id in line.pages)
        and (not line.campaigns or request.campaign_id in line.campaigns)
        and (not line.over or total > line.over)
        and (not line.without_order or not request.order[1])
        and (not line.other_target or request.target == "other")
    )


def _spent(policy: Policy, cap: Cap, request: Request, past: Sequence[Past], now: datetime) -> Fraction:
    inside = _window(policy, cap, now)
    belongs: dict[Per, Callable[[Past], bool]] = {
        Per.PERSON: lambda one: one.contact_id == request.contact_id,
        Per.ORDER: lambda one: _same_order(one, request),
        Per.LINE: lambda one: _same_order(one, request) and one.order == request.order,
        Per.AGENT: lambda one: one.requester_id == request.requester_id,
        Per.PAGE: lambda one: one.page_id == request.page_id,
        Per.CAMPAIGN: lambda one: one.campaign_id == request.campaign_id,
        Per.ALL: lambda one: True,
    }
    wanted = belongs[cap.per]
    return sum(
        (in_units(policy, one.amount, one.currency) for one in past if inside(one.asked_at) and wanted(one)),
        Fraction(0),
    )


def _window(policy: Policy, cap: Cap, now: datetime) -> Callable[[datetime], bool]:
    if cap.days:
        since = now - timedelta(days=cap.days)
        return lambda at: at > since
    zone = ZoneInfo(policy.time_zone)
    today = now.astimezone(zone).date()
    return lambda at: at.astimezone(zone).date() == today


def _same_order(one: Past, request: Request) -> bool:
    return bool(request.order[1]) and one.order[:2] == request.order[:2]


def _smallest(policy: Policy, units: Fraction, currency: str) -> int:
    return round(units * policy.units.get(currency, Fraction(1)) * Fraction(10) ** EXPONENTS[currency])
