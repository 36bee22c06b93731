"""Refunds and replacements in a Shopify shop.

Refunds carry an idempotency key and our key in their note. Draft orders know no idempotency: ours carry a tag, and are
looked for before one is made or completed. docs/executors/shopify.md lists what we rely on.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.core.clock import utc_now
from app.core.currencies import plain
from app.core.http import Http
from app.executors import errors
from app.executors.answers import header, in_time, verify_base64
from app.executors.errors import NotNow, OutcomeUnknown, Refused
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Progress, Purchase, Task, line_id
from app.executors.shopify import documents, orders
from app.executors.shopify.orders import Order
from app.executors.shopify.wire import Wire

NEEDED = frozenset({"read_orders", "write_orders", "write_draft_orders"})
SEARCH_LAGS = timedelta(minutes=10)
"""A draft that was just made may not be found by its tag so soon."""
_GIVEN_UP = frozenset({"FAILURE", "ERROR"})
_ADDRESS = ("address1", "address2", "city", "company", "firstName", "lastName", "phone", "provinceCode", "zip")


class ShopifyExecutor:
    """One shop."""

    kind = "shopify"
    label = "Shopify"
    abilities = Abilities(
        kinds=frozenset({Kind.REFUND, Kind.REPLACEMENT}),
        knows_orders=True,
        finds_by_email=True,
        fields=("shop_domain",),
        secrets=("access_token",),
        calls_with="webhook_secret",
    )

    def __init__(self, http: Http, base: str = "") -> None:
        self._wire = Wire(http, base)

    def check(self, access: Access) -> None:
        """The token may read and change orders, and make draft orders."""
        found = self._wire.read(access, documents.CHECK, {})
        scopes = (found.get("currentAppInstallation") or {}).get("accessScopes") or []
        missing = NEEDED - {str(one.get("handle")) for one in scopes if isinstance(one, dict)}
        if missing:
            raise Refused(errors.WRONG_CREDENTIALS, f"the token lacks {', '.join(sorted(missing))}")

    def purchase(self, access: Access, number: str) -> Purchase | None:
        """What was received and given back for an order, in the currency it was paid in."""
        order = orders.by_number(self._wire, access, number)
        return orders.purchase(order) if order else None

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        """The last orders of this e-mail address."""
        return [orders.purchase(one) for one in orders.by_email(self._wire, access, email)]

    def execute(self, access: Access, task: Task) -> Outcome:
        """Refund, or send again at no charge."""
        if task.kind not in self.abilities.kinds:
            raise Refused(errors.NOT_SUPPORTED, "Shopify refunds and sends again")
        order = self._order(access, task)
        return self._refund(access, task, order) if task.kind is Kind.REFUND else self._replace(access, task, order)

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        """A refund by our key in its note; a replacement by its draft's tag, which is found some time later only."""
        try:
            if task.kind is Kind.REPLACEMENT:
                return self._looked_up_draft(access, task)
            return _refund_made(self._order(access, task), task)
        except (NotNow, Refused) as error:
            raise OutcomeUnknown(error.code, error.detail) from None

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        """Which order was changed; a refund made there says only the order's id."""
        verify_base64(access.secret.get(self.abilities.calls_with, ""), header(headers, "x-shopify-hmac-sha256"), body)
        try:
            told = json.loads(body)
            order_id, name = told.get("order_id"), told.get("name")
        except (ValueError, AttributeError):
            return []
        if isinstance(order_id, int):
            return [Notice(order_id=f"{orders.BY_ID}{order_id}")]
        return [Notice(order=name.removeprefix("#")[:120])] if isinstance(name, str) else []

    def _order(self, access: Access, task: Task) -> Order:
        found = orders.by_number(self._wire, access, task.order_number)
        if found is None:
            raise Refused(errors.UNKNOWN_ORDER, task.order_number)
        if found.get("presentmentCurrencyCode") != task.currency:
            raise Refused(errors.WRONG_CURRENCY, str(found.get("presentmentCurrencyCode"))[:10])
        return orders.whole(self._wire, access, str(found["id"]))

    def _refund(self, access: Access, task: Task, order: Order) -> Outcome:
        made = _refund_made(order, task)
        if made is not None:
            return made
        if any(one.get("status") != "WON" for one in order.get("disputes") or []):
            raise Refused(errors.DISPUTED, "")
        variables = {
            "key": task.key,
            "input": {
                "orderId": order["id"],
                "note": f"{task.reason} ({task.key})",
                "currency": task.currency,
                "notify": False,
                "transactions": _transactions(order, task),
            },
        }
        in_time(access)
        answer = self._wire.act(access, documents.REFUND, variables, "refundCreate")
        return _refunded(answer.get("refund"), task)

    def _replace(self, access: Access, task: Task, order: Order) -> Outcome:
        drafts = self._drafts(access, task)
        done = [one for one in drafts if one.get("status") == "COMPLETED"]
        if done:
            return _sent_again(done[0])
        draft = drafts[0] if drafts else self._make_draft(access, task, order)
        _must_be_free(draft, task)
        in_time(access)
        try:
            answer = self._wire.act(access, documents.COMPLETE, {"id": draft["id"]}, "draftOrderComplete")
        except Refused:
            if self._draft(access, str(draft["id"])).get("status") == "COMPLETED":  # by another try of ours
                return _sent_again(self._draft(access, str(draft["id"])))
            raise
        return _sent_again(answer.get("draftOrder"))

    def _make_draft(self, access: Access, task: Task, order: Order) -> dict[str, Any]:
        item = _item(order, task)
        customer = order.get("customer")
        given: dict[str, Any] = {
            "email": order.get("email"),
            "purchasingEntity": {"customerId": customer["id"]} if customer else None,
            "shippingAddress": _address(order.get("shippingAddress")),
            "presentmentCurrencyCode": task.currency,
        }
        variables = {
            "input": {
                **{name: value for name, value in given.items() if value},
                "lineItems": [item],
                "tags": [task.key],
                "note": f"{task.reason} ({task.key})",
                "acceptAutomaticDiscounts": False,
            }
        }
        in_time(access)
        draft = self._wire.act(access, documents.DRAFT, variables, "draftOrderCreate").get("draftOrder")
        if not isinstance(draft, dict) or not isinstance(draft.get("id"), str):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no draft order")
        return draft

    def _looked_up_draft(self, access: Access, task: Task) -> Outcome | None:
        drafts = self._drafts(access, task)
        done = [one for one in drafts if one.get("status") == "COMPLETED"]
        if done:
            return _sent_again(done[0])
        early = task.first_sent_at is None or utc_now() - task.first_sent_at < SEARCH_LAGS
        if not drafts and early:
            raise OutcomeUnknown(errors.NOT_SEEN, "no draft order yet")
        return None

    def _drafts(self, access: Access, task: Task) -> list[dict[str, Any]]:
        """Drafts of ours, each as it is now: what a search says about them may be old."""
        found = self._wire.read(access, documents.DRAFTS, {"query": f'tag:"{task.key}"'}).get("draftOrders")
        nodes = found.get("nodes") if isinstance(found, dict) else None
        if not isinstance(nodes, list):
            raise NotNow(errors.BAD_ANSWER, "no list of draft orders")
        ours = [str(one["id"]) for one in nodes if isinstance(one, dict) and task.key in (one.get("tags") or [])]
        return [self._draft(access, one) for one in ours]

    def _draft(self, access: Access, draft_id: str) -> dict[str, Any]:
        found = self._wire.read(access, documents.ONE_DRAFT, {"id": draft_id}).get("draftOrder")
        if not isinstance(found, dict):
            raise NotNow(errors.BAD_ANSWER, "no draft order")
        return found


def _refund_made(order: Order, task: Task) -> Outcome | None:
    for one in order.get("refunds") or []:
        if isinstance(one, dict) and f"({task.key})" in str(one.get("note") or ""):
            return _refunded(one, task)
    return None


def _refunded(refund: Any, task: Task) -> Outcome:
    """What a refund of ours says: done when all its money moved, pending while some of it has not."""
    try:
        moved = [one for one in refund["transactions"]["nodes"] if one["kind"] == "REFUND"]
        total = sum(orders.amount(one["amountSet"], task.currency) for one in moved)
        states = {str(one["status"]) for one in moved}
        refund_id = str(refund["id"])
    except (KeyError, TypeError, ValueError):
        raise OutcomeUnknown(errors.BAD_ANSWER, "no refund that can be understood") from None
    if total != task.amount:
        raise OutcomeUnknown(errors.NOT_PAID_OUT, f"{refund_id} is of {plain(total, task.currency)}")
    if states == {"SUCCESS"}:
        return Outcome(Progress.DONE, refund_id)
    if states <= _GIVEN_UP:
        return Outcome(Progress.FAILED, refund_id, ", ".join(sorted(states)))
    if states & _GIVEN_UP:
        raise OutcomeUnknown(errors.NOT_PAID_OUT, f"{refund_id}: only a part of it was paid")
    return Outcome(Progress.PENDING, refund_id)


def _transactions(order: Order, task: Task) -> list[dict[str, Any]]:
    """The approved amount, over the payments that still have something to give back. Raises Refused for too much."""
    left, parts = task.amount, []
    suggested = (order.get("suggestedRefund") or {}).get("suggestedTransactions") or []
    try:
        for one in suggested:
            room = orders.amount(one.get("maximumRefundableSet") or one["amountSet"], task.currency)
            take = min(left, room)
            if take > 0:
                part = {"orderId": order["id"], "kind": "REFUND", "gateway": one["gateway"]}
                parent = one.get("parentTransaction")
                parts.append(
                    part | {"amount": plain(take, task.currency)} | ({"parentId": parent["id"]} if parent else {})
                )
                left -= take
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotNow(errors.BAD_ANSWER, "payments that can't be understood") from None
    if left:
        raise Refused(errors.MORE_THAN_PAID, f"{plain(task.amount - left, task.currency)} is left")
    return parts


def _item(order: Order, task: Task) -> dict[str, Any]:
    """The pieces that are sent again: as many of the order's line as the approved value pays for, at least one."""
    items = order["lineItems"]["nodes"]
    wanted = line_id(task.order_line)
    fits = [one for one in items if orders.tail(str(one["id"])) == wanted] if task.order_line else items
    if len(fits) != 1:
        raise Refused(errors.LINE_NEEDED, f"{len(items)} lines")
    one = fits[0]
    if not one.get("variant"):
        raise Refused(errors.NOT_SUPPORTED, "this product is no longer in the shop")
    bought = next(line for line in orders.purchase(order).lines if line_id(line.key) == orders.tail(str(one["id"])))
    pieces = task.amount * bought.quantity // bought.paid if bought.paid else 1
    return {
        "variantId": one["variant"]["id"],
        "quantity": max(1, min(bought.quantity, pieces)),
        "appliedDiscount": {"valueType": "PERCENTAGE", "value": 100.0, "title": task.key},
    }


def _address(known: Any) -> dict[str, Any] | None:
    if not isinstance(known, dict):
        return None
    given = {name: known.get(name) for name in _ADDRESS} | {"countryCode": known.get("countryCodeV2")}
    return {name: value for name, value in given.items() if value}


def _must_be_free(draft: dict[str, Any], task: Task) -> None:
    """Raises Refused: nothing was sent yet, and what costs something was not approved."""
    try:
        free = orders.amount(draft["totalPriceSet"], task.currency) == 0
    except (KeyError, ValueError):
        free = False
    if not free:
        raise Refused(errors.REFUSED, f"{draft['id']} is not free; it stays a draft")


def _sent_again(draft: Any) -> Outcome:
    order = draft.get("order") if isinstance(draft, dict) and draft.get("status") == "COMPLETED" else None
    if not isinstance(order, dict) or not order.get("id"):
        raise OutcomeUnknown(errors.BAD_ANSWER, "no completed draft order")
    if order.get("cancelledAt"):
        return Outcome(Progress.FAILED, str(order["id"]), "cancelled in the shop")
    return Outcome(Progress.DONE, str(order["id"]))
