"""Signing in at Google: OAuth 2.0 for web server applications, with PKCE and offline access.

Facts from developers.google.com/identity/protocols/oauth2/web-server: access tokens last an hour; a refresh token is
given only with ``access_type=offline``, and again only with ``prompt=consent``; it stays good when it is used, until
it is taken back, is six months without use, or, of an app that Google calls "in testing", for seven days. People may
leave out permissions one by one, and the answer says which were given.
"""

from collections.abc import Mapping

from app.connectors import code_flow, errors
from app.connectors.code_flow import App
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.google.app import GoogleApp
from app.connectors.oauth import Start, Tokens
from app.core.http import Http


class GoogleOAuth:
    """``scope`` is the one permission a connector needs. Raises ValueError when no app is configured."""

    rotates = False

    def __init__(self, http: Http, google: GoogleApp, scope: str) -> None:
        if google.app is None:
            raise ValueError("no app at Google")
        self._http, self._google, self._scope = http, google, scope
        self._app: App = google.app

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        where = code_flow.address(
            self._google.authorize,
            self._app,
            self._scope,
            redirect_uri=redirect_uri,
            state=state,
            challenge=challenge,
            access_type="offline",
            prompt="consent",
        )
        return Start(where)

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        made = self._ask(form)
        if made.refresh is None:
            raise Permanent(errors.BAD_ANSWER, "Google gave no refresh token")
        return self._granted(made)

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        """Raises AuthExpired(MISSING_SCOPES) too: a permission can be taken back alone."""
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh or ""}
        return code_flow.renewed(tokens, self._granted(self._ask(form)))

    def _ask(self, form: Mapping[str, str]) -> Tokens:
        return code_flow.tokens(self._http, self._google.tokens, self._app, form)

    def _granted(self, made: Tokens) -> Tokens:
        if "scope" not in made.extra:
            raise AuthExpired(errors.MISSING_SCOPES, self._scope)
        return code_flow.check_granted(made.extra["scope"] or "-", self._scope, made)
