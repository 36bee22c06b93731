"""Refunds at Stripe. An order is a payment (``pi_…``) or a charge (``ch_…``, ``py_…``).

Facts about the API are from Stripe's own description (version 2023-08-16, which every request names) and from
docs.stripe.com: idempotent requests, currencies, webhooks; docs/executors/stripe.md lists what we rely on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from app.core.http import Http, Response
from app.executors import errors
from app.executors.answers import ask, failure, header, in_time, parsed, verify
from app.executors.errors import NotNow, OutcomeUnknown, Refused
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Progress, Purchase, Task

API_VERSION = "2023-08-16"
BASE = "https://api.stripe.com"
MAX_BYTES = 2_000_000
PAGES = 20
OUR_KEY = "porchlight_key"
"""Metadata that a refund is found by once Stripe has forgotten the idempotency key (after a day)."""
COUNTED_OTHERWISE = frozenset({"ISK", "UGX", "UYI", "MGA"})
"""Stripe counts these in other units than ISO 4217: refused rather than guessed."""
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND", "IQD", "LYD"})

_PROGRESS = {
    "succeeded": Progress.DONE,
    "pending": Progress.PENDING,
    "requires_action": Progress.PENDING,
    "failed": Progress.FAILED,
    "canceled": Progress.FAILED,
}
_REFUSALS = {
    "charge_already_refunded": errors.MORE_THAN_PAID,
    "amount_too_large": errors.MORE_THAN_PAID,
    "charge_disputed": errors.DISPUTED,
    "resource_missing": errors.UNKNOWN_ORDER,
}
_ORDER = re.compile(r"(pi|ch|py)_[A-Za-z0-9_]{6,60}")


class StripeExecutor:
    """One Stripe account."""

    kind = "stripe"
    label = "Stripe"
    abilities = Abilities(
        kinds=frozenset({Kind.REFUND}), knows_orders=True, secrets=("api_key",), calls_with="webhook_key"
    )

    def __init__(self, http: Http, base: str = BASE) -> None:
        self._http = http
        self._base = base

    def check(self, access: Access) -> None:
        """The key may read refunds."""
        self._read(access, "/v1/refunds", {"limit": 1})

    def purchase(self, access: Access, number: str) -> Purchase | None:
        """What was captured and given back of a payment or charge; both names of one payment are one order."""
        if not _ORDER.fullmatch(number):
            return None
        try:
            charge = self._charge(access, number)
        except Refused as error:
            if error.code == errors.UNKNOWN_ORDER:
                return None
            raise
        if charge is None:
            return None
        currency = str(charge.get("currency", "")).upper()
        paid_as = charge.get("payment_intent") if isinstance(charge.get("payment_intent"), str) else charge.get("id")
        return Purchase(str(paid_as), currency, int(charge["amount_captured"]), int(charge["amount_refunded"]))

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        """Not asked for: payments are found by their number."""
        return ()

    def execute(self, access: Access, task: Task) -> Outcome:
        """Refund. Stripe keeps the first answer to a key for a day; we look before any later try."""
        if task.kind is not Kind.REFUND:
            raise Refused(errors.NOT_SUPPORTED, "Stripe refunds; it sends nothing")
        if task.currency in COUNTED_OTHERWISE or (task.currency in THREE_DECIMALS and task.amount % 10):
            raise Refused(errors.NOT_SUPPORTED, f"{task.currency} is counted otherwise at Stripe")
        if not _ORDER.fullmatch(task.order_number):
            raise Refused(errors.UNKNOWN_ORDER, "a payment at Stripe begins with pi_ or ch_")
        charge = self._charge(access, task.order_number)
        if charge is None:
            raise Refused(errors.UNKNOWN_ORDER, "nothing was paid")
        if str(charge.get("currency", "")).upper() != task.currency:
            raise Refused(errors.WRONG_CURRENCY, str(charge.get("currency")))
        if charge.get("disputed") is True:
            raise Refused(errors.DISPUTED, "")
        in_time(access)
        fields = {
            _named(task.order_number): task.order_number,
            "amount": str(task.amount),
            "reason": "requested_by_customer",
            f"metadata[{OUR_KEY}]": task.key,
        }
        response = self._ask(access, "POST", "/v1/refunds", form=fields, key=task.key)
        if response.status >= 400:
            raise _refusal(response, acts=True)
        return _outcome(parsed(response, acts=True), task, acts=True)

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        """The refund by its id, or among those of the payment by our key."""
        try:
            if task.external_id and task.external_id.startswith(("re_", "pyr_")):
                return _outcome(self._read(access, f"/v1/refunds/{task.external_id}", {}), task, acts=False)
            return self._search(access, task)
        except (NotNow, Refused) as error:
            raise OutcomeUnknown(error.code, error.detail) from None

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        """Whatever Stripe says about a refund or a charge's refunds: they, and the payment, are asked about again."""
        verify(access.secret.get("webhook_key", ""), header(headers, "stripe-signature"), body, now)
        try:
            thing = json.loads(body)["data"]["object"]
            kind = thing["object"]
        except (ValueError, KeyError, TypeError):
            return []
        refunds = [thing] if kind == "refund" else (thing.get("refunds") or {}).get("data") or []
        paid_as = thing.get("payment_intent") or thing.get("charge" if kind == "refund" else "id")
        found = [Notice(order=paid_as)] if isinstance(paid_as, str) and _ORDER.fullmatch(paid_as) else []
        for refund in refunds[:100]:
            if isinstance(refund, dict):
                key = (refund.get("metadata") or {}).get(OUR_KEY)
                found.append(Notice(key=key, external_id=refund.get("id")))
        return found

    def _charge(self, access: Access, number: str) -> dict[str, Any] | None:
        """The charge behind an order; None for a payment that was never made."""
        if _named(number) == "charge":
            return self._read(access, f"/v1/charges/{number}", {})
        payment = self._read(access, f"/v1/payment_intents/{number}", {})
        latest = payment.get("latest_charge")
        return self._read(access, f"/v1/charges/{latest}", {}) if isinstance(latest, str) else None

    def _search(self, access: Access, task: Task) -> Outcome | None:
        params: dict[str, str | int] = {_named(task.order_number): task.order_number, "limit": 100}
        for _page in range(PAGES):
            answer = self._read(access, "/v1/refunds", params)
            refunds = answer.get("data")
            if not isinstance(refunds, list) or not all(isinstance(one, dict) for one in refunds):
                raise NotNow(errors.BAD_ANSWER, "no list of refunds")
            for refund in refunds:
                if (refund.get("metadata") or {}).get(OUR_KEY) == task.key:
                    return _outcome(refund, task, acts=False)
            if not answer.get("has_more") or not refunds:
                return None
            params["starting_after"] = str(refunds[-1].get("id"))
        raise NotNow(errors.BAD_ANSWER, "more refunds than can be looked through")

    def _read(self, access: Access, path: str, params: dict[str, str | int]) -> dict[str, Any]:
        response = self._ask(access, "GET", path, params=params)
        if response.status >= 400:
            raise _refusal(response, acts=False)
        return parsed(response, acts=False)

    def _ask(
        self,
        access: Access,
        method: Literal["GET", "POST"],
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        form: dict[str, str] | None = None,
        key: str = "",
    ) -> Response:
        headers = {"authorization": f"Bearer {access.secret.get('api_key', '')}", "stripe-version": API_VERSION}
        if key:
            headers["idempotency-key"] = key
        return ask(
            self._http,
            method,
            self._base + path,
            acts=method == "POST",
            headers=headers,
            params=params,
            form=form,
            max_bytes=MAX_BYTES,
        )


def _named(number: str) -> str:
    return "payment_intent" if number.startswith("pi_") else "charge"


def _outcome(refund: dict[str, Any], task: Task, *, acts: bool) -> Outcome:
    """What a refund says; one of another amount or currency says nothing about ours."""
    progress = _PROGRESS.get(str(refund.get("status") or "pending"))
    fits = refund.get("amount") == task.amount and str(refund.get("currency", "")).upper() == task.currency
    if progress is None or not fits or not isinstance(refund.get("id"), str):
        raise (OutcomeUnknown if acts else NotNow)(errors.BAD_ANSWER, "this is not the refund that was asked for")
    return Outcome(progress, refund["id"], str(refund.get("failure_reason") or ""))


def _refusal(response: Response, *, acts: bool) -> Exception:
    """Stripe's error in our words: by status and ``error.code``, never by its message."""
    try:
        error = json.loads(response.body)["error"]
        code, kind = str(error.get("code") or ""), str(error.get("type") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        code = kind = ""
    detail = f"HTTP {response.status} {kind} {code}".strip()
    if response.status == 409 or code in ("idempotency_key_in_use", "lock_timeout"):
        return (OutcomeUnknown if acts else NotNow)(errors.SERVER_ERROR, detail)  # another try of ours is under way
    if kind == "idempotency_error":
        return OutcomeUnknown(errors.BAD_ANSWER, detail)
    if code in _REFUSALS:
        return Refused(_REFUSALS[code], detail)
    return failure(response, detail, acts=acts)
