"""Refunds and replacements in a WooCommerce shop.

WooCommerce knows no idempotency: everything we have made carries our key, and is looked for before anything is made.
docs/executors/woocommerce.md lists what we rely on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.core.currencies import plain, units
from app.core.http import Http
from app.executors import errors
from app.executors.answers import header, in_time, verify_base64
from app.executors.errors import ExecutorError, NotNow, OutcomeUnknown, Refused
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Progress, Purchase, Task, line_id
from app.executors.woocommerce import orders
from app.executors.woocommerce.orders import Order
from app.executors.woocommerce.wire import post, read

OUR_KEY = "porchlight_key"
"""Metadata by which a refund or order of ours is found again."""
CLOCKS_APART = timedelta(hours=36)
"""The shop's own clock and time zone may be so far from ours."""
_GREETING = re.compile(rb"webhook_id=[0-9]{1,20}")
_CARRIED_OVER = ("customer_id", "billing", "shipping")


class WooCommerceExecutor:
    """One shop."""

    kind = "woocommerce"
    label = "WooCommerce"
    abilities = Abilities(
        kinds=frozenset({Kind.REFUND, Kind.REPLACEMENT}),
        knows_orders=True,
        finds_by_email=True,
        fields=("url",),
        secrets=("consumer_key", "consumer_secret"),
        calls_with="webhook_secret",
    )

    def __init__(self, http: Http) -> None:
        self._http = http

    def check(self, access: Access) -> None:
        """The keys may read orders."""
        found = read(self._http, access, "/orders", {"per_page": 1})
        if not isinstance(found, list):
            raise Refused(errors.BAD_ANSWER, "no list of orders: is this the shop's address?")

    def purchase(self, access: Access, number: str) -> Purchase | None:
        """What was paid and given back for an order, and its lines."""
        order = orders.by_number(self._http, access, number)
        return orders.purchase(order) if order else None

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        """The last orders with this e-mail address in the billing address."""
        return orders.purchases(orders.by_email(self._http, access, email))

    def execute(self, access: Access, task: Task) -> Outcome:
        """Refund, or send again at no charge; nothing when it was done before."""
        order = self._order(access, task)
        if task.kind is Kind.REFUND:
            return self._refund(access, task, order)
        if task.kind is Kind.REPLACEMENT:
            return self._replace(access, task, order)
        raise Refused(errors.NOT_SUPPORTED, "WooCommerce refunds and sends again")

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        """What carries our key.

        A refund that is not there proves nothing when it was to go through the payment provider: the shop drops its
        record when the provider gives no clear answer. Only a person can look there.
        """
        try:
            order = self._order(access, task)
            if task.kind is Kind.REPLACEMENT:
                return self._replacement_made(access, task, order)
            found = self._refund_made(access, task, order)
        except (NotNow, Refused) as error:
            raise OutcomeUnknown(error.code, error.detail) from None
        if found is None:
            raise OutcomeUnknown(errors.NOT_SEEN, "the shop has no such refund; look at the payment provider")
        return found

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        """Which order was changed or given back. What greets a new address is unsigned, and says nothing."""
        if _GREETING.fullmatch(body):
            return []
        verify_base64(access.secret.get(self.abilities.calls_with, ""), header(headers, "x-wc-webhook-signature"), body)
        try:
            told = json.loads(body)
            number, order_id = told.get("number"), told.get("arg")
        except (ValueError, AttributeError):
            return []
        if isinstance(number, str | int):
            return [Notice(order=str(number).removeprefix("#")[:120])]
        return [Notice(order_id=str(order_id))] if isinstance(order_id, int) else []

    def _order(self, access: Access, task: Task) -> Order:
        order = orders.by_number(self._http, access, task.order_number)
        if order is None or not isinstance(order.get("id"), int):
            raise Refused(errors.UNKNOWN_ORDER, task.order_number)
        if str(order.get("currency") or "").upper() != task.currency:
            raise Refused(errors.WRONG_CURRENCY, str(order.get("currency"))[:10])
        return order

    def _refund(self, access: Access, task: Task, order: Order) -> Outcome:
        made = self._refund_made(access, task, order)
        if made is not None:
            return made
        bought = orders.purchase(order)
        if task.amount > bought.paid - bought.refunded:
            raise Refused(errors.MORE_THAN_PAID, f"{plain(bought.paid - bought.refunded, task.currency)} is left")
        self._pays_back(access, order)
        in_time(access)
        body = {
            "amount": plain(task.amount, task.currency),
            "reason": f"{task.reason} ({task.key})",
            "api_refund": True,
            "api_restock": False,
            "meta_data": [{"key": OUR_KEY, "value": task.key}],
        }
        return _refunded(post(self._http, access, f"/orders/{order['id']}/refunds", body), task)

    def _refund_made(self, access: Access, task: Task, order: Order) -> Outcome | None:
        for refund in orders.refunds(self._http, access, order["id"]):
            if _is_ours(refund, task):
                return _refunded(refund, task)
        return None

    def _pays_back(self, access: Access, order: Order) -> None:
        """Raises Refused when the order was paid in a way by which the shop can't send money back."""
        method = str(order.get("payment_method") or "")
        if not (method and method.replace("_", "").replace("-", "").isalnum()):
            raise Refused(errors.NOT_SUPPORTED, "the order names no payment method")
        try:
            gateway = read(self._http, access, f"/payment_gateways/{method}")
        except Refused:  # the keys may not see it, or it was removed: trying tells
            return
        able = gateway.get("method_supports") if isinstance(gateway, dict) else None
        if isinstance(able, list) and "refunds" not in able:
            raise Refused(errors.NOT_SUPPORTED, f"{method} can't send money back by itself")

    def _replace(self, access: Access, task: Task, order: Order) -> Outcome:
        made = self._replacement_made(access, task, order)
        if made is not None:
            return made
        item = _item(order, task)
        in_time(access)
        body = {
            **{name: order[name] for name in _CARRIED_OVER if order.get(name)},
            "currency": task.currency,
            "status": "processing",
            "customer_note": f"{task.reason} ({task.key})",
            "line_items": [item],
            "meta_data": [{"key": OUR_KEY, "value": task.key}],
        }
        return _sent_again(post(self._http, access, "/orders", body), task)

    def _replacement_made(self, access: Access, task: Task, order: Order) -> Outcome | None:
        if task.first_sent_at is None:
            return None
        buyer = order.get("customer_id")
        since = task.first_sent_at - CLOCKS_APART
        for one in orders.placed_since(self._http, access, since, buyer if isinstance(buyer, int) else 0):
            if _is_ours(one, task):
                return _sent_again(one, task)
        return None


def _is_ours(thing: dict[str, Any], task: Task) -> bool:
    meta = thing.get("meta_data")
    known = [one for one in meta if isinstance(one, dict)] if isinstance(meta, list) else []
    return any(one.get("key") == OUR_KEY and one.get("value") == task.key for one in known)


def _refunded(refund: Any, task: Task) -> Outcome:
    """What a refund of ours says. Booked without money moving is for a person: the shop counts it as given back."""
    amount = str(refund.get("amount") or "") if isinstance(refund, dict) else ""
    try:
        fits = _is_ours(refund, task) and units(amount, task.currency) == task.amount
    except (AttributeError, ValueError):
        fits = False
    if not fits or not isinstance(refund.get("id"), int):
        raise OutcomeUnknown(errors.BAD_ANSWER, "this is not the refund that was asked for")
    if refund.get("refunded_payment") is not True:
        raise _unclear(f"refund {refund['id']} is booked, but no money was sent: pay it back by hand")
    return Outcome(Progress.DONE, str(refund["id"]))


def _sent_again(order: Any, task: Task) -> Outcome:
    """What an order of ours says; one that costs something was not what was approved."""
    if not isinstance(order, dict) or not isinstance(order.get("id"), int) or not _is_ours(order, task):
        raise OutcomeUnknown(errors.BAD_ANSWER, "this is not the order that was asked for")
    try:
        free = units(str(order.get("total")), task.currency) == 0
    except ValueError:
        free = False
    if not free:
        raise _unclear(f"order {order['id']} was made, but is not free: look at it in the shop")
    if order.get("status") in ("failed", "cancelled", "trash"):
        return Outcome(Progress.FAILED, str(order["id"]), str(order["status"]))
    return Outcome(Progress.DONE, str(order["id"]))


def _unclear(detail: str) -> ExecutorError:
    return OutcomeUnknown(errors.NOT_PAID_OUT, detail)


def _item(order: Order, task: Task) -> dict[str, Any]:
    """The pieces that are sent again: as many of the order's line as the approved value pays for, at least one."""
    items = [one for one in order.get("line_items") or [] if isinstance(one, dict)]
    wanted = line_id(task.order_line)
    fits = [one for one in items if str(one.get("id")) == wanted] if task.order_line else items
    if len(fits) != 1 or not fits[0].get("product_id"):
        raise Refused(errors.LINE_NEEDED, f"{len(items)} lines")
    one = fits[0]
    bought = next(line for line in orders.purchase(order).lines if line_id(line.key) == str(one["id"]))
    pieces = task.amount * bought.quantity // bought.paid if bought.paid else 1
    item = {
        "product_id": one["product_id"],
        "quantity": max(1, min(bought.quantity, pieces)),
        "subtotal": "0",
        "total": "0",
    }
    return item | ({"variation_id": one["variation_id"]} if one.get("variation_id") else {})
