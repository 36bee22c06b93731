"""Budgets shared by all: never overrun, whoever asks at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from app.connectors.meter import Budget, reserved
from app.core.clock import utc_now
from app.pages import spending
from app.pages.spending import Ledger
from tests.domain.conftest import House


def budget(limit: int = 100) -> Budget:
    return Budget("x:porch:2026-11", limit, utc_now() + timedelta(days=9))


def used(house: House) -> int:
    with house.db.read() as session:
        return spending.used(session, [budget().key]).get(budget().key, 0)


def test_many_at_once_never_overrun_a_budget(house: House) -> None:
    ledger = Ledger(house.db)
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _number: ledger.reserve(budget(), 7), range(30)))
    assert (sum(taken), used(house)) == (14, 98)


def test_a_call_costs_what_it_cost_in_the_end(house: House) -> None:
    ledger = Ledger(house.db)
    with reserved(ledger, budget(), 60) as bill:
        assert bill is not None
        with reserved(ledger, budget(), 60) as second:
            assert second is None
        bill.cost = 5
    assert used(house) == 5


def test_what_was_used_long_ago_is_forgotten(house: House) -> None:
    ledger, now = Ledger(house.db), utc_now()
    ledger.reserve(budget(), 7)
    with house.db.write() as session:
        spending.tidy(session, now + timedelta(days=300))
    assert used(house) == 7
    with house.db.write() as session:
        spending.tidy(session, now + timedelta(days=500))
    assert used(house) == 0
