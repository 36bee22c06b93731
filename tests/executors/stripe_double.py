"""Stripe's refunds over HTTP, with a memory: idempotency keys, limits, statuses; held to Stripe's own description.

A request that the description does not allow fails the test; answers are Stripe's examples with our values in them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.loopback import Loopback, Misbehave, Reply, Request, Wire

SPEC = json.loads((Path(__file__).parent / "data/stripe-refunds.json").read_text())
KEY = "sk_test_double"
WEBHOOK_KEY = "whsec_test"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "string": str,
    "object": dict,
    "array": list,
    "boolean": bool,
    "number": (int, float),
}
FAULTS = ("refused", "reset", "lost_before", "lost_after", "crashed_after", "garbage_after", "busy", "conflict")


@dataclass
class StripeDouble:
    """One account: payments by id, refunds as they were made."""

    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[str, Reply]] = field(default_factory=dict)
    """What was answered to an idempotency key, and to which parameters."""
    status: str = "succeeded"
    calls: int = 0
    fault: Callable[[int], str] = lambda _number: ""
    wrong: list[str] = field(default_factory=list)
    """What the description does not allow."""

    def serve(self, server: Loopback) -> str:
        server.route("*", self.answer)
        return server.url("").rstrip("/")

    def pay(self, number: str, amount: int, currency: str = "eur", *, disputed: bool = False) -> None:
        charge = f"ch_{number[3:]}"
        self.payments[charge] = {
            **SPEC["fixtures"]["charge"],
            "id": charge,
            "amount": amount,
            "amount_captured": amount,
            "currency": currency,
            "disputed": disputed,
            "payment_intent": number,
        }

    def refunded(self, charge: str) -> int:
        live = ("succeeded", "pending")
        return sum(one["amount"] for one in self.refunds if one["charge"] == charge and one["status"] in live)

    def answer(self, request: Request) -> Reply | Misbehave:
        self.calls += 1
        fault = self.fault(self.calls)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return self._error(401, "invalid_request_error", "")
        if fault == "reset":
            return lambda wire: wire.send(b"")
        if fault == "busy":
            return self._error(429, "rate_limit_error", "rate_limit")
        if fault == "conflict":
            return self._error(409, "idempotency_error", "idempotency_key_in_use")
        if fault == "lost_before":
            return _silence
        if fault == "refused":
            return self._error(400, "invalid_request_error", "parameter_invalid")
        reply = self._done(request)
        if fault in ("lost_after", "crashed_after", "garbage_after"):
            broken: dict[str, Reply | Misbehave] = {
                "lost_after": _silence,
                "crashed_after": self._error(500, "api_error", ""),
                "garbage_after": Reply(b"<html>hello</html>"),
            }
            return broken[fault]
        return reply

    def _done(self, request: Request) -> Reply:
        if request.method == "POST":
            return self._post(request)
        if request.path == "/v1/refunds":
            return self._list(request)
        kind, _slash, key = request.path.removeprefix("/v1/").partition("/")
        if kind == "refunds":
            found = next((one for one in self.refunds if one["id"] == key), None)
            return self._json("refund", found) if found else self._missing()
        if kind == "charges" and key in self.payments:
            charge = self.payments[key]
            return self._json("charge", {**charge, "amount_refunded": self.refunded(key)})
        if kind == "payment_intents" and f"ch_{key[3:]}" in self.payments:
            example = SPEC["fixtures"]["payment_intent"]
            return self._json("payment_intent", {**example, "id": key, "latest_charge": f"ch_{key[3:]}"})
        return self._missing()

    def _post(self, request: Request) -> Reply:
        key, body = request.headers.get("idempotency-key", ""), request.body.decode()
        fields = dict(parse_qsl(body))
        self._check(fields)
        if key in self.answers:
            before, reply = self.answers[key]
            return reply if before == body else self._error(400, "idempotency_error", "")
        reply = self._refund(fields)
        self.answers[key] = (body, reply)
        return reply

    def _refund(self, fields: dict[str, str]) -> Reply:
        charge = fields.get("charge") or f"ch_{fields.get('payment_intent', '')[3:]}"
        if charge not in self.payments:
            return self._missing()
        amount, payment = int(fields["amount"]), self.payments[charge]
        if payment["disputed"]:
            return self._error(400, "invalid_request_error", "charge_disputed")
        left = payment["amount_captured"] - self.refunded(charge)
        if amount > left:
            return self._error(400, "invalid_request_error", "amount_too_large" if left else "charge_already_refunded")
        refund = {
            **SPEC["fixtures"]["refund"],
            "id": f"re_{len(self.refunds) + 1:024d}",
            "amount": amount,
            "currency": payment["currency"],
            "charge": charge,
            "payment_intent": payment["payment_intent"],
            "reason": fields.get("reason"),
            "metadata": {name[9:-1]: value for name, value in fields.items() if name.startswith("metadata[")},
            "status": self.status,
        }
        self.refunds.append(refund)
        return self._json("refund", refund)

    def _list(self, request: Request) -> Reply:
        self.wrong += [f"GET ?{name}" for name in request.query if name not in SPEC["get_refunds"]]
        number = request.query.get("payment_intent") or request.query.get("charge")
        found = [one for one in self.refunds if number in (None, one["payment_intent"], one["charge"])][::-1]
        after = request.query.get("starting_after")
        if after:
            ids = [one["id"] for one in found]
            found = found[ids.index(after) + 1 :]
        limit = int(request.query.get("limit", "10"))
        page = {"object": "list", "url": "/v1/refunds", "has_more": len(found) > limit, "data": found[:limit]}
        return Reply(json.dumps(page).encode())

    def _check(self, fields: dict[str, str]) -> None:
        known = SPEC["post_refund"]
        for name, value in fields.items():
            told = known.get(name.partition("[")[0])
            if told is None:
                self.wrong.append(f"POST {name}")
            elif told.get("enum") and value not in told["enum"]:
                self.wrong.append(f"POST {name}={value}")
            elif told.get("type") == "integer" and not (value.isdigit() and int(value) > 0):
                self.wrong.append(f"POST {name}={value} is no positive integer")

    def _json(self, kind: str, thing: dict[str, Any]) -> Reply:
        missing = [name for name in SPEC[kind]["required"] if name not in thing]
        assert not missing, f"the double's {kind} lacks {missing}"
        wrong = [
            name for name, told in SPEC[kind]["properties"].items() if name in thing and not _fits(thing[name], told)
        ]
        assert not wrong, f"the double's {kind} has {[(name, thing[name]) for name in wrong]}"
        return Reply(json.dumps(thing).encode())

    def _missing(self) -> Reply:
        return self._error(404, "invalid_request_error", "resource_missing")

    def _error(self, status: int, kind: str, code: str) -> Reply:
        return Reply(json.dumps({"error": {"type": kind, "code": code, "message": "no"}}).encode(), status)


def _fits(value: Any, told: dict[str, Any]) -> bool:
    """Whether an answer's value is one that the description allows there."""
    if value is None:
        return bool(told.get("nullable")) or not told.get("type")
    if told.get("enum") and value not in told["enum"]:
        return False
    return "type" not in told or isinstance(value, _TYPES[told["type"]])


def _silence(wire: Wire) -> None:
    while wire.wait(60):
        pass
