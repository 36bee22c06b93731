"""What every way to carry out a remedy offers and what it is given. One folder per way implements ``Executor``.

An executor talks to one kind of shop or payment provider and nothing else: no database, no jobs. All its requests go
through the ``Http`` it is made with. It raises only the classes in ``app.executors.errors``. Amounts are whole numbers
of the currency's smallest unit as ISO 4217 counts them; an executor converts to what its provider counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """What can be done to make something good."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    CREDIT = "credit"
    OTHER = "other"


class Progress(StrEnum):
    """How far the provider is."""

    PENDING = "pending"
    """Taken, and will be done or fail later; asked about again."""
    DONE = "done"
    FAILED = "failed"
    """It was not carried out after all; money is where it was."""


@dataclass(frozen=True, slots=True)
class Access:
    """One shop as its executor sees it."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    act_before: datetime | None = None
    """Nothing may leave us after this moment: somebody else may have taken it over by then."""


@dataclass(frozen=True, slots=True)
class Task:
    """Exactly what was approved."""

    key: str
    """``remedy-<id>-<version>``: the same for every try, never used for anything else."""
    kind: Kind
    amount: int
    currency: str
    order_number: str
    order_line: str
    reason: str
    external_id: str | None = None
    """The provider's own id, once we know it."""
    first_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider says about a task."""

    progress: Progress
    external_id: str
    detail: str = ""
    """Why it failed, in the provider's words."""


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """One line of an order."""

    key: str
    """What a task names it by: words for people, and the shop's own id at the end."""
    quantity: int
    paid: int
    """For all of its pieces, with tax, as far as the shop says so."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as the shop knows it."""

    number: str
    currency: str
    paid: int
    refunded: int
    """Given back already, by whomever."""
    placed_at: datetime | None = None
    state: str = ""
    """In the shop's own word."""
    lines: Sequence[PurchaseLine] = ()

    def line(self, named: str) -> PurchaseLine | None:
        """The line of that key, or of that id alone."""
        return next((one for one in self.lines if named in (one.key, one.key.rpartition("#")[2])), None)


def line_key(name: str, id_: str) -> str:
    """A line's key: ``Lamp #315``, at most 120 characters."""
    return f"{' '.join(name.split())[: 118 - len(id_)]} #{id_}".strip()


def line_id(key: str) -> str:
    """The shop's id within a line's key; empty when there is none."""
    return key.rpartition("#")[2].strip() if "#" in key else ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The provider says that something changed. A push means "ask again": nothing else in it is believed."""

    key: str | None = None
    external_id: str | None = None
    order: str = ""
    """The number of an order that something was done about."""
    order_id: str = ""
    """What ``Executor.purchase`` takes as well, where the call does not say the order's number."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an executor can do."""

    kinds: frozenset[Kind]
    by_hand: bool = False
    """A person does it, elsewhere, and records what came of it."""
    knows_orders: bool = False
    """What was paid is asked for by an order's number, never typed."""
    finds_by_email: bool = False
    """Somebody's orders are found by their e-mail address."""
    fields: Sequence[str] = ()
    """Settings somebody has to enter when a shop is added."""
    secrets: Sequence[str] = ()
    """Those of them that are stored encrypted and shown to nobody again."""
    calls_with: str = ""
    """The secret that calls of the provider are signed with, where it is known only once the provider was told where to
    call: it can be entered, and exchanged, later. Without it nobody is believed."""


class Executor(Protocol):
    """One way to carry out remedies."""

    kind: str
    label: str
    """The provider's name for people; not translated."""
    abilities: Abilities

    def check(self, access: Access) -> None:
        """Prove that the settings and secrets work. Raises ExecutorError."""
        ...

    def purchase(self, access: Access, number: str) -> Purchase | None:
        """An order by its number; None when the shop knows none of that number."""
        ...

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        """The last orders placed with exactly this e-mail address, newest first; none where it can't be asked."""
        ...

    def execute(self, access: Access, task: Task) -> Outcome:
        """Carry the task out, at most once for its key.

        Raises Refused or NotNow only when it certainly did not take effect, OutcomeUnknown when it may have.
        """
        ...

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        """What became of a task. None: it certainly never took effect. Raises OutcomeUnknown where nobody can know."""
        ...

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        """What a signed call of the provider says. Raises Refused for one that is not genuine or too old."""
        ...
