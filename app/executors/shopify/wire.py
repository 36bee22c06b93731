"""Talking to Shopify's Admin API: one operation, its data, and its failures in our words.

Facts are from Shopify's schema (Admin API 2026-10) and shopify.dev: an answer is HTTP 200 even when it is a failure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.clock import utc_now
from app.core.http import Http
from app.executors import errors
from app.executors.answers import ask, failure, parsed
from app.executors.errors import ExecutorError, NotNow, OutcomeUnknown, Refused
from app.executors.ports import Access

VERSION = "2026-10"
MAX_BYTES = 2_000_000
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,80}\.myshopify\.com")


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to one kind of server. ``base`` replaces ``https://<shop>``, for tests."""

    http: Http
    base: str = ""

    def read(self, access: Access, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a query. Raises ExecutorError, never OutcomeUnknown."""
        return self._run(access, document, variables, acts=False)

    def act(self, access: Access, document: str, variables: Mapping[str, Any], name: str) -> dict[str, Any]:
        """What the mutation ``name`` answers.

        Raises Refused with Shopify's own words for what it will not do, OutcomeUnknown for what may have been done.
        """
        found = self._run(access, document, variables, acts=True).get(name)
        if not isinstance(found, dict):
            raise OutcomeUnknown(errors.BAD_ANSWER, f"no {name} in the answer")
        wrong = found.get("userErrors") or []
        if wrong:
            said = "; ".join(str(one.get("message")) for one in wrong if isinstance(one, dict))
            raise Refused(errors.REFUSED, said)
        return found

    def _run(self, access: Access, document: str, variables: Mapping[str, Any], *, acts: bool) -> dict[str, Any]:
        response = ask(
            self.http,
            "POST",
            self._address(access),
            acts=acts,
            headers={"x-shopify-access-token": access.secret.get("access_token", "")},
            json={"query": document, "variables": variables},
            max_bytes=MAX_BYTES,
        )
        if response.status >= 400:
            raise failure(response, f"HTTP {response.status}", acts=acts)
        answer = parsed(response, acts=acts)
        if answer.get("errors"):
            raise _failed(answer, acts=acts)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise (OutcomeUnknown if acts else NotNow)(errors.BAD_ANSWER, "no data in the answer")
        return data

    def _address(self, access: Access) -> str:
        shop = str(access.settings.get("shop_domain", "")).strip().lower().removeprefix("https://").rstrip("/")
        if not _SHOP.fullmatch(shop):
            raise Refused(errors.ADDRESS_REFUSED, "the shop's own address ends with .myshopify.com")
        return f"{self.base or f'https://{shop}'}/admin/api/{VERSION}/graphql.json"


def _failed(answer: dict[str, Any], *, acts: bool) -> ExecutorError:
    """By ``extensions.code``: what was held back or forbidden certainly did nothing."""
    listed = answer["errors"] if isinstance(answer["errors"], list) else []
    codes = {
        str((one.get("extensions") or {}).get("code") or "")
        for one in listed
        if isinstance(one, dict) and isinstance(one.get("extensions") or {}, dict)
    }
    detail = ", ".join(sorted(filter(None, codes))) or "errors without a code"
    if codes == {"THROTTLED"}:
        return NotNow(errors.RATE_LIMITED, detail, retry_at=_ready_at(answer))
    if codes == {"ACCESS_DENIED"}:
        return Refused(errors.WRONG_CREDENTIALS, detail)
    return (OutcomeUnknown if acts else NotNow)(errors.SERVER_ERROR, detail)


def _ready_at(answer: dict[str, Any]) -> datetime:
    """When the bucket that requests are paid from has filled up again."""
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        seconds = missing / float(status["restoreRate"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        seconds = 1.0
    return utc_now() + timedelta(seconds=min(max(seconds, 1.0), 60.0))
