"""A WooCommerce shop over HTTP, with a memory: no idempotency, refunds and orders as its documentation has them.

Requests that the documentation does not know, and answers of ours that it would not give, fail the test.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.loopback import Loopback, Misbehave, Reply, Request, Wire

SPEC = json.loads((Path(__file__).parent / "data/woocommerce.json").read_text())
KEYS = {"consumer_key": "ck_double", "consumer_secret": "cs_double"}
FAULTS = ("refused", "reset", "lost_before", "lost_after", "crashed_after", "garbage_after", "busy")
_TYPES: Mapping[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
}
_LISTING = {"search", "per_page", "page", "orderby", "order", "after", "status", "customer"}


@dataclass
class WooDouble:
    """One shop: orders by id, each with its refunds."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    calls: int = 0
    fault: Callable[[int], str] = lambda _number: ""
    wrong: list[str] = field(default_factory=list)
    pays: bool = True
    """Whether the payment provider sends money back when the shop tells it to."""
    supports: tuple[str, ...] = ("products", "refunds")
    sent: list[tuple[int, int]] = field(default_factory=list)
    """Money that really moved: order, cents."""

    def serve(self, server: Loopback) -> str:
        server.route("*", self.answer)
        return server.url("").rstrip("/")

    def sell(self, order_id: int, total: str = "100.00", *, email: str = "eva@x.example", number: str = "") -> None:
        """An order of two lamps for the whole of it."""
        self.orders[order_id] = {
            "id": order_id,
            "number": number or str(order_id),
            "currency": "EUR",
            "status": "completed",
            "total": total,
            "date_paid": "2026-11-01T10:00:00",
            "date_created_gmt": "2026-11-01T09:00:00",
            "customer_id": 0,
            "payment_method": "cards",
            "billing": {"email": email, "city": "Bonn"},
            "shipping": {"city": "Bonn"},
            "line_items": [
                {"id": 7, "name": "Lamp", "product_id": 9, "variation_id": 0, "quantity": 2, "total": total}
                | {"total_tax": "0.00"}
            ],
            "meta_data": [],
        }
        self.refunds[order_id] = []

    @property
    def replacements(self) -> list[dict[str, Any]]:
        return [one for one in self.orders.values() if one["meta_data"]]

    def answer(self, request: Request) -> Reply | Misbehave:
        self.calls += 1
        fault = self.fault(self.calls)
        if request.headers.get("authorization") != "Basic Y2tfZG91YmxlOmNzX2RvdWJsZQ==":
            return _error(401, "woocommerce_rest_cannot_view")
        early: dict[str, Reply | Misbehave] = {
            "reset": _silence,
            "busy": _error(429, "too_many_requests"),
            "lost_before": _silence,
            "refused": _error(400, "rest_invalid_param"),
        }
        if fault in early:
            return early[fault]
        reply = self._done(request)
        late: dict[str, Reply | Misbehave] = {
            "lost_after": _silence,
            "crashed_after": _error(500, "internal_server_error"),
            "garbage_after": Reply(b"<html>hello</html>"),
        }
        return late.get(fault, reply)

    def _done(self, request: Request) -> Reply:
        path = request.path.removeprefix("/wp-json/wc/v3")
        if request.method == "POST":
            return self._post(path, json.loads(request.body))
        if path == "/orders":
            return self._list(request.query)
        if path.startswith("/payment_gateways/"):
            return _json({"id": path.rpartition("/")[2], "method_supports": list(self.supports)})
        order_id = int(path.split("/")[2])
        if order_id not in self.orders:
            return _error(404, "woocommerce_rest_shop_order_invalid_id")
        if path.endswith("/refunds"):
            return _json(_paged(self.refunds[order_id][::-1], request.query))
        return _json(self._shown(order_id))

    def _list(self, query: Mapping[str, str]) -> Reply:
        self.wrong += [f"GET /orders ?{name}" for name in query if name not in _LISTING]
        found = [self._shown(one) for one in self.orders]
        if "search" in query:
            # As the shop does it: anywhere in the billing address, so with strangers whose address contains it.
            found = [one for one in found if query["search"] in json.dumps([one["billing"], one["number"]])]
        if "after" in query:
            found = [one for one in found if one["date_created_gmt"] > query["after"]]
        if "customer" in query:
            found = [one for one in found if str(one["customer_id"]) == query["customer"]]
        return _json(_paged(found, query))

    def _post(self, path: str, body: dict[str, Any]) -> Reply:
        if path == "/orders":
            self._check(body, SPEC["$defs"]["order_request"])
            return self._order(body)
        self._check(body, SPEC["$defs"]["createRequest"])
        order_id = int(path.split("/")[2])
        amount, left = _cents(body["amount"]), self.left(order_id)
        if amount > left:
            return _error(500, "woocommerce_rest_cannot_create_order_refund")
        if body.get("api_refund", True) and self.pays:
            self.sent.append((order_id, amount))
        refund = {
            "id": 1000 + sum(map(len, self.refunds.values())),
            "date_created": "2026-11-21T10:00:00",
            "amount": body["amount"],
            "reason": body.get("reason", ""),
            "refunded_by": 1,
            "refunded_payment": bool(body.get("api_refund", True) and self.pays),
            "meta_data": [{"id": 1, **one} for one in body.get("meta_data", [])],
            "line_items": [],
        }
        before = len(self.wrong)
        self._check(refund, SPEC["$defs"]["refund"])
        assert len(self.wrong) == before, "the double answers what the shop would"
        self.refunds[order_id].append(refund)
        return _json(refund, 201)

    def _order(self, body: dict[str, Any]) -> Reply:
        fresh = max(self.orders) + 1
        total = sum(_cents(one["total"]) for one in body["line_items"])
        self.sell(fresh, f"{total / 100:.2f}")
        self.orders[fresh] |= {
            "status": body["status"],
            "date_created_gmt": "2099-01-01T00:00:00",
            "customer_id": body.get("customer_id", 0),
            "billing": body.get("billing", {}),
            "meta_data": [{"id": 1, **one} for one in body.get("meta_data", [])],
            "line_items": [
                {"id": 70 + fresh, "name": "Lamp", "total_tax": "0.00", **one} for one in body["line_items"]
            ],
        }
        return _json(self._shown(fresh), 201)

    def _shown(self, order_id: int) -> dict[str, Any]:
        given = [{"id": one["id"], "reason": "", "total": f"-{one['amount']}"} for one in self.refunds[order_id]]
        return {**self.orders[order_id], "refunds": given}

    def left(self, order_id: int) -> int:
        total = _cents(self.orders[order_id]["total"])
        return total - sum(_cents(one["amount"]) for one in self.refunds[order_id])

    def _check(self, value: Any, schema: dict[str, Any], at: str = "") -> None:
        """Hold a value against the documentation's types; unknown names are wrong too."""
        schema = SPEC["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(isinstance(value, _TYPES[one]) for one in kinds):
            self.wrong.append(f"{at}: {value!r} is no {kinds}")
            return
        if "pattern" in schema and not re.search(schema["pattern"], value):
            self.wrong.append(f"{at}: {value!r}")
        if "enum" in schema and value not in schema["enum"]:
            self.wrong.append(f"{at}: {value!r}")
        for name in schema.get("required", ()):
            if name not in value:
                self.wrong.append(f"{at}: no {name}")
        known: dict[str, Any] = schema.get("properties", {})
        for name, one in value.items() if known and isinstance(value, dict) else ():
            if name in known:
                self._check(one, known[name], f"{at}.{name}")
            else:
                self.wrong.append(f"{at}.{name} is not known")
        for one in value if isinstance(value, list) and "items" in schema else ():
            self._check(one, schema["items"], f"{at}[]")


def _paged(found: list[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    size = int(query.get("per_page", "10"))
    start = (int(query.get("page", "1")) - 1) * size
    return found[start : start + size]


def _cents(text: str) -> int:
    return round(float(text) * 100)


def _json(thing: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(thing).encode(), status)


def _error(status: int, code: str) -> Reply:
    return _json({"code": code, "message": "nein", "data": {"status": status}}, status)


def _silence(wire: Wire) -> None:
    """Hang up without a word; waiting for a time-out would say no more."""
    wire.send(b"")
