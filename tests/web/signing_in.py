"""A platform where people sign in, for tests: it keeps what it was asked and hands out tokens by number."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.connectors.code_flow import challenge as challenge_of
from app.connectors.errors import ConnectorError
from app.connectors.oauth import Start, Tokens
from app.core.clock import utc_now

HOUR = timedelta(hours=1)


@dataclass
class MemoryOAuth:
    """Signs in at ``https://platform.example``. ``fails`` is raised once, by what comes next."""

    rotates: bool = True
    ends_at: datetime | None = None
    fails: list[ConnectorError] = field(default_factory=list)
    begun: dict[str, str] = field(default_factory=dict)
    """Challenge by state."""
    used: list[str] = field(default_factory=list)
    """Refresh tokens that reached the platform."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        self._fail()
        self.begun[state] = challenge
        return Start(f"https://platform.example/authorize?state={state}&to={redirect_uri}", {"app": "seven"})

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        self._fail()
        assert challenge_of(verifier) in self.begun.values()
        assert dict(kept) == {"app": "seven"}
        assert redirect_uri.endswith("/pages/sign-in/back")
        return self._tokens()

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        assert tokens.refresh is not None
        if not any(isinstance(error, ConnectorError) and error.code == "unreachable" for error in self.fails):
            self.used.append(tokens.refresh)
        self._fail()
        return self._tokens()

    def _tokens(self) -> Tokens:
        number = next(self._numbers)
        return Tokens(f"access-{number}", f"refresh-{number}", utc_now() + HOUR, self.ends_at, {"app": "seven"})

    def _fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)
