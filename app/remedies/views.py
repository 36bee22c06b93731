"""Remedies as screens show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.remedies.types import Barred, ExecutionState, Kind, State, Target, Verdict


class Queue(StrEnum):
    """What waits for somebody: to be decided, to be done, to be told, to be cleared up; and everything."""

    DECIDE = "decide"
    DO = "do"
    TELL = "tell"
    UNSURE = "unsure"
    ALL = "all"


class Since(StrEnum):
    """What became of a comment since it was chosen as evidence."""

    SAME = "same"
    CHANGED = "changed"
    REMOVED = "removed"
    """At its platform."""
    GONE = "gone"
    """Here too."""
    NOT_KEPT = "not_kept"
    """What was signed is not there to be read."""


STATES: Mapping[Queue, frozenset[State]] = {
    Queue.DECIDE: frozenset({State.ASKED}),
    Queue.DO: frozenset({State.APPROVED, State.EXECUTING, State.FAILED}),
    Queue.TELL: frozenset({State.EXECUTED}),
    Queue.UNSURE: frozenset({State.UNSURE}),
    Queue.ALL: frozenset(State),
}


@dataclass(frozen=True, slots=True)
class RemedyRow:
    """One line of a list."""

    id: int
    version: int
    state: State
    kind: Kind
    amount: int
    currency: str
    reason: str
    person: str
    conversation_id: int
    page_name: str
    requester_id: int
    requester: str
    asked_at: datetime
    due_at: datetime | None
    order_number: str
    being_told: bool
    """Whether an answer that tells them is on its way, or waits for approval."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Who decided what about which version."""

    name: str
    acting_for: str | None
    verdict: Verdict
    reason: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StepView:
    """A line of a remedy's history."""

    act: str
    actor: str | None
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of what was asked for and not refused, in one currency."""

    currency: str
    amount: int
    count: int


@dataclass(frozen=True, slots=True)
class Said:
    """One of the last comments."""

    author: str
    is_us: bool
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """A comment as evidence, in the words it had when it was chosen."""

    evidence: str
    """What stands for it (``quotes.MARK``)."""
    comment_id: int
    author: str
    is_us: bool
    text: str
    at: datetime
    url: str | None
    since: Since
    text_now: str = ""
    """What it says by now, where that is something else."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """What is known of an order's money."""

    paid: int
    taken: int
    elsewhere: int
    """Given back at the shop itself."""
    by_shop: bool
    """Whether the shop said what was paid; else somebody typed it."""


@dataclass(frozen=True, slots=True)
class CarriedView:
    """How carrying out stands."""

    state: ExecutionState
    error_code: str | None
    error_detail: str | None
    external_id: str | None
    doer_id: int | None
    doer: str | None
    retried_at: datetime | None
    may_try_again: bool


@dataclass(frozen=True, slots=True)
class RemedyView:
    """Everything on one page."""

    row: RemedyRow
    explanation: str
    target: Target
    target_account: str
    order_line: str
    shop: str
    promised_on: date | None
    links: Sequence[str]
    pictures: Sequence[str]
    """Digests."""
    quotes: Sequence[Quote]
    lines: Sequence[str]
    approvals_needed: int
    decisions: Sequence[DecisionView]
    steps: Sequence[StepView]
    refusals: Sequence[DecisionView]
    """Of other remedies of the same person or order."""
    person_30: Sequence[Total]
    person_365: Sequence[Total]
    agent_30: Sequence[Total]
    order: OrderView | None
    said: Sequence[Said]
    by_hand: bool
    carried: CarriedView | None
    """None before it was approved."""
    barred: Barred | None
    """Why the reader may not decide."""
