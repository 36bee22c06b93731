"""What stand-ins for Google's interfaces have in common: tokens, Google's way of saying no, the discovery document."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jsonschema import ValidationError

from app.connectors.code_flow import App, challenge
from app.connectors.google.app import GoogleApp
from tests.connectors.discovery import Discovery
from tests.servers.faulty_proxy import Instead
from tests.servers.loopback import Reply, Request

APP, SECRET, TOKEN, CODE, VERIFIER = "porch.apps.example", "the app's secret", "ya29.access", "a-code", "v" * 64


class Refusal(Exception):
    """Google says no. ``newer``: in the way of its newer interfaces."""

    def __init__(self, status: int, reason: str, *, newer: bool = False) -> None:
        super().__init__(reason)
        self.status, self.reason, self.newer = status, reason, newer

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.status, "message": "in words that change"}
        if self.newer:
            detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": self.reason}
            return {"error": {**error, "status": "PERMISSION_DENIED", "details": [detail]}}
        return {"error": {**error, "errors": [{"domain": "global", "reason": self.reason}]}}


@dataclass
class GoogleDouble:
    """Subclasses answer ``serve``. ``refuse`` refuses every request to a path with that word in it."""

    description: Discovery
    scope: str
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    refresh: str = "1//refresh"
    granted: str | None = None
    """What the person allowed, if not just what was asked."""
    refuse: dict[str, Refusal] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """What else the token endpoint answers."""
    mistakes: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def answer(self, request: Request) -> Reply:
        self.asked.append(f"{request.method} {request.path}")
        try:
            if request.path == "/token":
                return self._token(dict(parse_qsl(request.body.decode())))
            if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                raise Refusal(401, "authError")
            for word, refusal in self.refuse.items():
                if word in request.path:
                    raise refusal
            body = json.loads(request.body) if request.body else None
            method = self.description.check(request.method, request.path, urlencode(request.query), body)
            found = self.serve(request.method, request.path, request.query, body)
            self.description.check_answer(method, found)
            return Reply(status=204) if found is None else _reply(200, found)
        except Refusal as refusal:
            return _reply(refusal.status, refusal.body())
        except (AssertionError, KeyError, ValueError, ValidationError) as mistake:
            self.mistakes.append(f"{type(mistake).__name__}: {mistake}")
            return _reply(400, Refusal(400, "badRequest").body())

    def serve(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        raise NotImplementedError

    def _token(self, form: Mapping[str, str]) -> Reply:
        if (form.get("client_id"), form.get("client_secret")) != (APP, SECRET):
            return _reply(401, {"error": "invalid_client"})
        if form["grant_type"] == "authorization_code":
            if form["code"] != CODE or challenge(form["code_verifier"]) != challenge(VERIFIER):
                return _reply(400, {"error": "invalid_grant"})
        elif form["refresh_token"] != self.refresh:
            return _reply(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        access = f"ya29.{next(self.numbers)}"
        self.tokens.add(access)
        made = {"access_token": access, "expires_in": 3599, "token_type": "Bearer", **self.more}
        made["scope"] = self.scope if self.granted is None else self.granted
        if form["grant_type"] == "authorization_code":
            made["refresh_token"] = self.refresh
        return _reply(200, made)


def too_fast() -> Instead:
    """Google's way of saying that an account asked too often: a reason, and no time."""
    refusal = Refusal(403, "userRateLimitExceeded")
    return Instead(refusal.status, json.dumps(refusal.body()).encode(), (("Content-Type", "application/json"),))


def google_app(url: str, *, units: int = 1_000_000) -> GoogleApp:
    """Our app, with Google's hosts where the stand-in is."""
    base = url.rstrip("/")
    hosts = {"youtube": base, "blogger": base}
    return GoogleApp(App(APP, SECRET), units, tokens=f"{base}/token", apis=hosts)


def _reply(status: int, found: Any) -> Reply:
    return Reply(json.dumps(found).encode(), status, [("Content-Type", "application/json; charset=UTF-8")])
