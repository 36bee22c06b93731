"""The authorisation code flow with PKCE, as far as it is alike at every platform."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, OutcomeUnknown, RateLimited, Transient
from app.connectors.oauth import Tokens
from app.core.clock import utc_now
from app.core.http import Http
from app.core.text import one_line

_DEAD = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "access_denied", "invalid_token"})
"""What a token endpoint says when asking again will not help (RFC 6749, 5.2)."""


@dataclass(frozen=True, slots=True)
class App:
    """What a platform knows us as."""

    id: str
    secret: str | None = field(default=None, repr=False)


def challenge(verifier: str) -> str:
    """PKCE's S256 of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def address(endpoint: str, app: App, scopes: str, *, redirect_uri: str, state: str, challenge: str, **more: str) -> str:
    """Where a person is sent: the authorisation endpoint with everything it needs."""
    asked = {
        "response_type": "code",
        "client_id": app.id,
        "redirect_uri": redirect_uri,
        "scope": scopes,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}?{urlencode({**asked, **more})}"


def tokens(http: Http, endpoint: str, app: App, form: Mapping[str, str], *, basic: bool = False) -> Tokens:
    """Ask a token endpoint. ``basic``: a confidential app shows its secret in the header, as X wants it, not in the
    form.

    Raises AuthExpired when the platform says that code, token or app are none, else as ``OAuth.refresh`` says.
    """
    sent = dict(form) | {"client_id": app.id}
    login = (app.id, app.secret) if basic and app.secret else None
    if app.secret and login is None:
        sent["client_secret"] = app.secret
    response = ask(http, "POST", endpoint, headers={"accept": "application/json"}, form=sent, basic_auth=login)
    said = decoded_object(response.body) or {}
    if response.status >= 400:
        code = one_line(str(said.get("error", "")), limit=60)
        detail = f"HTTP {response.status} {code} from {endpoint}"
        if code in _DEAD or response.status == 401:
            raise AuthExpired(errors.WRONG_CREDENTIALS, detail)
        raise refusal(response, act=True, detail=detail)
    if not isinstance(said.get("access_token"), str):
        raise OutcomeUnknown(errors.BAD_ANSWER, f"no token in the answer of {endpoint}")
    return _tokens(said)


def check_granted(granted: str, wanted: str, made: Tokens) -> Tokens:
    """The tokens, if the platform says that all permissions were given. Raises AuthExpired(MISSING_SCOPES)."""
    missing = [scope for scope in wanted.split() if granted and scope not in granted.split()]
    if missing:
        raise AuthExpired(errors.MISSING_SCOPES, ", ".join(missing))
    return made


def renewed(old: Tokens, new: Tokens) -> Tokens:
    """New tokens with what only the old ones held: a platform that does not rotate gives no refresh token again."""
    return replace(new, refresh=new.refresh or old.refresh, ends_at=new.ends_at or old.ends_at, extra=old.extra)


def _tokens(said: Mapping[str, object]) -> Tokens:
    now = utc_now()
    refresh, scope = said.get("refresh_token"), said.get("scope")
    return Tokens(
        access=str(said["access_token"]),
        refresh=refresh if isinstance(refresh, str) and refresh else None,
        expires_at=_after(now, said.get("expires_in")),
        ends_at=_after(now, said.get("refresh_token_expires_in")),  # Google says it of sign-ins that end
        extra={"scope": scope} if isinstance(scope, str) else {},
    )


def _after(now: datetime, seconds: object) -> datetime | None:
    return now + timedelta(seconds=int(seconds)) if isinstance(seconds, int | float) and seconds > 0 else None


def unsure(error: Exception) -> bool:
    """Whether a refresh token may have been used although no new one came."""
    return not isinstance(error, Transient | RateLimited)
