"""Shopify and WooCommerce as a worker asks them: whatever call fails, one effect, or shown as unsure at once."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.db import Database
from app.core.http import Http
from app.core.sections import Outgoing
from app.core.security import SecretBox
from app.executors.ports import Executor, Kind
from app.executors.registry import Executors
from app.executors.shopify import ShopifyExecutor
from app.executors.woocommerce import WooCommerceExecutor
from app.remedies import by_hand
from app.remedies.models import Shop
from app.remedies.runner import Runner
from app.remedies.types import State
from tests.executors import shopify_double, woo_double
from tests.executors.shopify_double import ShopifyDouble
from tests.executors.woo_double import WooDouble
from tests.remedies.stage import KEY, Stage
from tests.servers.loopback import Loopback


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: what a shop does and how that is recorded depends on no database; test_executors tries both."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@dataclass
class Place:
    """A stage with one shop, and the worker that asks it."""

    stage: Stage
    double: ShopifyDouble | WooDouble
    runner: Runner
    shop_id: int

    def sell(self, number: int) -> None:
        if isinstance(self.double, WooDouble):
            self.double.sell(number)
        else:
            self.double.sell(str(number))

    def ask(self, kind: Kind, number: int) -> int:
        """Ask for half of an order, signed by who has to."""
        line = "Lamp #7" if kind is Kind.REPLACEMENT else ""
        remedy = self.stage.ask(
            kind=kind,
            amount="50",
            order_number=str(number),
            order_line=line,
            paid="100",
            line_paid="100" if line else "",
            shop_id=self.shop_id,
        )
        for who in ("sue", "sam"):
            if self.stage.state(remedy) is State.ASKED:
                self.stage.decide(who, remedy)
        return remedy

    @property
    def effects(self) -> int:
        if isinstance(self.double, WooDouble):
            return len(self.double.sent) + len(self.double.replacements)
        return len(self.double.refunds) + len(self.double.sent_again)


@pytest.fixture(params=["shopify", "woocommerce"])
def place(request: pytest.FixtureRequest, db: Database) -> Iterator[Place]:
    stage, box = Stage(db).set_up(), SecretBox(KEY)
    stage.now = datetime.now(UTC)
    http = Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"], "total_seconds": 30}))
    with Loopback() as server:
        double: ShopifyDouble | WooDouble
        executor: Executor
        if request.param == "shopify":
            double, executor = ShopifyDouble(), ShopifyExecutor(http, server.url("").rstrip("/"))
            settings, secret = {"shop_domain": shopify_double.SHOP}, {"access_token": shopify_double.TOKEN}
        else:
            double, executor = WooDouble(), WooCommerceExecutor(http)
            settings, secret = {"url": server.url("/")}, woo_double.KEYS
        double.serve(server)
        shop = Shop(
            kind=request.param,
            name=request.param,
            by_hand=False,
            currency="EUR",
            settings=settings,
            sealed_secret=box.seal(secret),
            created_at=stage.now,
        )
        stage.do(lambda s: s.add(shop))
        runner = Runner(db, Executors([executor]), box, lease_seconds=60, clock=lambda: stage.now)
        yield Place(stage, double, runner, shop.id)
        assert double.wrong == []


@pytest.mark.parametrize("fault", woo_double.FAULTS)
def test_the_nth_call_failing_leaves_one_effect_or_unsure(place: Place, fault: str) -> None:
    """For every call there is, counted in a run without faults; a person settles what the shop can't tell.

    What fails before its effect is tried for replacements by the executors' own tests alone.
    """
    fail_each(place, Kind.REFUND, fault, 1000)
    if fault.endswith("_after"):
        fail_each(place, Kind.REPLACEMENT, fault, 2000)


def fail_each(place: Place, kind: Kind, fault: str, first: int) -> None:
    """Have one call after the other fail; ``first`` is the number of the first order."""
    stage, double = place.stage, place.double
    place.sell(first)
    place.ask(kind, first)
    double.calls, double.fault, already = 0, lambda _n: "", place.effects
    place.runner.run()
    calls = double.calls
    assert (calls > 1, place.effects - already) == (True, 1)
    for number in range(1, calls + 1):
        place.sell(first + 10 * number)
        remedy, before, double.calls = place.ask(kind, first + 10 * number), place.effects, 0
        double.fault = lambda n, at=number: fault if n == at else ""  # type: ignore[misc]
        place.runner.run()
        state, done = stage.state(remedy), place.effects - before
        assert state in (State.EXECUTED, State.UNSURE, State.FAILED, State.APPROVED)
        assert done <= 1
        if state is not State.EXECUTED:
            assert stage.execution(remedy).error_code, "and says why"
        if done:
            assert state in (State.EXECUTED, State.UNSURE), "never shown as not done"
        stage.later(minutes=5)
        place.runner.run()
        if stage.state(remedy) is State.FAILED:
            assert place.effects == before
            stage.again("ann", remedy)
        stage.later(minutes=45)
        place.runner.run()
        if stage.state(remedy) is State.UNSURE:
            sue, found = stage.actor("sue"), place.effects > before
            stage.do(lambda s: by_hand.settle(s, sue, remedy, done=found, reference="seen", now=stage.now))  # noqa: B023
            if not found:
                stage.again("ann", remedy)
                place.runner.run()
        assert (stage.state(remedy), place.effects - before) == (State.EXECUTED, 1), (number, fault)
