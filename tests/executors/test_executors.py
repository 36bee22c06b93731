"""Stripe and webhook over real sockets: each outside call failing in each way, and still one effect or "unsure"."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.db import Database
from app.core.http import Http
from app.core.sections import Outgoing
from app.core.security import SecretBox
from app.core.signing import sign
from app.executors import errors
from app.executors.answers import verify
from app.executors.errors import NotNow, OutcomeUnknown, Refused
from app.executors.manual import ManualExecutor
from app.executors.ports import Access, Executor, Kind, Progress, Task
from app.executors.registry import Executors
from app.executors.stripe import StripeExecutor
from app.executors.webhook import WebhookExecutor
from app.remedies import by_hand, execution
from app.remedies.models import Shop
from app.remedies.runner import Runner
from app.remedies.types import State
from tests.executors import stripe_double, webhook_double
from tests.executors.stripe_double import StripeDouble
from tests.executors.webhook_double import WebhookDouble
from tests.remedies.stage import KEY, Stage
from tests.servers.loopback import Loopback

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PAYMENT = "pi_3PorchlightTest"
TASK = Task("remedy-1-1", Kind.REFUND, 6000, "EUR", PAYMENT, "", "broken")


@pytest.fixture(scope="module")
def http() -> Http:
    """With little patience: what hangs is given up after half a second."""
    return Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"], "total_seconds": 0.5}))


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def stripe(server: Loopback) -> Iterator[StripeDouble]:
    double = StripeDouble()
    double.pay(PAYMENT, 10000)
    double.serve(server)
    yield double
    assert double.wrong == [], "held to Stripe's own description"


def at_stripe(server: Loopback, http: Http) -> tuple[StripeExecutor, Access]:
    secret = {"api_key": stripe_double.KEY, "webhook_key": stripe_double.WEBHOOK_KEY}
    return StripeExecutor(http, server.url("").rstrip("/")), Access({}, secret)


def test_a_refund_at_stripe(server: Loopback, http: Http, stripe: StripeDouble) -> None:
    executor, access = at_stripe(server, http)
    executor.check(access)
    bought = executor.purchase(access, PAYMENT)
    assert bought is not None
    assert (bought.currency, bought.paid, bought.refunded) == ("EUR", 10000, 0)
    done = executor.execute(access, TASK)
    assert done.progress is Progress.DONE
    assert executor.execute(access, TASK) == done, "the same key, the same refund"
    assert executor.look_up(access, TASK) == done
    assert len(stripe.refunds) == 1
    assert stripe.refunds[0]["metadata"] == {"porchlight_key": "remedy-1-1"}
    known = executor.purchase(access, f"ch_{PAYMENT[3:]}")
    assert known is not None
    assert known.refunded == 6000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 10001}, errors.MORE_THAN_PAID),
        ({"currency": "USD"}, errors.WRONG_CURRENCY),
        ({"order_number": "pi_3Unknown0000"}, errors.UNKNOWN_ORDER),
        ({"order_number": "A-1001"}, errors.UNKNOWN_ORDER),
        ({"order_number": "pi_../../v1/x"}, errors.UNKNOWN_ORDER),
        ({"kind": Kind.REPLACEMENT}, errors.NOT_SUPPORTED),
        ({"currency": "ISK"}, errors.NOT_SUPPORTED),
        ({"currency": "KWD", "amount": 1234}, errors.NOT_SUPPORTED),
    ],
)
def test_what_stripe_will_not_do(
    server: Loopback, http: Http, stripe: StripeDouble, changes: dict[str, Any], code: str
) -> None:
    executor, access = at_stripe(server, http)
    fields = {name: getattr(TASK, name) for name in TASK.__slots__}
    with pytest.raises(Refused) as refused:
        executor.execute(access, Task(**{**fields, **changes}))
    assert refused.value.code == code
    assert stripe.refunds == []


def test_a_disputed_payment_is_left_to_the_bank(server: Loopback, http: Http, stripe: StripeDouble) -> None:
    stripe.pay(PAYMENT, 10000, disputed=True)
    executor, access = at_stripe(server, http)
    with pytest.raises(Refused) as refused:
        executor.execute(access, TASK)
    assert refused.value.code == errors.DISPUTED


def test_a_wrong_key_is_said_at_once(server: Loopback, http: Http, stripe: StripeDouble) -> None:
    executor, _access = at_stripe(server, http)
    with pytest.raises(Refused) as refused:
        executor.check(Access({}, {"api_key": "sk_wrong", "webhook_key": ""}))
    assert refused.value.code == errors.WRONG_CREDENTIALS


def test_nothing_leaves_after_its_time(server: Loopback, http: Http, stripe: StripeDouble) -> None:
    executor, access = at_stripe(server, http)
    late = Access(access.settings, access.secret, act_before=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotNow):
        executor.execute(late, TASK)
    assert stripe.refunds == []


def test_a_refund_is_found_behind_hundreds_of_others(server: Loopback, http: Http, stripe: StripeDouble) -> None:
    executor, access = at_stripe(server, http)
    found = executor.execute(access, TASK)
    mine = stripe.refunds.pop()
    stripe.refunds = [mine, *({**mine, "id": f"re_x{n}", "metadata": {}} for n in range(250))]
    assert executor.look_up(access, TASK) == found
    other = Task("remedy-2-1", Kind.REFUND, 6000, "EUR", PAYMENT, "", "broken")
    assert executor.look_up(access, other) is None


def test_a_look_up_that_fails_never_reads_as_not_there(server: Loopback, http: Http, stripe: StripeDouble) -> None:
    executor, access = at_stripe(server, http)
    for fault in stripe_double.FAULTS:
        stripe.fault = lambda _n, fault=fault: fault  # type: ignore[misc]
        with pytest.raises(OutcomeUnknown):
            executor.look_up(access, TASK)


def test_signatures_are_those_of_stripes_example() -> None:
    body = b'{"object":"page"}'
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    expected = "t=1700000000,v1=07172bd2c445b5474205241936da29723cc22a0a78e655804300a551573bc561"
    assert sign("whsec_test", body, at) == expected
    verify("whsec_test", expected, body, at + timedelta(seconds=299))
    verify("whsec_test", f"{expected},v1=00,v0=11", body, at)
    for wrong, key, when in (
        (expected, "whsec_other", at),
        (expected, "", at),
        (expected, "whsec_test", at + timedelta(seconds=301)),
        (expected, "whsec_test", at - timedelta(seconds=301)),
        (expected.replace("0717", "0718"), "whsec_test", at),
        ("", "whsec_test", at),
        ("t=,v1=", "whsec_test", at),
        ("t=1700000000", "whsec_test", at),
        (expected.replace("t=17", "t=17,t=17"), "whsec_test", at),
    ):
        with pytest.raises(Refused):
            verify(key, wrong, body, when)
    with pytest.raises(Refused):
        verify("whsec_test", expected, body + b" ", at)


@pytest.mark.parametrize(
    ("thing", "found"),
    [
        ({"object": "refund", "id": "re_1", "metadata": {"porchlight_key": "remedy-1-1"}}, [("remedy-1-1", "re_1")]),
        ({"object": "refund", "id": "re_1"}, [(None, "re_1")]),
        ({"object": "charge", "refunds": {"data": [{"id": "re_2", "metadata": {}}]}}, [(None, "re_2")]),
        ({"object": "charge"}, []),
        ({"object": "charge", "id": "ch_123456", "payment_intent": "pi_123456"}, [(None, None)]),
        ({"object": "customer", "refunds": {"data": ["x"]}}, []),
    ],
)
def test_what_stripe_calls_about(http: Http, thing: dict[str, Any], found: list[tuple[str | None, str]]) -> None:
    executor = StripeExecutor(http)
    body = json.dumps({"type": "refund.updated", "data": {"object": thing}}).encode()
    headers = {"Stripe-Signature": sign(stripe_double.WEBHOOK_KEY, body, NOW)}
    access = Access({}, {"webhook_key": stripe_double.WEBHOOK_KEY})
    assert [(one.key, one.external_id) for one in executor.notices(access, headers, body, NOW)] == found
    with pytest.raises(Refused):
        executor.notices(access, {}, body, NOW)


def test_by_hand_is_never_a_programs() -> None:
    executor: Executor = ManualExecutor()
    assert executor.purchase(Access(), "A") is None
    executor.check(Access())
    with pytest.raises(Refused):
        executor.execute(Access(), TASK)
    with pytest.raises(OutcomeUnknown):
        executor.look_up(Access(), TASK)


class Place:
    """A stage whose remedies are carried out by a real executor at a double."""

    def __init__(self, db: Database, server: Loopback, http: Http, kind: str) -> None:
        self.stage = Stage(db).set_up()
        self.stage.now = datetime.now(UTC)
        box, self.double = SecretBox(KEY), StripeDouble() if kind == "stripe" else WebhookDouble()
        address = self.double.serve(server)
        if isinstance(self.double, StripeDouble):
            self.double.pay(PAYMENT, 10000)
            secret = {"api_key": stripe_double.KEY, "webhook_key": stripe_double.WEBHOOK_KEY}
        else:
            secret = {"signing_key": webhook_double.KEY}
        self.executors = Executors([StripeExecutor(http, address), WebhookExecutor(http)])
        with db.write() as session:
            shop = Shop(
                kind=kind,
                name=kind,
                by_hand=False,
                currency="EUR",
                settings={"url": address},
                sealed_secret=box.seal(secret),
                created_at=self.stage.now,
            )
            session.add(shop)
            session.flush()
            self.shop_id = shop.id
        self.runner = Runner(db, self.executors, box, lease_seconds=60, clock=lambda: self.stage.now)

    def ask(self) -> int:
        remedy = self.stage.ask(amount="60", order_number=PAYMENT, paid="100", shop_id=self.shop_id)
        self.stage.decide("sue", remedy)
        return remedy

    @property
    def effects(self) -> int:
        return len(self.double.refunds if isinstance(self.double, StripeDouble) else self.double.effects)


@pytest.mark.parametrize("kind", ["stripe", "webhook"])
@pytest.mark.parametrize("fault", stripe_double.FAULTS)
def test_the_nth_call_failing_leaves_one_effect_or_unsure(
    db: Database, server: Loopback, http: Http, kind: str, fault: str
) -> None:
    """For every call there is, counted in a run without faults."""
    place = Place(db, server, http, kind)
    stage, double = place.stage, place.double
    place.ask()
    place.runner.run()
    calls = double.calls
    assert place.effects == 1
    for number in range(1, calls + 1):
        if isinstance(double, StripeDouble):
            double.refunds.clear()
            double.answers.clear()
        else:
            double.effects.clear()
        order = f"{PAYMENT}{number}"
        if isinstance(double, StripeDouble):
            double.pay(order, 10000)
        first = double.calls
        double.fault = lambda n, at=first + number: fault if n == at else ""  # type: ignore[misc]
        remedy = stage.ask(amount="60", order_number=order, paid="100", shop_id=place.shop_id)
        for who in ("sue", "sam"):
            if stage.state(remedy) is State.ASKED:
                stage.decide(who, remedy)
        place.runner.run()
        assert stage.state(remedy) in (State.EXECUTED, State.UNSURE, State.FAILED, State.APPROVED)
        assert place.effects <= 1
        if stage.state(remedy) is not State.EXECUTED:
            shown = stage.execution(remedy)
            assert shown.error_code, "and says why"
        if place.effects:
            assert stage.state(remedy) in (State.EXECUTED, State.UNSURE), "never shown as not done"
        stage.later(minutes=5)
        place.runner.run()
        assert place.effects <= 1
        if stage.state(remedy) is State.FAILED:
            assert place.effects == 0
            stage.again("ann", remedy)
            place.runner.run()
        stage.later(minutes=45)
        place.runner.run()
        assert (stage.state(remedy), place.effects) == (State.EXECUTED, 1), (number, fault)


def test_nobody_can_know_so_a_person_decides(db: Database, server: Loopback, http: Http) -> None:
    place = Place(db, server, http, "webhook")
    stage, double = place.stage, place.double
    double.fault = lambda n: "lost_after" if n == 1 else "crashed_after"
    remedy = place.ask()
    place.runner.run()
    assert stage.state(remedy) is State.UNSURE, "shown at once"
    for _hours in range(40):
        stage.later(hours=1)
        place.runner.run()
    assert stage.execution(remedy).due_at is None, "after a day nobody asks any more"
    assert (place.effects, stage.state(remedy)) == (1, State.UNSURE)
    sue = stage.actor("sue")
    stage.do(lambda s: by_hand.settle(s, sue, remedy, done=True, reference="seen at the shop", now=stage.now))
    assert stage.state(remedy) is State.EXECUTED


def test_a_call_back_only_has_us_ask_again(db: Database, server: Loopback, http: Http) -> None:
    place = Place(db, server, http, "webhook")
    stage, double = place.stage, place.double
    assert isinstance(double, WebhookDouble)
    double.status = "pending"
    remedy = place.ask()
    place.runner.run()
    assert stage.state(remedy) is State.EXECUTING
    key = f"remedy-{remedy}-1"
    assert stage.do(lambda s: execution.look_again(s, place.shop_id + 1, [key], [], stage.now)) == 0
    assert stage.do(lambda s: execution.look_again(s, place.shop_id, [key], [], stage.now)) == 1
    place.runner.run()
    assert stage.state(remedy) is State.EXECUTING, "it said so itself"
    double.done[key]["status"] = "done"
    stage.do(lambda s: execution.look_again(s, place.shop_id, [key], [], stage.now))
    place.runner.run()
    assert stage.state(remedy) is State.EXECUTED
    double.done[key]["status"] = "failed"
    stage.later(days=3)
    stage.do(lambda s: execution.look_again(s, place.shop_id, [key], [], stage.now))
    place.runner.run()
    assert stage.state(remedy) is State.FAILED, "days later, too"
