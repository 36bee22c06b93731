"""Asks a shop system of one's own, by signed requests; it may call back. docs/executors/webhook.md describes both."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from app.core.clock import utc_now
from app.core.http import Http, Response
from app.core.signing import sign
from app.executors import errors
from app.executors.answers import ask, failure, header, in_time, parsed, verify
from app.executors.errors import NotNow, OutcomeUnknown, Refused
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Progress, Purchase, Task

SIGNATURE = "porchlight-signature"
MAX_BYTES = 100_000


class WebhookExecutor:
    """``POST url`` with the task, ``GET url/<key>`` to look it up; the key is the idempotency key."""

    kind = "webhook"
    label = "Webhook"
    abilities = Abilities(kinds=frozenset(Kind), fields=("url",), secrets=("signing_key",))

    def __init__(self, http: Http) -> None:
        self._http = http

    def check(self, access: Access) -> None:
        """The address takes signed requests: asked for a key that nobody has, it says that it knows none."""
        if len(access.secret.get("signing_key", "")) < 16:
            raise Refused(errors.WRONG_CREDENTIALS, "the signing key needs at least 16 characters")
        response = self._get(access, "porchlight-check")
        if response.status != 404:
            raise failure(response, f"HTTP {response.status} for a key that nobody has, 404 was due", acts=False)

    def purchase(self, access: Access, number: str) -> Purchase | None:
        """Not asked for in this protocol: what was paid is typed."""
        return None

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        """Not asked for in this protocol."""
        return ()

    def execute(self, access: Access, task: Task) -> Outcome:
        """Have it carried out."""
        body = json.dumps(_words(task), ensure_ascii=False).encode()
        in_time(access)
        response = ask(
            self._http,
            "POST",
            access.settings["url"],
            acts=True,
            headers={
                "content-type": "application/json",
                "idempotency-key": task.key,
                SIGNATURE: sign(access.secret["signing_key"], body, utc_now()),
            },
            body=body,
            max_bytes=MAX_BYTES,
        )
        if response.status >= 300:
            raise failure(response, _said(response), acts=True)
        return _outcome(parsed(response, acts=True), task.key, acts=True)

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        """404 means that nothing was ever done under this key."""
        try:
            response = self._get(access, task.key)
            if response.status == 404:
                return None
            if response.status >= 300:
                raise failure(response, _said(response), acts=False)
            return _outcome(parsed(response, acts=False), task.key, acts=False)
        except (NotNow, Refused) as error:
            raise OutcomeUnknown(error.code, error.detail) from None

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        """A signed ``{"key": …}``: something changed there."""
        verify(access.secret.get("signing_key", ""), header(headers, SIGNATURE), body, now)
        try:
            key = json.loads(body)["key"]
        except (ValueError, KeyError, TypeError):
            raise Refused(errors.BAD_ANSWER, "no key") from None
        return [Notice(key=str(key)[:64])]

    def _get(self, access: Access, key: str) -> Response:
        path = quote(key, safe="")
        signature = sign(access.secret["signing_key"], path.encode(), utc_now())
        url = f"{access.settings['url'].rstrip('/')}/{path}"
        return ask(self._http, "GET", url, acts=False, headers={SIGNATURE: signature}, max_bytes=MAX_BYTES)


def _words(task: Task) -> dict[str, Any]:
    return {
        "key": task.key,
        "kind": task.kind.value,
        "amount": task.amount,
        "currency": task.currency,
        "order": task.order_number,
        "line": task.order_line,
        "reason": task.reason,
    }


def _outcome(answer: dict[str, Any], key: str, *, acts: bool) -> Outcome:
    """``status`` is pending, done or failed, ``key`` is ours; anything else says nothing about what was done."""
    try:
        progress = Progress(answer["status"])
        if answer["key"] != key:
            raise ValueError("another key")
    except (KeyError, ValueError, TypeError):
        raise (OutcomeUnknown if acts else NotNow)(errors.BAD_ANSWER, "no status for our key") from None
    return Outcome(progress, str(answer.get("reference") or key)[:200], str(answer.get("detail") or "")[:500])


def _said(response: Response) -> str:
    text = response.body[:200].decode("utf-8", "replace")
    return f"HTTP {response.status}: {' '.join(text.split())}"
