"""Asking Bluesky on behalf of one page: signed in through the account's own server, else as anybody.

Facts were checked against the network's own servers (``@atproto/dev-env`` 0.6.7) and the lexicons of August 2026; see
docs/connectors/bluesky.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from app.connectors import errors
from app.connectors.answers import ask, in_time, refusal
from app.connectors.bluesky.sessions import Session, Sessions
from app.connectors.bluesky.wire import Params, said_no, xrpc_url
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, Transient
from app.connectors.limits import Limits, Paced
from app.connectors.ports import Access
from app.core.http import Http, Method, Response
from app.core.text import one_line

ENDED = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
LEFT = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended"})


@dataclass(frozen=True, slots=True)
class Network:
    """Where the network's public parts are."""

    view: str = "https://public.api.bsky.app"
    """Shows public posts to everybody."""
    directory: str = "https://plc.directory"
    """Knows which server each ``did:plc`` lives on."""


class RefusedError(Exception):
    """The server said no by name."""

    def __init__(self, name: str, response: Response) -> None:
        super().__init__(name)
        self.name = name
        self.response = response


class Client:
    """Requests for one page. ``did`` is the page's account."""

    def __init__(self, http: Http, network: Network, sessions: Sessions, did: str, access: Access) -> None:
        self._http = http
        self._network = network
        self._sessions = sessions
        self._paced = Paced(http, sessions.limits)
        self._access = access
        self.did = did

    @property
    def signed_in(self) -> bool:
        return self._access.secret is not None

    def session(self, *, afresh: bool = False) -> Session:
        """Who we are; ``afresh``: signed in just now, whatever tokens are still good.

        Raises AuthExpired when the login is not taken, or belongs to another account.
        """
        secret = self._access.secret
        if secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no login")
        session = self._sessions.get(self.did, secret, self._server, afresh=afresh)
        if session.did != self.did:
            raise AuthExpired(errors.OTHER_ACCOUNT, f"@{one_line(session.handle)}")
        if not session.active:
            raise AuthExpired(errors.MISSING_PERMISSION, "the account is deactivated or suspended")
        return session

    def get(self, method: str, **params: Any) -> dict[str, Any]:
        """Read, as the page's account sees it when it is signed in. Raises ConnectorError."""
        try:
            return self.try_get(method, **params)
        except RefusedError as refused:
            raise error_for(refused) from None

    def try_get(self, method: str, **params: Any) -> dict[str, Any]:
        """As ``get``, but a refusal by name is raised as RefusedError, for callers who expect one."""
        if not self.signed_in:
            return self._read(self._paced.ask("GET", xrpc_url(self._network.view, method, params)), act=False)
        return self._as_us("GET", method, params)

    def try_post(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change something in our own repository. Raises RefusedError when the server said no by name (nothing was
        changed), else ConnectorError; OutcomeUnknown when the change may have been made."""
        return self._as_us("POST", method, {}, json=dict(body))

    def _as_us(self, verb: Method, method: str, params: Params, **more: Any) -> dict[str, Any]:
        session, secret = self.session(), self._access.secret or {}
        try:
            return self._with(session, verb, method, params, **more)
        except AuthExpired as error:
            afresh = error.code != errors.WRONG_CREDENTIALS
            session = self._sessions.renew(self.did, secret, self._server, session, afresh=afresh)
            return self._with(session, verb, method, params, **more)

    def _with(self, session: Session, verb: Method, method: str, params: Params, **more: Any) -> dict[str, Any]:
        act = verb != "GET"
        if act:
            in_time(self._access)
        headers = {"authorization": f"Bearer {session.access}"}
        response = self._paced.ask(verb, xrpc_url(session.pds, method, params), headers=headers, **more)
        if response.status == 401 or (response.status == 400 and said_no(response) in ENDED):
            raise AuthExpired(errors.WRONG_CREDENTIALS, f"{said_no(response) or 'HTTP 401'} from {response.url}")
        return self._read(response, act=act)

    def _read(self, response: Response, *, act: bool) -> dict[str, Any]:
        name = said_no(response)
        if name in LEFT and self.signed_in and response.status < 500:
            raise AuthExpired(errors.MISSING_PERMISSION, name)
        if 400 <= response.status < 500 and name:
            raise RefusedError(name, response)
        if response.status >= 300:
            raise refusal(response, act=act, detail=f"{name or ''} HTTP {response.status} from {response.url}".strip())
        data = decoded_object(response.body)
        if data is None:
            detail = f"HTTP {response.status}, not JSON: {one_line(response.body[:200].decode('utf-8', 'replace'))}"
            raise OutcomeUnknown(errors.NOT_JSON, detail) if act else Transient(errors.NOT_JSON, detail)
        return data

    def _server(self) -> str:
        """The server the account lives on now."""
        return find_server(self._http, self._network, self._paced.limits, self.did)


def find_server(http: Http, network: Network, limits: Limits, did: str) -> str:
    """The server (PDS) an account lives on now, by its public identity document. Raises ConnectorError."""
    if did.startswith("did:web:"):
        url = f"https://{unquote(did.removeprefix('did:web:'))}/.well-known/did.json"
    else:
        url = f"{network.directory.rstrip('/')}/{did}"
    limits.before(url, "reads")
    response = ask(http, "GET", url, headers={"accept": "application/json"})
    limits.after(url, "reads", response)
    if response.status >= 400:
        raise refusal(response, act=False)
    data = decoded_object(response.body)
    if data is None:
        raise Transient(errors.NOT_JSON, f"no identity document from {response.url}")
    services = data.get("service")
    for one in services if isinstance(services, list) else ():
        if isinstance(one, dict) and str(one.get("id", "")).endswith("#atproto_pds"):
            return _safe(str(one.get("serviceEndpoint", "")))
    raise Permanent(errors.BAD_ANSWER, "the account names no server")


def error_for(refused: RefusedError) -> Permanent:
    """Our error for a refusal nobody expected."""
    return Permanent(errors.REFUSED, f"{refused.name}, HTTP {refused.response.status}")


def _safe(server: str) -> str:
    """App passwords never travel in the open; this machine itself is no network."""
    parts = urlsplit(server)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")):
        return server
    raise Permanent(errors.ADDRESS_REFUSED, "the account's server has no HTTPS")
