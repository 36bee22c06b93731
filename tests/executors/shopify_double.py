"""A Shopify shop over HTTP, with a memory: executes GraphQL against (a part of) Shopify's own schema.

Refunds need ``@idempotent`` and keep what a key was answered; draft orders know no idempotency, as at Shopify.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    get_directive_values,
    parse,
    validate,
)

from tests.servers.loopback import Loopback, Misbehave, Reply, Request, Wire

SCHEMA = build_schema((Path(__file__).parent / "data/shopify-admin-2026-10.graphql").read_text())
IDEMPOTENT = next(one for one in SCHEMA.directives if one.name == "idempotent")
TOKEN = "shpat_double"
SHOP = "lamps.myshopify.com"
FAULTS = ("refused", "reset", "lost_before", "lost_after", "crashed_after", "garbage_after", "busy")
Thing = dict[str, Any]


@dataclass
class ShopifyDouble:
    """One shop: orders by name, their refunds, draft orders."""

    orders: dict[str, Thing] = field(default_factory=dict)
    drafts: dict[str, Thing] = field(default_factory=dict)
    answers: dict[str, tuple[str, Thing]] = field(default_factory=dict)
    """What was answered to an idempotency key, and to which input."""
    calls: int = 0
    fault: Callable[[int], str] = lambda _number: ""
    wrong: list[str] = field(default_factory=list)
    status: str = "SUCCESS"
    """Of the money of refunds that are made from now on."""
    scopes: tuple[str, ...] = ("read_orders", "write_orders", "write_draft_orders")
    shipping: str = "0.00"
    """What the shop adds to draft orders."""

    def serve(self, server: Loopback) -> str:
        server.route("*", self.answer)
        return server.url("").rstrip("/")

    def sell(self, name: str, *, email: str = "eva@x.example", gateways: tuple[int, ...] = (10000,)) -> None:
        """An order of two lamps, paid for in as many parts (cents) as there are gateways."""
        number = len(self.orders) + 1
        gid = f"gid://shopify/Order/{number}"
        self.orders[gid] = {
            "id": gid,
            "name": f"#{name}",
            "email": email,
            "createdAt": "2026-11-01T10:00:00Z",
            "displayFinancialStatus": "PAID",
            "presentmentCurrencyCode": "EUR",
            "paid": sum(gateways),
            "parts": {f"gateway{at}": cents for at, cents in enumerate(gateways)},
            "customer": {"id": "gid://shopify/Customer/5"},
            "disputes": [],
            "shippingAddress": {"city": "Bonn", "countryCodeV2": "DE", "firstName": "Eva"},
            "made": [],
        }

    @property
    def refunds(self) -> list[Thing]:
        return [one for order in self.orders.values() for one in order["made"]]

    @property
    def sent_again(self) -> list[Thing]:
        return [one for one in self.drafts.values() if one["status"] == "COMPLETED"]

    def answer(self, request: Request) -> Reply | Misbehave:
        self.calls += 1
        fault = self.fault(self.calls)
        if request.headers.get("x-shopify-access-token") != TOKEN:
            return Reply(b'{"errors": "[API] Invalid API key or access token"}', 401)
        early: dict[str, Reply | Misbehave] = {
            "reset": _silence,
            "lost_before": _silence,
            "refused": _json({"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}),
            "busy": _json({"errors": [{"message": "wait", "extensions": {"code": "THROTTLED"}}]}),
        }
        if fault in early:
            return early[fault]
        body = json.loads(request.body)
        document, wrong = _understood(body["query"])
        self.wrong += wrong
        result = execute_sync(SCHEMA, document, self._root(), variable_values=body["variables"])
        self.wrong += [error.message for error in result.errors or () if not (error.extensions or {}).get("code")]
        late: dict[str, Reply | Misbehave] = {
            "lost_after": _silence,
            "crashed_after": Reply(b"", 500),
            "garbage_after": Reply(b"<html>hello</html>"),
        }
        return late.get(fault, _json(result.formatted))

    def _root(self) -> Thing:
        return {
            "shop": {"name": "Lamps"},
            "currentAppInstallation": {"accessScopes": [{"handle": one} for one in self.scopes]},
            "orders": self._found,
            "order": lambda _info, id: self._shown(self.orders[id]) if id in self.orders else None,
            "draftOrders": lambda _info, query, **_rest: {"nodes": self._tagged(query)},
            "draftOrder": lambda _info, id: self.drafts.get(id),
            "refundCreate": self._refund,
            "draftOrderCreate": lambda _info, input: self._draft(input),
            "draftOrderComplete": lambda _info, id, **_rest: self._complete(id),
        }

    def _found(self, _info: GraphQLResolveInfo[Any], query: str, **_rest: Any) -> Thing:
        """As the shop searches: by the beginning of what is looked for, so with others too."""
        what, _colon, value = query.partition(":")
        wanted = value.strip('"')
        found = [one for one in self.orders.values() if wanted in one["name" if what == "name" else "email"]]
        return {"nodes": [self._shown(one) for one in found]}

    def _shown(self, order: Thing) -> Thing:
        given = sum(one["cents"] for one in order["made"] if one["alive"])
        left = dict(order["parts"])
        for one in order["made"]:
            for gateway, cents in one["parts"].items() if one["alive"] else ():
                left[gateway] -= cents
        line = {
            "id": "gid://shopify/LineItem/7",
            "name": "Lamp",
            "quantity": 2,
            "discountedTotalSet": _bag(order["paid"]),
            "variant": {"id": "gid://shopify/ProductVariant/9"},
        }
        suggested = [
            {
                "gateway": gateway,
                "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{gateway}"},
                "amountSet": _bag(cents),
                "maximumRefundableSet": _bag(cents),
            }
            for gateway, cents in left.items()
        ]
        return {
            **order,
            "totalReceivedSet": _bag(order["paid"]),
            "totalRefundedSet": _bag(given),
            "lineItems": {"nodes": [line]},
            "refunds": order["made"],
            "suggestedRefund": {"suggestedTransactions": suggested},
        }

    def _refund(self, info: GraphQLResolveInfo[Any], input: Thing) -> Thing:
        given = get_directive_values(IDEMPOTENT, info.field_nodes[0], info.variable_values)
        key = str((given or {}).get("key", ""))
        if not key.strip():
            raise GraphQLError("refundCreate needs @idempotent", extensions={"code": "BAD_REQUEST"})
        body = json.dumps(input, sort_keys=True)
        if key in self.answers:
            before, known = self.answers[key]
            return known if before == body else _wrong("another input for this key")
        answer = self._refunded(input)
        self.answers[key] = (body, answer)
        return answer

    def _refunded(self, given: Thing) -> Thing:
        order = self.orders[given["orderId"]]
        parts = {one["gateway"]: round(float(one["amount"]) * 100) for one in given["transactions"]}
        shown = self._shown(order)["suggestedRefund"]["suggestedTransactions"]
        left = {one["gateway"]: one["amountSet"]["cents"] for one in shown}
        if any(cents > left[gateway] for gateway, cents in parts.items()):
            return _wrong("Refund cannot be greater than what was paid")
        number = len(self.refunds) + 1
        refund = {
            "id": f"gid://shopify/Refund/{number}",
            "note": given.get("note"),
            "parts": parts,
            "cents": sum(parts.values()),
            "alive": self.status not in ("FAILURE", "ERROR"),
            "transactions": {
                "nodes": [
                    {"id": f"{number}-{at}", "kind": "REFUND", "status": self.status, "amountSet": _bag(cents)}
                    for at, cents in enumerate(parts.values())
                ]
            },
        }
        order["made"].append(refund)
        return {"refund": refund, "userErrors": []}

    def _tagged(self, query: str) -> list[Thing]:
        wanted = query.partition(":")[2].strip('"')
        return [one for one in self.drafts.values() if any(tag.startswith(wanted) for tag in one["tags"])]

    def _draft(self, given: Thing) -> Thing:
        gid = f"gid://shopify/DraftOrder/{len(self.drafts) + 1}"
        free = all((one.get("appliedDiscount") or {}).get("value") == 100 for one in given["lineItems"])
        cents = round(float(self.shipping) * 100) + (0 if free else 10000)
        self.drafts[gid] = {
            "id": gid,
            "status": "OPEN",
            "tags": given["tags"],
            "totalPriceSet": _bag(cents),
            "order": None,
            "given": given,
        }
        return {"draftOrder": self.drafts[gid], "userErrors": []}

    def _complete(self, gid: str) -> Thing:
        draft = self.drafts[gid]
        if draft["status"] == "COMPLETED":
            return _wrong("This order has been paid")
        order = {"id": f"gid://shopify/Order/9{gid[-1]}", "name": f"#9{gid[-1]}", "cancelledAt": None}
        draft.update(status="COMPLETED", order=order)
        return {"draftOrder": draft, "userErrors": []}


@cache
def _understood(query: str) -> tuple[DocumentNode, tuple[str, ...]]:
    """A document, and what Shopify's schema has against it."""
    document = parse(query)
    return document, tuple(error.message for error in validate(SCHEMA, document))


def _bag(cents: int) -> Thing:
    return {"presentmentMoney": {"amount": f"{cents / 100:.2f}", "currencyCode": "EUR"}, "cents": cents}


def _wrong(message: str) -> Thing:
    return {"userErrors": [{"field": ["input"], "message": message}]}


def _json(thing: Any) -> Reply:
    return Reply(json.dumps(thing).encode())


def _silence(wire: Wire) -> None:
    """Hang up without a word; waiting for a time-out would say no more."""
    wire.send(b"")
