"""WooCommerce over real sockets: money goes back once, replacements cost nothing, and doubt is shown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.http import Http
from app.core.sections import Outgoing
from app.executors import errors
from app.executors.errors import ExecutorError, NotNow, OutcomeUnknown, Refused
from app.executors.ports import Access, Kind, Outcome, Progress, Task
from app.executors.woocommerce import WooCommerceExecutor
from tests.executors.woo_double import FAULTS, KEYS, WooDouble
from tests.servers.loopback import Loopback

ORDER = 5001
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TASK = Task("remedy-1-1", Kind.REFUND, 6000, "EUR", str(ORDER), "", "broken", first_sent_at=NOW)
AGAIN = replace(TASK, kind=Kind.REPLACEMENT, amount=5000, order_line="Lamp #7")


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def shop(server: Loopback) -> Iterator[WooDouble]:
    double = WooDouble()
    double.sell(ORDER)
    double.serve(server)
    yield double
    assert double.wrong == [], "held to WooCommerce's own documentation"


@pytest.fixture(scope="module")
def executor() -> WooCommerceExecutor:
    return WooCommerceExecutor(Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"], "total_seconds": 30})))


@pytest.fixture
def access(server: Loopback, shop: WooDouble) -> Access:
    return Access({"url": server.url("/")}, KEYS)


def test_a_refund_goes_through_the_payment_provider_once(
    shop: WooDouble, executor: WooCommerceExecutor, access: Access
) -> None:
    executor.check(access)
    done = executor.execute(access, TASK)
    assert done.progress is Progress.DONE
    assert executor.execute(access, TASK) == done, "found by its key, not made again"
    assert executor.look_up(access, TASK) == done
    assert shop.sent == [(ORDER, 6000)]
    bought = executor.purchase(access, f"#{ORDER}")
    assert bought is not None
    assert (bought.currency, bought.paid, bought.refunded) == ("EUR", 10000, 6000)
    (line,) = bought.lines
    assert (line.key, line.quantity, line.paid) == ("Lamp #7", 2, 10000)
    assert bought.line("7") == bought.line("Lamp #7") == line


def test_a_replacement_costs_nothing_and_is_made_once(
    shop: WooDouble, executor: WooCommerceExecutor, access: Access
) -> None:
    done = executor.execute(access, AGAIN)
    assert executor.execute(access, AGAIN) == done == executor.look_up(access, AGAIN)
    (fresh,) = shop.replacements
    assert (fresh["total"], fresh["status"], fresh["billing"]["city"]) == ("0.00", "processing", "Bonn")
    assert [(one["product_id"], one["quantity"]) for one in fresh["line_items"]] == [(9, 1)], "half the value: one lamp"
    assert shop.sent == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 10001}, errors.MORE_THAN_PAID),
        ({"currency": "USD"}, errors.WRONG_CURRENCY),
        ({"order_number": "9"}, errors.UNKNOWN_ORDER),
        ({"order_number": "../../x"}, errors.UNKNOWN_ORDER),
        ({"kind": Kind.CREDIT}, errors.NOT_SUPPORTED),
        ({"kind": Kind.REPLACEMENT, "order_line": "Lamp #8"}, errors.LINE_NEEDED),
    ],
)
def test_what_will_not_be_done(
    shop: WooDouble, executor: WooCommerceExecutor, access: Access, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        executor.execute(access, replace(TASK, **changes))
    assert refused.value.code == code
    assert (shop.sent, shop.replacements) == ([], [])


def test_what_can_not_be_sent_back_is_not_booked_either(
    shop: WooDouble, executor: WooCommerceExecutor, access: Access
) -> None:
    shop.supports = ("products",)
    with pytest.raises(Refused) as refused:
        executor.execute(access, TASK)
    assert (refused.value.code, shop.refunds[ORDER]) == (errors.NOT_SUPPORTED, [])
    shop.supports, shop.pays = ("refunds",), False
    with pytest.raises(OutcomeUnknown) as unclear:
        executor.execute(access, TASK)
    assert unclear.value.code == errors.NOT_PAID_OUT, "booked without money: a person has to look"
    with pytest.raises(OutcomeUnknown):
        executor.look_up(access, TASK)


def test_customers_are_found_by_their_whole_address_only(
    shop: WooDouble, executor: WooCommerceExecutor, access: Access
) -> None:
    shop.sell(5002, "7.00", email="other-eva@x.example")
    shop.sell(5003, "8.00", email="EVA@x.example")
    assert [one.number for one in executor.purchases(access, "eva@x.example")] == [str(ORDER)]
    shop.sell(5004, "9.00", number="R-77")
    found = executor.purchase(access, "R-77")
    assert found is not None
    assert found.paid == 900
    assert executor.purchase(access, "5004") is None, "a shop that numbers otherwise has no order of that number"


def test_keys_never_travel_in_the_clear(executor: WooCommerceExecutor) -> None:
    for url in ("http://shop.example", "ftp://shop.example", "", "shop.example"):
        with pytest.raises(Refused) as refused:
            executor.check(Access({"url": url}, KEYS))
        assert refused.value.code == errors.ADDRESS_REFUSED


def test_wrong_keys_are_said_at_once(executor: WooCommerceExecutor, access: Access) -> None:
    with pytest.raises(Refused) as refused:
        executor.check(replace(access, secret={"consumer_key": "ck_x", "consumer_secret": "cs_x"}))
    assert refused.value.code == errors.WRONG_CREDENTIALS


def test_nothing_leaves_after_its_time(shop: WooDouble, executor: WooCommerceExecutor, access: Access) -> None:
    late = replace(access, act_before=datetime.now(UTC) - timedelta(seconds=1))
    for task in (TASK, AGAIN):
        with pytest.raises(NotNow):
            executor.execute(late, task)
    assert (shop.sent, shop.replacements) == ([], [])


@pytest.mark.parametrize("task", [TASK, AGAIN], ids=["refund", "replacement"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_nth_call_failing_leaves_one_effect_or_doubt(
    shop: WooDouble, executor: WooCommerceExecutor, access: Access, task: Task, fault: str
) -> None:
    """For every call there is: tried and looked up as the runner does it, never sent again without proof."""
    executor.execute(access, task)
    for number in range(1, shop.calls + 1):
        shop.orders.clear()
        shop.refunds.clear()
        shop.sent.clear()
        shop.sell(ORDER)
        shop.calls, shop.fault = 0, lambda n, at=number: fault if n == at else ""  # type: ignore[misc]
        first = _tried(executor, access, task)
        shop.fault = lambda _n: ""
        effects = len(shop.sent) + len(shop.replacements)
        assert effects <= 1
        if isinstance(first, Refused | NotNow):
            assert effects == 0, "said not to be done, and it was not"
        elif isinstance(first, OutcomeUnknown):
            later = _looked_up(executor, access, task)
            if later is None:
                assert effects == 0, "proved not to be there"
                executor.execute(access, task)
            elif isinstance(later, OutcomeUnknown):
                assert effects == 0
                assert task.kind is Kind.REFUND, "only the payment provider knows"
            else:
                assert effects == 1
        assert len(shop.sent) + len(shop.replacements) <= 1


def _tried(executor: WooCommerceExecutor, access: Access, task: Task) -> Outcome | ExecutorError:
    try:
        return executor.execute(access, task)
    except ExecutorError as error:
        return error


def _looked_up(executor: WooCommerceExecutor, access: Access, task: Task) -> Outcome | ExecutorError | None:
    try:
        return executor.look_up(access, task)
    except ExecutorError as error:
        return error
