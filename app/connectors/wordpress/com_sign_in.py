"""Signing in at WordPress.com: OAuth 2.1, where programs register themselves (RFC 7591).

Facts from public-api.wordpress.com/.well-known/openid-configuration (July 2026): code flow with S256, refresh tokens,
registration without credentials, programs without a secret. Access tokens last two weeks.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.connectors import code_flow, errors
from app.connectors.answers import ask, refusal
from app.connectors.code_flow import App
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.oauth import Start, Tokens
from app.core.http import Http

NAME = "Porchlight"
SCOPES = "comments sites users"
ALL = "global"
"""Holds all others."""


class ComOAuth:
    """``api`` is the interface's address."""

    rotates = True
    """OAuth 2.1 wants that of programs without a secret (section 4.3.1)."""

    def __init__(self, http: Http, api: str) -> None:
        self._http, self._base = http, f"{api}/oauth2-1"

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        app = self._register(redirect_uri)
        asked = {"redirect_uri": redirect_uri, "state": state, "challenge": challenge}
        return Start(code_flow.address(f"{self._base}/authorize", app, SCOPES, **asked), {"client_id": app.id})

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        made = code_flow.tokens(self._http, f"{self._base}/token", App(kept["client_id"]), form)
        granted = made.extra.get("scope", "")
        if ALL not in granted.split():
            code_flow.check_granted(granted, SCOPES, made)
        return replace(made, extra={**made.extra, "client_id": kept["client_id"]})

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        app = tokens.extra.get("client_id")
        if app is None:
            raise AuthExpired(errors.WRONG_CREDENTIALS, "a token that was entered by hand is not renewed")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh or ""}
        return code_flow.renewed(tokens, code_flow.tokens(self._http, f"{self._base}/token", App(app), form))

    def _register(self, redirect_uri: str) -> App:
        """Have this installation known there; each sign-in does, so that nothing has to be kept in between."""
        asked = {
            "client_name": NAME,
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": SCOPES,
        }
        response = ask(self._http, "POST", f"{self._base}/register", headers={"accept": "application/json"}, json=asked)
        if response.status >= 400:
            raise refusal(response, act=False)
        made = decoded_object(response.body)
        if made is None or not isinstance(made.get("client_id"), str):
            raise Permanent(errors.BAD_ANSWER, "WordPress.com registered no program")
        return App(made["client_id"])
