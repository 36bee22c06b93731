"""Signing in at X: OAuth 2.0 with PKCE. A refresh token is good for one use."""

from collections.abc import Mapping

from app.connectors import code_flow
from app.connectors.code_flow import App
from app.connectors.oauth import Start, Tokens
from app.core.http import Http

AUTHORIZE = "https://x.com/i/oauth2/authorize"
SCOPES = "tweet.read users.read tweet.write tweet.moderate.write offline.access"


class XOAuth:
    """Access tokens last two hours; a code has to be exchanged within half a minute."""

    rotates = True

    def __init__(self, http: Http, app: App, base: str) -> None:
        self._http = http
        self._app = app
        self._endpoint = f"{base}/2/oauth2/token"

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        asked = {"redirect_uri": redirect_uri, "state": state, "challenge": challenge}
        return Start(code_flow.address(AUTHORIZE, self._app, SCOPES, **asked))

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        made = self._ask(form)
        return code_flow.check_granted(made.extra.get("scope", ""), SCOPES, made)

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh or ""}
        return code_flow.renewed(tokens, self._ask(form))

    def _ask(self, form: Mapping[str, str]) -> Tokens:
        return code_flow.tokens(self._http, self._endpoint, self._app, form, basic=True)
