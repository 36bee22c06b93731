"""Shopify over real sockets, against its own schema: money goes back once, replacements are free and sent once."""

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
from app.executors.shopify import ShopifyExecutor
from tests.executors.shopify_double import FAULTS, SHOP, TOKEN, ShopifyDouble
from tests.servers.loopback import Loopback

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TASK = Task("remedy-1-1", Kind.REFUND, 6000, "EUR", "1001", "", "broken", first_sent_at=LONG_AGO)
AGAIN = replace(TASK, kind=Kind.REPLACEMENT, amount=5000, order_line="Lamp #7")
ACCESS = Access({"shop_domain": SHOP}, {"access_token": TOKEN})


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def shop(server: Loopback) -> Iterator[ShopifyDouble]:
    double = ShopifyDouble()
    double.sell("1001")
    double.serve(server)
    yield double
    assert double.wrong == [], "held to Shopify's own schema"


@pytest.fixture
def executor(server: Loopback, shop: ShopifyDouble) -> ShopifyExecutor:
    http = Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"], "total_seconds": 30}))
    return ShopifyExecutor(http, server.url("").rstrip("/"))


def test_a_refund_moves_money_once(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    executor.check(ACCESS)
    done = executor.execute(ACCESS, TASK)
    assert (done.progress, len(shop.refunds)) == (Progress.DONE, 1)
    assert executor.execute(ACCESS, TASK) == done == executor.look_up(ACCESS, TASK)
    assert len(shop.refunds) == 1
    bought = executor.purchase(ACCESS, "#1001")
    assert bought is not None
    assert (bought.number, bought.currency, bought.paid, bought.refunded) == ("1001", "EUR", 10000, 6000)
    assert [(one.key, one.quantity, one.paid) for one in bought.lines] == [("Lamp #7", 2, 10000)]
    assert executor.purchase(ACCESS, next(iter(shop.orders))) == bought, "a call of the shop names only the id"
    assert executor.purchase(ACCESS, "gid://shopify/Order/999999") is None


def test_what_was_paid_in_parts_goes_back_in_parts(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    shop.sell("1002", gateways=(2500, 7500))
    executor.execute(ACCESS, replace(TASK, order_number="1002"))
    (refund,) = shop.refunds
    assert refund["parts"] == {"gateway0": 2500, "gateway1": 3500}


def test_money_that_is_on_its_way_is_asked_about(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    shop.status = "PENDING"
    assert executor.execute(ACCESS, TASK).progress is Progress.PENDING
    (node,) = shop.refunds[0]["transactions"]["nodes"]
    node["status"] = "FAILURE"
    found = executor.look_up(ACCESS, TASK)
    assert found is not None
    assert found.progress is Progress.FAILED


def test_a_replacement_is_free_and_sent_once(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    done = executor.execute(ACCESS, AGAIN)
    assert executor.execute(ACCESS, AGAIN) == done == executor.look_up(ACCESS, AGAIN)
    (draft,) = shop.drafts.values()
    assert (draft["status"], draft["tags"]) == ("COMPLETED", ["remedy-1-1"])
    (item,) = draft["given"]["lineItems"]
    assert (item["variantId"], item["quantity"]) == ("gid://shopify/ProductVariant/9", 1)
    assert draft["given"]["shippingAddress"] == {"city": "Bonn", "countryCode": "DE", "firstName": "Eva"}
    assert shop.refunds == []


def test_what_costs_something_stays_a_draft(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    shop.shipping = "4.90"
    with pytest.raises(Refused, match="not free"):
        executor.execute(ACCESS, AGAIN)
    assert shop.sent_again == []


def test_a_draft_that_can_not_be_found_yet_is_not_made_again(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    early = replace(AGAIN, first_sent_at=datetime.now(UTC))
    with pytest.raises(OutcomeUnknown):
        executor.look_up(ACCESS, early)
    assert executor.look_up(ACCESS, AGAIN) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 10001}, errors.MORE_THAN_PAID),
        ({"currency": "USD"}, errors.WRONG_CURRENCY),
        ({"order_number": "9"}, errors.UNKNOWN_ORDER),
        ({"order_number": '1001" OR name:"1'}, errors.UNKNOWN_ORDER),
        ({"kind": Kind.CREDIT}, errors.NOT_SUPPORTED),
        ({"kind": Kind.REPLACEMENT, "order_line": "Lamp #8"}, errors.LINE_NEEDED),
    ],
)
def test_what_will_not_be_done(
    shop: ShopifyDouble, executor: ShopifyExecutor, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        executor.execute(ACCESS, replace(TASK, **changes))
    assert refused.value.code == code
    assert (shop.refunds, shop.drafts) == ([], {})


def test_a_disputed_order_is_left_to_the_bank(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    for order in shop.orders.values():
        order["disputes"] = [{"status": "UNDER_REVIEW"}]
    with pytest.raises(Refused) as refused:
        executor.execute(ACCESS, TASK)
    assert refused.value.code == errors.DISPUTED


def test_customers_are_found_by_their_whole_address_only(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    shop.sell("1002", email="other-eva@x.example")
    shop.sell("1003", email="Eva@x.example")
    assert [one.number for one in executor.purchases(ACCESS, "EVA@x.example")] == ["1001"]
    assert executor.purchases(ACCESS, 'x@y" OR email:"eva@x.example') == []


def test_a_token_that_may_too_little_is_refused(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    shop.scopes = ("read_orders",)
    with pytest.raises(Refused, match="write_draft_orders, write_orders"):
        executor.check(ACCESS)
    for access in (
        replace(ACCESS, secret={"access_token": "x"}),
        replace(ACCESS, settings={"shop_domain": "x.example"}),
    ):
        with pytest.raises(Refused):
            executor.check(access)


def test_nothing_leaves_after_its_time(shop: ShopifyDouble, executor: ShopifyExecutor) -> None:
    late = replace(ACCESS, act_before=datetime.now(UTC) - timedelta(seconds=1))
    for task in (TASK, AGAIN):
        with pytest.raises(NotNow):
            executor.execute(late, task)
    assert (shop.refunds, shop.drafts) == ([], {})


@pytest.mark.parametrize("task", [TASK, AGAIN], ids=["refund", "replacement"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_nth_call_failing_leaves_one_effect(
    shop: ShopifyDouble, executor: ShopifyExecutor, task: Task, fault: str
) -> None:
    """For every call there is: tried, looked up, and tried again only where nothing had happened."""
    executor.execute(ACCESS, task)
    for number in range(1, shop.calls + 1):
        shop.orders.clear()
        shop.drafts.clear()
        shop.answers.clear()
        shop.sell("1001")
        shop.calls, shop.fault = 0, lambda n, at=number: fault if n == at else ""  # type: ignore[misc]
        first = _ran(lambda: executor.execute(ACCESS, task))
        shop.fault = lambda _n: ""
        effects = len(shop.refunds) + len(shop.sent_again)
        if isinstance(first, Refused | NotNow):
            assert effects == 0, "said not to be done, and it was not"
        elif isinstance(first, OutcomeUnknown) and _ran(lambda: executor.look_up(ACCESS, task)) is None:
            assert effects == 0, "proved not to be there"
        executor.execute(ACCESS, task)
        assert len(shop.refunds) + len(shop.sent_again) == 1, (number, fault)


def _ran(work: Any) -> Outcome | ExecutorError | None:
    try:
        found: Outcome | None = work()
    except ExecutorError as error:
        return error
    return found
