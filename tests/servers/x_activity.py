"""What X does when it calls a program: webhooks, subscriptions, its asking back, and the events.

Requests and answers are held against X's description 2.167, the first one that knows answers as events.
"""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.connectors.described import OpenApi

DESCRIPTION = OpenApi(Path(__file__).parent.parent / "connectors" / "x_data" / "activity-subset.json")
KEY, SECRET, APP_TOKEN = "porch-key", "porch-consumer-secret", "x-app-token"
AT = "2026-11-20T10:00:00.000Z"
Answer = tuple[int, dict[str, Any]]
Call = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]
"""How the program is reached: method, address, headers, body; answers status and body."""


def signature(body: bytes, secret: str = SECRET) -> str:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()


class Switchboard:
    """X's side. ``call`` is set by whoever plays the program."""

    def __init__(self) -> None:
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.call: Call | None = None
        self.most = 1
        """How many webhooks the app may have."""
        self.unknown: set[str] = set()
        """Kinds of events that can't be asked for."""
        self._numbers = itertools.count(1)

    @staticmethod
    def knows(path: str) -> bool:
        return path.startswith(("/2/webhooks", "/2/activity/"))

    def token(self, form: Any, given: str) -> Answer:
        """The app's own, for its key and secret."""
        basic = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if given != basic or form != {"grant_type": "client_credentials"}:
            return 403, {"errors": [{"code": 99, "message": "Unable to verify your credentials"}]}
        return 200, {"token_type": "bearer", "access_token": APP_TOKEN}

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any, token: str) -> Answer:
        if path.startswith("/2/webhooks"):
            return self._webhook(method, path.removeprefix("/2/webhooks").lstrip("/"), body, token)
        return self._subscription(method, query, body, token)

    def _webhook(self, method: str, number: str, body: Any, token: str) -> Answer:
        if token != APP_TOKEN:
            return 403, _problem("client-forbidden", "this needs the app's own token")
        if method == "GET":
            return 200, {"data": list(self.webhooks.values()), "meta": {"result_count": len(self.webhooks)}}
        if method == "POST":
            if len(self.webhooks) >= self.most:
                return 400, _problem("invalid-request", "WebhookLimitExceeded")
            if not self._asked_back(body["url"]):
                return 400, _problem("invalid-request", "CrcValidationFailed")
            number = str(next(self._numbers))
            self.webhooks[number] = {"id": number, "url": body["url"], "valid": True, "created_at": AT}
            return 200, {"data": self.webhooks[number]}
        if method == "PUT":
            self.webhooks[number]["valid"] = self._asked_back(self.webhooks[number]["url"])
            return 200, {"data": {"valid": self.webhooks[number]["valid"]}}
        del self.webhooks[number]
        return 200, {"data": {"deleted": True}}

    def _subscription(self, method: str, query: Mapping[str, str], body: Any, token: str) -> Answer:
        if method == "POST":
            if body["event_type"] in self.unknown:
                return 400, _problem("invalid-request", "this event is none of your plan")
            if token == APP_TOKEN:
                return 403, _problem("client-forbidden", "what is said to somebody needs their consent")
            number = str(next(self._numbers))
            self.subscriptions[number] = {**body, "subscription_id": number, "created_at": AT, "updated_at": AT}
            return 200, {"data": {"subscription": self.subscriptions[number]}}
        if method == "GET":
            return 200, {"data": list(self.subscriptions.values())}
        gone = query["ids"].split(",")
        for one in gone:
            del self.subscriptions[one]
        return 200, {"data": [{"deleted": True, "subscription_id": one} for one in gone]}

    def _asked_back(self, url: str) -> bool:
        """The challenge-response check."""
        token = secrets.token_urlsafe(24)
        assert self.call is not None
        status, said = self.call("GET", f"{url}?crc_token={token}", {}, b"")
        return status == 200 and bool(json.loads(said)["response_token"] == signature(token.encode()))

    def tell(self, kind: str, post: Mapping[str, Any], user: str) -> list[int]:
        """Send an event to whoever asked for it; answers the statuses that came back."""
        found = [
            one for one in self.subscriptions.values() if one["event_type"] == kind and one["filter"]["user_id"] == user
        ]
        bodies = [json.dumps(event(kind, post, user, str(next(self._numbers)))).encode() for _one in found]
        urls = [self.webhooks[one["webhook_id"]] for one in found]
        return [self.send(url["url"], body) for url, body in zip(urls, bodies, strict=True) if url["valid"]]

    def send(self, url: str, body: bytes, signed: str | None = None) -> int:
        assert self.call is not None
        headers = {"x-twitter-webhooks-signature": signature(body) if signed is None else signed}
        return self.call("POST", url, {**headers, "Content-Type": "application/json"}, body)[0]


def event(kind: str, post: Mapping[str, Any], user: str, number: str) -> dict[str, Any]:
    """As X's samples of July 2026 have it."""
    data = {"event_uuid": number, "filter": {"user_id": user}, "event_type": kind, "tag": "porchlight", "payload": post}
    return {"data": data}


def _problem(kind: str, detail: str) -> dict[str, Any]:
    return {"title": "Refused", "type": f"https://api.x.com/2/problems/{kind}", "detail": detail}
