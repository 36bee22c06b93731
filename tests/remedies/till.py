"""A payment provider in memory: honours idempotency keys, never gives back more than was paid, fails on demand.

What takes effect and what is answered are two things, so a time-out can come before the effect or after it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Lock

from app.executors import errors
from app.executors.errors import NotNow, OutcomeUnknown, Refused
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Progress, Purchase, Task


class Fault(StrEnum):
    """How one call can go wrong."""

    NONE = "none"
    REFUSED = "refused"
    RESET = "reset"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    CRASHED_AFTER = "crashed_after"
    GARBAGE_AFTER = "garbage_after"
    BUSY = "busy"


@dataclass
class Till:
    """Also an ``Executor``: what a test sees of it and what the runner sees are the same object."""

    kind = "till"
    label = "Till"
    abilities = Abilities(kinds=frozenset(Kind), knows_orders=True)

    paid: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Currency and amount by order number; an order that is not here was paid beyond all limits."""
    effects: list[Task] = field(default_factory=list)
    """Every time money really moved."""
    calls: int = 0
    faults: Callable[[int], Fault] = lambda _number: Fault.NONE
    """What happens to the n-th call, counted from 1; look-ups count too."""
    pending: bool = False
    failed_later: set[str] = field(default_factory=set)
    before_effect: Callable[[Task], None] = lambda _task: None
    lock: Lock = field(default_factory=Lock)

    def check(self, access: Access) -> None:
        pass

    def purchase(self, access: Access, number: str) -> Purchase | None:
        if number not in self.paid:
            return None
        currency, paid = self.paid[number]
        return Purchase(number, currency, paid, sum(one.amount for one in self.effects if one.order_number == number))

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        return ()

    def execute(self, access: Access, task: Task) -> Outcome:
        fault = self._fault()
        self.before_effect(task)
        if fault is Fault.REFUSED:
            raise Refused(errors.REFUSED, "no")
        if fault is Fault.RESET:
            raise NotNow(errors.UNREACHABLE, "no connection")
        if fault is Fault.BUSY:
            raise NotNow(errors.RATE_LIMITED, "wait")
        if fault is Fault.LOST_BEFORE:
            raise OutcomeUnknown(errors.TIMED_OUT, "lost on the way there")
        self._take_effect(task)
        if fault is not Fault.NONE:
            raise OutcomeUnknown(errors.TIMED_OUT, f"{fault}: lost on the way back")
        return self._outcome(task)

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        fault = self._fault()
        if fault is not Fault.NONE:
            raise OutcomeUnknown(errors.TIMED_OUT, "the look-up failed")
        return self._outcome(task) if self.effects_of(task.key) else None

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        return []

    def effects_of(self, key: str) -> list[Task]:
        return [one for one in self.effects if one.key == key]

    def _fault(self) -> Fault:
        with self.lock:
            self.calls += 1
            return self.faults(self.calls)

    def _take_effect(self, task: Task) -> None:
        with self.lock:
            if self.effects_of(task.key):
                return
            moved = sum(one.amount for one in self.effects if one.order_number == task.order_number)
            _currency, paid = self.paid.get(task.order_number, ("", 10**15))
            if moved + task.amount > paid:
                raise Refused(errors.MORE_THAN_PAID, "more than is left")
            self.effects.append(task)

    def _outcome(self, task: Task) -> Outcome:
        if task.key in self.failed_later:
            return Outcome(Progress.FAILED, f"re_{task.key}", "the bank sent it back")
        return Outcome(Progress.PENDING if self.pending else Progress.DONE, f"re_{task.key}")
