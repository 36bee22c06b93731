"""Orders beside the thread: found at a real shop double, used to fill the form, failures said in words."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.signing import mac
from app.remedies.models import Remedy, RemedyOrder
from app.remedies.runner import Runner
from tests.domain.platform import Platform
from tests.executors.woo_double import KEYS, WooDouble
from tests.servers.loopback import Loopback
from tests.web.browser import Browser, words
from tests.web.scene import Scene


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def shop(loopback: Loopback) -> Iterator[WooDouble]:
    double = WooDouble()
    double.sell(5001)
    double.serve(loopback)
    yield double
    assert double.wrong == []


def test_from_the_order_beside_the_thread_to_the_request(
    scene: Scene, app: Flask, agent: Browser, admin: Browser, loopback: Loopback, shop: WooDouble
) -> None:
    talk = scene.heard("Eva", "My lamp arrived broken.")
    assert "<h2>" not in agent.get(f"/remedies/beside/{talk}", headers={"HX-Request": "true"}).text, "nothing to ask"
    admin.get("/remedies/shops")
    fields = {f"woocommerce.{name}": value for name, value in KEYS.items()}
    added = admin.post(
        "/remedies/shops",
        kind="woocommerce",
        name="Lamps",
        currency="EUR",
        **{"woocommerce.url": loopback.url("/"), **fields},
    )
    assert added.status_code == 303, words(added)
    by_address = words(agent.get(f"/remedies/beside/{talk}"))
    assert "No e-mail address of theirs is known" in by_address, "a name finds nothing"
    page = agent.get(f"/remedies/beside/{talk}?number=%235001")
    for said in ("5001", "€ 100.00", "Lamps", "2 × Lamp #7"):
        assert said in words(page), said
    found = re.search(r'href="(/remedies/ask/[^"]*line=[^"]*)"', page.text)
    assert found
    form = agent.get(found[1].replace("&amp;", "&")).text
    values = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form))
    assert (values["amount"], values["order_number"], values["order_line"]) == ("100.00", "5001", "Lamp #7")
    asked = agent.post(
        f"/remedies/ask/{talk}",
        **{**values, "kind": "refund", "reason": "broken", "shop": "2", "paid": "", "line_paid": "", "evidence": ""},
    )
    assert asked.status_code == 303, words(asked)
    with scene.parts.db.read() as session:
        assert session.scalars(select(Remedy.order_line)).one() == "Lamp #7"
        assert {(one.line, one.paid, one.by_shop) for one in session.scalars(select(RemedyOrder))} == {
            ("", 10000, True),
            ("Lamp #7", 10000, True),
        }


def test_what_the_shop_gives_back_itself_is_heard_of_and_shown(
    scene: Scene, app: Flask, agent: Browser, admin: Browser, loopback: Loopback, shop: WooDouble
) -> None:
    talk = scene.heard("Eva", "My lamp arrived broken.")
    admin.get("/remedies/shops")
    fields = {f"woocommerce.{name}": value for name, value in KEYS.items()}
    given = {"kind": "woocommerce", "name": "Lamps", "currency": "EUR", "woocommerce.url": loopback.url("/")}
    assert admin.post("/remedies/shops", **given, **fields).status_code == 303
    agent.get(f"/remedies/ask/{talk}")
    wanted = {"kind": "refund", "amount": "60.00", "currency": "EUR", "reason": "broken", "shop": "2", "key": "k1"}
    assert agent.post(f"/remedies/ask/{talk}", **wanted, order_number="5001").status_code == 303
    shop.refunds[5001].append({"id": 1, "amount": "30.00", "total": "-30.00", "meta_data": []})
    body = json.dumps({"id": 5001, "number": "5001", "status": "processing"}).encode()

    def called(secret: str) -> int:
        signature = base64.b64encode(mac(secret, body)).decode()
        headers = {"X-WC-Webhook-Signature": signature, "Content-Type": "application/json"}
        return app.test_client().post("/remedies/called/2", data=body, headers=headers).status_code

    assert called("a long secret") == 400, "nobody is believed without a secret"
    assert "Calls are not believed yet" in words(admin.get("/remedies/shops"))
    assert admin.post("/remedies/shops/2/calls", secret="short").status_code == 422
    assert admin.post("/remedies/shops/2/calls", secret="a long secret").status_code == 303
    assert "Calls are proved" in words(admin.get("/remedies/shops"))
    assert called("another secret") == 400
    assert called("a long secret") == 200
    parts = scene.parts
    Runner(parts.db, parts.executors, parts.box, 30, clock=lambda: utc_now() + timedelta(seconds=5)).run()
    shown = words(admin.get("/remedies"))
    assert "€ 30.00 more was given back at the shop itself" in shown
    assert "€ 60.00 of € 70.00 given or asked for" in shown


def test_a_shop_that_fails_is_said_and_waits_for_nobody(
    scene: Scene, agent: Browser, admin: Browser, loopback: Loopback, shop: WooDouble
) -> None:
    talk = scene.heard("Eva", "My lamp arrived broken.")
    admin.get("/remedies/shops")
    fields = {f"woocommerce.{name}": value for name, value in KEYS.items()}
    given = {"kind": "woocommerce", "name": "Lamps", "currency": "EUR", "woocommerce.url": loopback.url("/")}
    assert admin.post("/remedies/shops", **given, **fields).status_code == 303
    shop.fault = lambda _n: "crashed_after"
    calls = shop.calls
    page = agent.get(f"/inbox/{talk}")
    assert f'hx-get="/remedies/beside/{talk}"' in page.text, "asked for once the thread stands"
    assert shop.calls == calls
    for _ in range(2):
        assert "The shop has a fault." in words(agent.get(f"/remedies/beside/{talk}?number=5001"))
    assert shop.calls == calls + 1
    assert "No shop knows" not in words(agent.get(f"/remedies/beside/{talk}?number=5001"))
