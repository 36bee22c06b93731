"""Signing in on a server: every server registers us by itself, and its tokens do not end."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.connectors import code_flow, errors
from app.connectors.answers import ask, refusal
from app.connectors.code_flow import App
from app.connectors.decoding import decoded
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.oauth import Start, Tokens
from app.core.http import Http

NAME = "Porchlight"


class MastodonOAuth:
    """``POST /api/v1/apps``, ``/oauth/authorize``, ``POST /oauth/token`` (docs.joinmastodon.org/client/token)."""

    rotates = False

    def __init__(self, http: Http, scopes: str) -> None:
        self._http = http
        self._scopes = scopes

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        base = _base(url)
        asked = {"client_name": NAME, "redirect_uris": [redirect_uri], "scopes": self._scopes}
        response = ask(self._http, "POST", f"{base}/api/v1/apps", headers={"accept": "application/json"}, json=asked)
        if response.status >= 400:
            raise refusal(response, act=False)
        made = decoded(response.body)
        if not isinstance(made, dict) or not made.get("client_id"):
            raise Permanent(errors.BAD_ANSWER, "the server registered no application")
        app = App(str(made["client_id"]), str(made.get("client_secret") or "") or None)
        where = code_flow.address(
            f"{base}/oauth/authorize",
            app,
            self._scopes,
            redirect_uri=redirect_uri,
            state=state,
            challenge=challenge,
        )
        return Start(where, {"client_id": app.id, "client_secret": app.secret or ""})

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        app = App(kept["client_id"], kept["client_secret"] or None)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "scope": self._scopes,
        }
        made = code_flow.tokens(self._http, f"{_base(url)}/oauth/token", app, form)
        return code_flow.check_granted(made.extra.get("scope", ""), self._scopes, made)

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        raise AuthExpired(errors.WRONG_CREDENTIALS, "Mastodon's tokens are not renewed")


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
