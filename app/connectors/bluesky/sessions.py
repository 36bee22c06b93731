"""Signed-in sessions. They live in this process's memory only; what is kept at rest is the app password, encrypted.

Each process signs in for itself, so that no two ever exchange the same refresh token. An account may sign in 30 times
in 5 minutes and 300 times a day, a session lasts for weeks by refreshing: restarts never come near that.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.bluesky.wire import said_no, xrpc_url
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, OutcomeUnknown, Transient
from app.connectors.limits import Limits
from app.core.http import Http, Response

CREATE, REFRESH = "com.atproto.server.createSession", "com.atproto.server.refreshSession"


@dataclass(frozen=True, slots=True)
class Session:
    """One account signed in at its server."""

    did: str
    handle: str
    pds: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    active: bool = True
    """False when the account was deactivated, suspended or taken down."""


class Sessions:
    """The sessions of this process; safe to share between threads."""

    def __init__(self, http: Http, limits: Limits) -> None:
        self._http, self.limits = http, limits
        self._known: dict[str, Session] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(
        self, did: str, secret: Mapping[str, str], find_server: Callable[[], str], *, afresh: bool = False
    ) -> Session:
        """The session of an account, signing in at its server when there is none, or ``afresh``. Raises
        ConnectorError."""
        name = _name(did, secret)
        with self._lock(name):
            known = None if afresh else self._known.get(name)
            return known or self._sign_in(name, find_server(), secret)

    def renew(
        self,
        did: str,
        secret: Mapping[str, str],
        find_server: Callable[[], str],
        used: Session,
        *,
        afresh: bool = False,
    ) -> Session:
        """Another session in place of ``used``, whose token has ended; ``afresh``: its account may have moved to
        another server. Raises AuthExpired when the app password is no longer taken either."""
        name = _name(did, secret)
        with self._lock(name):
            current = self._known.get(name)
            if current is not None and current.access != used.access:
                return current  # another thread was here first
            if afresh:
                return self._sign_in(name, find_server(), secret)
            return self._refreshed(name, used) or self._sign_in(name, used.pds, secret)

    def forget(self) -> None:
        """Sign in anew at the next use."""
        with self._guard:
            self._known.clear()

    def _lock(self, name: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())

    def _sign_in(self, name: str, pds: str, secret: Mapping[str, str]) -> Session:
        self._known.pop(name, None)
        body = {"identifier": secret["login"].removeprefix("@").strip(), "password": secret["password"]}
        response = self._post(pds, CREATE, f"sign-in:{name[:16]}", {}, json=body)
        if response.status in (400, 401):
            code = said_no(response)
            if response.status == 401 or code:
                raise AuthExpired(errors.WRONG_CREDENTIALS, f"{code or 'HTTP 401'} at sign-in")
        return self._keep(name, pds, response)

    def _refreshed(self, name: str, used: Session) -> Session | None:
        response = self._post(used.pds, REFRESH, "reads", {"authorization": f"Bearer {used.refresh}"})
        return None if response.status in (400, 401) else self._keep(name, used.pds, response)

    def _post(self, pds: str, method: str, kind: str, headers: Mapping[str, str], **more: Any) -> Response:
        """Signing in says nothing to anybody: when no answer came it is tried again."""
        self.limits.before(pds, kind)
        try:
            response = ask(self._http, "POST", xrpc_url(pds, method), headers=headers, **more)
        except OutcomeUnknown as error:
            raise Transient(error.code, error.detail) from None
        self.limits.after(pds, kind, response)
        return response

    def _keep(self, name: str, pds: str, response: Response) -> Session:
        if response.status >= 300:
            raise refusal(response, act=False)
        data = decoded_object(response.body) or {}
        try:
            session = Session(
                did=str(data["did"]),
                handle=str(data["handle"]),
                pds=pds,
                access=str(data["accessJwt"]),
                refresh=str(data["refreshJwt"]),
                active=data.get("active", True) is not False,
            )
        except KeyError:
            raise Transient(errors.NOT_JSON, "no session in the answer to a sign-in") from None
        self._known[name] = session
        return session


def _name(did: str, secret: Mapping[str, str]) -> str:
    told = "\n".join((did, secret["login"], secret["password"]))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
