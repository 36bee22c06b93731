"""Counting what a platform charges, over all pages and workers that share the bill."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Unit(StrEnum):
    """What a budget is counted in: millionths of a dollar, or points that a platform gives for nothing."""

    DOLLARS = "dollars"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Price:
    """What one thing costs, in its budget's unit. ``what`` is marked with ``lazy``."""

    what: str
    cost: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in one period, for example in this month through one developer account."""

    key: str
    """Names what is shared, and the period: everything with the same key counts together."""
    limit: int
    ends_at: datetime
    """When the next period begins."""
    prices: tuple[Price, ...] = ()
    unit: Unit = Unit.DOLLARS


@dataclass(slots=True)
class Bill:
    """What a call costs in the end, set by whoever makes it; until then, the most it may."""

    cost: int


class Meter(Protocol):
    """Keeps count for everybody."""

    def reserve(self, budget: Budget, most: int) -> bool:
        """Take ``most`` out of the budget before a call; False when that much is not left."""
        ...

    def settle(self, budget: Budget, most: int, cost: int) -> None:
        """Put back what a call did not use of what was reserved for it."""
        ...


@runtime_checkable
class Metered(Protocol):
    """A connector whose platform charges."""

    def budget(self, now: datetime) -> Budget | None:
        """What may be spent now; None where nobody set it up."""
        ...


@dataclass
class LooseMeter:
    """Counts in memory: for one command, and for tests."""

    used: dict[str, int] = field(default_factory=dict)

    def reserve(self, budget: Budget, most: int) -> bool:
        after = self.used.get(budget.key, 0) + most
        if after > budget.limit:
            return False
        self.used[budget.key] = after
        return True

    def settle(self, budget: Budget, most: int, cost: int) -> None:
        self.used[budget.key] = self.used.get(budget.key, 0) - most + cost


@contextmanager
def reserved(meter: Meter, budget: Budget, most: int) -> Iterator[Bill | None]:
    """A bill for one call, or None when the budget does not hold the most it may cost.

    A call that failed on the way is charged as if it had gone through: nobody knows.
    """
    if not meter.reserve(budget, most):
        yield None
        return
    bill = Bill(most)
    try:
        yield bill
    finally:
        if bill.cost != most:
            meter.settle(budget, most, bill.cost)
