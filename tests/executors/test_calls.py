"""What shops call about: believed when it is signed, and then only that something is to be asked."""

import base64
import json
from typing import Any

import pytest

from app.core.clock import utc_now
from app.core.http import Http
from app.core.sections import Outgoing
from app.core.signing import mac
from app.executors.errors import Refused
from app.executors.ports import Access, Executor, Notice
from app.executors.shopify import ShopifyExecutor
from app.executors.woocommerce import WooCommerceExecutor

HTTP = Http(Outgoing())
WOO, SHOPIFY = WooCommerceExecutor(HTTP), ShopifyExecutor(HTTP)
NAMES = {WOO.kind: "X-WC-Webhook-Signature", SHOPIFY.kind: "X-Shopify-Hmac-Sha256"}
SECRET = Access({}, {"webhook_secret": "secret"})
BODY, SIGNATURE = b'{"object":"page"}', "wUVvg+FThaA1Ysvi6qqRjsXga08XD5CSg6J4HHkk5NE="
"""As Shopify and WooCommerce sign it: HMAC-SHA256 with the key ``secret``, in base64."""


def notices(executor: Executor, body: bytes) -> list[Notice]:
    signed = base64.b64encode(mac("secret", body)).decode()
    return list(executor.notices(SECRET, {NAMES[executor.kind]: signed}, body, utc_now()))


@pytest.mark.parametrize("executor", [WOO, SHOPIFY], ids=lambda one: one.kind)
def test_signatures_are_those_of_the_shops(executor: Executor) -> None:
    name = NAMES[executor.kind]
    assert list(executor.notices(SECRET, {name: SIGNATURE}, BODY, utc_now())) == []
    for access, headers, body in (
        (Access({}, {}), {name: base64.b64encode(mac("", BODY)).decode()}, BODY),
        (Access({}, {"webhook_secret": "other"}), {name: SIGNATURE}, BODY),
        (SECRET, {name: SIGNATURE.lower()}, BODY),
        (SECRET, {name: SIGNATURE}, BODY + b" "),
        (SECRET, {name: ""}, BODY),
        (SECRET, {}, BODY),
    ):
        with pytest.raises(Refused):
            executor.notices(access, headers, body, utc_now())


@pytest.mark.parametrize(
    ("executor", "told", "found"),
    [
        (WOO, {"id": 7, "number": "#A-7", "refunds": []}, [Notice(order="A-7")]),
        (WOO, {"action": "woocommerce_order_refunded", "arg": 7}, [Notice(order_id="7")]),
        (WOO, {"id": 7, "name": "a product"}, []),
        (WOO, ["no object"], []),
        (SHOPIFY, {"id": 7, "name": "#1001"}, [Notice(order="1001")]),
        (
            SHOPIFY,
            {"id": 7, "order_id": 450789469, "transactions": []},
            [Notice(order_id="gid://shopify/Order/450789469")],
        ),
        (SHOPIFY, {"id": 7, "name": None}, []),
        (SHOPIFY, None, []),
    ],
)
def test_what_is_to_be_asked_about(executor: Executor, told: Any, found: list[Notice]) -> None:
    assert notices(executor, json.dumps(told).encode()) == found


def test_the_greeting_of_a_new_address_is_let_pass() -> None:
    assert list(WOO.notices(Access({}, {}), {}, b"webhook_id=12", utc_now())) == []
    with pytest.raises(Refused):
        WOO.notices(SECRET, {}, b'webhook_id=12&number="7"', utc_now())
