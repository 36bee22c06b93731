"""Remedies as others see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from app.accounts.types import Role
from app.core.pictures import Picture
from app.executors.ports import Kind

__all__ = ["Kind"]


class State(StrEnum):
    """The life of a remedy. What is being written is not stored before it is asked for."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    EXECUTING = "executing"
    EXECUTED = "executed"
    FAILED = "failed"
    UNSURE = "unsure"
    TOLD = "told"


OPEN = frozenset({State.ASKED, State.APPROVED, State.EXECUTING, State.FAILED, State.UNSURE, State.EXECUTED})
"""Something is still to be done; the conversation can't be closed."""
HOLDS_MONEY = OPEN | {State.TOLD}
"""Counts against what was paid for the order, and towards limits."""


class Act(StrEnum):
    """What can happen to a remedy."""

    EDIT = "edit"
    SIGN = "sign"
    """One approval of several."""
    APPROVE = "approve"
    """The last approval it needed."""
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    BEGIN = "begin"
    RELEASE = "release"
    """Given back before anything was done."""
    SUCCEED = "succeed"
    FAIL = "fail"
    LOSE = "lose"
    """Nobody knows what came of it."""
    AGAIN = "again"
    """It certainly was not done: done again, under the same approval and key."""
    TELL = "tell"


class Verdict(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


class Barred(StrEnum):
    """Why somebody may not decide."""

    OWN = "own"
    EDITED = "edited"
    PROFITS = "profits"
    SAME_PERSON = "same_person"
    DECIDED = "decided"
    ROLE = "role"
    NOT_YET = "not_yet"
    POLICY = "policy"
    OVER_DAY = "over_day"


class Target(StrEnum):
    """Where money goes."""

    ORIGINAL = "original"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Content:
    """What exactly is approved and carried out; nothing of it may differ between the two."""

    remedy_id: int
    version: int
    conversation_id: int
    contact_id: int
    shop_id: int
    order_number: str
    order_line: str
    kind: Kind
    amount: int
    """In the currency's smallest units; the value of a replacement."""
    currency: str
    reason: str
    explanation: str
    target: Target
    target_account: str
    policy_id: int
    evidence: tuple[str, ...] = ()
    """Links, and the digests of pictures and comments."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for, as a form gives it."""

    kind: Kind
    amount: str
    currency: str
    reason: str
    explanation: str = ""
    shop_id: int = 0
    order_number: str = ""
    order_line: str = ""
    paid: str = ""
    """What was paid for the order, where the shop can't tell."""
    line_paid: str = ""
    target: Target = Target.ORIGINAL
    target_account: str = ""
    promised_on: date | None = None
    evidence: Sequence[str] = ()
    """Links, marks of pictures that are kept already (``proofs.MARK``), and of comments (``quotes.MARK``)."""
    pictures: Sequence[Picture] = ()
    """Sent with this form."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A picture, or a comment as it read then: kept with a request, and signed by its digest (SHA-256, hexadecimal)."""

    digest: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier remedy, as limits count it."""

    remedy_id: int
    contact_id: int
    requester_id: int
    page_id: int
    order: tuple[int, str, str]
    """Shop, number, line."""
    kind: Kind
    amount: int
    currency: str
    asked_at: datetime
    state: State
    approver_ids: frozenset[int] = frozenset()
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the policy looks at."""

    kind: Kind
    amount: int
    currency: str
    reason: str
    role: Role
    page_id: int
    contact_id: int
    requester_id: int
    order: tuple[int, str, str]
    target: Target
    counter_offer: bool = False
    campaign_id: int | None = None
    """The campaign whose post it is about."""


@dataclass(frozen=True, slots=True)
class Need:
    """What the policy says about a request."""

    approvals: int
    lines: tuple[str, ...]
    """Names of the policy's lines that decided, for people."""
    refused: str | None = None
    """Name of the line that forbids it altogether."""
    counted: int = 0
    """With what was asked for shortly before: splitting changes nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the policy: when it holds, this many people have to sign."""

    name: str
    approvals: int = 0
    forbid: bool = False
    kinds: frozenset[Kind] = frozenset()
    reasons: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    pages: frozenset[int] = frozenset()
    campaigns: frozenset[int] = frozenset()
    over: Fraction = Fraction(0)
    without_order: bool = False
    other_target: bool = False


class Per(StrEnum):
    """What a limit is counted over."""

    PERSON = "person"
    ORDER = "order"
    LINE = "line"
    AGENT = "agent"
    APPROVER = "approver"
    PAGE = "page"
    CAMPAIGN = "campaign"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit over time: above it more people have to sign, or nothing more is given."""

    name: str
    per: Per
    amount: Fraction
    days: int
    """Rolling days; 0: today, in the business's time zone."""
    approvals: int = 0
    forbid: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Who has to sign what. Amounts are in units: one unit is 1 of a currency, unless ``units`` says otherwise."""

    lines: tuple[Line, ...]
    caps: tuple[Cap, ...]
    reasons: Mapping[str, Mapping[str, str]]
    """Key, and its words by language."""
    units: Mapping[str, Fraction] = field(default_factory=dict)
    """How much of a currency is one unit."""
    time_zone: str = "UTC"
    together_days: int = 7
    after_refusal: int = 2
    expires_hours: int = 72
    first_roles: frozenset[Role] = frozenset({Role.SUPERVISOR})
    fallback_roles: frozenset[Role] = frozenset({Role.ADMIN})
    fallback_hours: float = 4
    same_team: bool = False
    several_up_to: Fraction = Fraction(25)
    do_within_hours: float = 24
    tell_within_hours: float = 24
    public_details: bool = False
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who wants to decide, with everything that matters about them now."""

    user_id: int
    person_id: int
    """The same for all accounts of one human being."""
    role: Role
    active: bool
    team_ids: frozenset[int]
    proved_at: datetime | None
    """When they last showed that it is them."""


class ExecutionState(StrEnum):
    """Where carrying out stands."""

    QUEUED = "queued"
    RUNNING = "running"
    UNKNOWN = "unknown"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    VOID = "void"
    """Never to be sent: the content changed, or it was withdrawn or expired."""


class PolicyState(StrEnum):
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    DROPPED = "dropped"


class Answer(StrEnum):
    """The three answers to "you apologised: is anything owed?"."""

    REMEDY = "remedy"
    FOLLOW_UP = "follow_up"
    NOTHING = "nothing"
