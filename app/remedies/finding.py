"""What somebody bought: asked of the shops by e-mail address or order number, and kept for a minute.

Never by name: names are not unique, and a stranger's orders are nobody's business.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from app.core.security import SecretBox
from app.executors import errors
from app.executors.errors import ExecutorError
from app.executors.ports import Access, Purchase
from app.executors.registry import Executors
from app.remedies.shops import ShopView

log = structlog.get_logger()
KEPT_SECONDS = 60.0
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class Bought:
    """What one shop says. ``error`` is a code of ``app.executors.errors`` when it could not be asked."""

    shop: ShopView
    purchases: Sequence[Purchase]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    purchases: Sequence[Purchase]
    error: str | None
    until: float


class Finder:
    """Asks shops; safe to share between threads. Failures are kept too, so that a dead shop is not waited for twice."""

    def __init__(self, executors: Executors, box: SecretBox, clock: Callable[[], float] = monotonic) -> None:
        self._executors = executors
        self._box = box
        self._clock = clock
        self._kept: OrderedDict[tuple[int, str, str], _Answer] = OrderedDict()
        self._asking: dict[tuple[int, str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def can_ask(self, shop: ShopView, *, by_email: bool = False) -> bool:
        """Whether a shop tells of orders: by number, or also by e-mail address."""
        try:
            able = self._executors.get(shop.kind).abilities
        except KeyError:
            return False
        return able.finds_by_email if by_email else able.knows_orders

    def by_email(self, shops: Sequence[ShopView], emails: Sequence[str]) -> list[Bought]:
        """The last orders placed with any of these addresses, by shop."""
        found = []
        for shop in shops:
            if not self.can_ask(shop, by_email=True):
                continue
            answers = [self._asked(shop, "email", one.strip().lower()) for one in emails]
            error = next((one.error for one in answers if one.error), None)
            found.append(Bought(shop, [one for answer in answers for one in answer.purchases], error))
        return found

    def by_number(self, shops: Sequence[ShopView], number: str) -> list[Bought]:
        """The order of this number, by shop."""
        able = [shop for shop in shops if self.can_ask(shop)]
        answers = [(shop, self._asked(shop, "number", number.strip())) for shop in able]
        return [Bought(shop, answer.purchases, answer.error) for shop, answer in answers]

    def _asked(self, shop: ShopView, how: str, what: str) -> _Answer:
        """One question at a time about the same thing: the second takes the first one's answer."""
        key = (shop.id, how, what)
        with self._lock:
            turn = self._asking.setdefault(key, threading.Lock())
        with turn:
            kept = self._remembered(key)
            if kept is None:
                kept = self._ask(shop, how, what)
                with self._lock:
                    self._kept[key] = kept
                    while len(self._kept) > MOST_KEPT:
                        self._kept.popitem(last=False)
        with self._lock:
            self._asking.pop(key, None)
        return kept

    def _remembered(self, key: tuple[int, str, str]) -> _Answer | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.until <= self._clock():
                del self._kept[key]
                kept = None
        return kept

    def _ask(self, shop: ShopView, how: str, what: str) -> _Answer:
        found: Sequence[Purchase] = ()
        error = None
        try:
            executor = self._executors.get(shop.kind)
            access = Access(shop.settings, self._box.open(shop.sealed_secret) if shop.sealed_secret else {})
            if how == "email":
                found = executor.purchases(access, what)
            else:
                one = executor.purchase(access, what)
                found = (one,) if one else ()
        except ExecutorError as failure:
            error = failure.code
            log.warning("orders_not_found", shop=shop.id, how=how, code=error)
        except Exception as crash:
            error = errors.INTERNAL
            log.exception("order_search_crashed", shop=shop.id, how=how, error=type(crash).__name__)
        return _Answer(found, error, self._clock() + KEPT_SECONDS)
