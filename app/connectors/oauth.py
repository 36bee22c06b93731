"""Signing in at a platform (OAuth 2.0 with PKCE, RFC 6749 and RFC 7636): what a connector brings for it.

A connector whose platform has it puts an ``OAuth`` into its ``SignIn``. The person goes to the address that ``begin``
gives, comes back with a code, and ``exchange`` makes tokens of it. Who keeps state, verifier and tokens is not the
connector's business. ``app.connectors.code_flow`` has the parts that are alike everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

OURS = frozenset({"password", "refresh_token", "expires_at", "ends_at"})


@dataclass(frozen=True, slots=True)
class Start:
    """Where a person is sent to sign in. ``kept`` is given back to ``exchange``; it is stored encrypted."""

    url: str
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What signing in gave us."""

    access: str
    refresh: str | None = None
    expires_at: datetime | None = None
    """When the access token ends; None: it does not, or nobody knows."""
    ends_at: datetime | None = None
    """When a person has to sign in again at the latest; None: never, or nobody knows."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Whatever else has to be kept, for example what the platform registered us as."""

    def secret(self) -> dict[str, str]:
        """As a connection's secret: the access token is its ``password``."""
        kept = {**self.extra, "password": self.access}
        if self.refresh:
            kept["refresh_token"] = self.refresh
        if self.expires_at:
            kept["expires_at"] = self.expires_at.isoformat()
        if self.ends_at:
            kept["ends_at"] = self.ends_at.isoformat()
        return kept

    @classmethod
    def of(cls, secret: Mapping[str, str]) -> "Tokens":
        """From a connection's secret, also one that was typed in."""
        extra = {name: value for name, value in secret.items() if name not in OURS}
        times = [datetime.fromisoformat(at) if (at := secret.get(name)) else None for name in ("expires_at", "ends_at")]
        return cls(secret.get("password", ""), secret.get("refresh_token"), times[0], times[1], extra)


class OAuth(Protocol):
    """Signing in at one platform."""

    rotates: bool
    """A refresh token is good for one use: a second one is refused, and may cost us the whole sign-in."""

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        """Where to send the person who signs in for the page at ``url``. ``challenge`` is PKCE's, by S256.

        Raises ConnectorError when the platform has to be asked first and can't be.
        """
        ...

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        """Tokens for the code that the person came back with.

        Raises AuthExpired(MISSING_SCOPES) naming what the person did not allow, or another ConnectorError.
        """
        ...

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        """New tokens for old ones, before these end.

        Raises AuthExpired when a person has to sign in again; Transient and RateLimited promise that the refresh token
        was not used, OutcomeUnknown says that it may have been.
        """
        ...
