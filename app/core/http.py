"""The one door for outgoing requests: guarded, bounded, without memory of its own.

Resolves a name once, refuses every address that is not public unless the operator listed its network, connects to the
checked address, follows redirects by hand with the same checks, and spends no more than the configured time and bytes.
"""

import base64
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin

import requests
import urllib3

from app.core import addresses
from app.core.config import Outgoing
from app.core.http_errors import AddressRefused, HttpError, NoAnswer, TooLarge, TooManyRedirects, Unreachable
from app.core.http_wire import Adapter, Attempt, Resolver, running, system_resolver, tls_context
from app.core.i18n import gettext as _

__all__ = ["AddressRefused", "Http", "HttpError", "NoAnswer", "Response", "TooLarge", "TooManyRedirects", "Unreachable"]

Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE"]
USER_AGENT = "Porchlight/0.1"
MAX_REDIRECTS = 5
FOLLOWED = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
PIECE = 65_536
ACROSS_ORIGINS = ("accept", "accept-encoding", "accept-language", "if-modified-since", "if-none-match", "user-agent")
"""The only headers that follow a redirect to another origin; all others may be credentials."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer. ``headers`` has lower-case names; ``url`` is the address that answered."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    moved_permanently: bool = False
    """True when every redirect on the way said "for good" (301, 308)."""


class Http:
    """Makes requests; safe to share between threads."""

    def __init__(self, settings: Outgoing, *, resolve: Resolver = system_resolver) -> None:
        self._settings = settings
        self._resolve = resolve
        self._context = tls_context()
        self._kept = Adapter(self._context)

    def request(
        self,
        method: Method,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        basic_auth: tuple[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """Make one request. GET and HEAD follow up to five redirects; other methods follow none.

        ``max_bytes`` lowers the configured limit for this answer. Credentials and unknown headers stay with the
        origin of ``url``; a redirect elsewhere leaves them behind. Bodies of redirects are not read.

        Raises HttpError's subclasses; a status of 400 or more is an answer, not an error.
        """
        limit = min(max_bytes or self._settings.max_bytes, self._settings.max_bytes)
        deadline = time.monotonic() + self._settings.total_seconds
        own = _own_headers(headers or {}, basic_auth)
        target = addresses.parse(url)
        permanent = True
        for hop in range(MAX_REDIRECTS + 1):
            prepared = _prepare(
                requests.Request(method, target.url, headers=dict(own), params=params, json=json, data=form)
            )
            answer = self._ask(prepared, deadline, limit)
            location = answer.headers.get("location")
            if method not in ("GET", "HEAD") or answer.status not in FOLLOWED or not location:
                return Response(answer.status, answer.url, answer.headers, answer.body, hop > 0 and permanent)
            target, before, params = addresses.parse(urljoin(answer.url, _decoded(location))), target, None
            if target.origin != before.origin:
                own = {name: value for name, value in own.items() if name in ACROSS_ORIGINS}
            permanent = permanent and answer.status in FOR_GOOD
        raise TooManyRedirects(_("%(host)s redirects more than five times.", host=target.host))

    def _ask(self, prepared: requests.PreparedRequest, deadline: float, limit: int) -> Response:
        """One request and its answer. A kept connection that the server had closed meanwhile is replaced once."""
        attempt = self._attempt(deadline, limit)
        if prepared.method in ("GET", "HEAD"):
            try:
                return _exchange(self._kept, prepared, attempt, limit)
            except NoAnswer:
                if attempt.fresh or attempt.answered or time.monotonic() >= deadline:
                    raise
            attempt = self._attempt(deadline, limit)
        # Whatever changes something never uses a kept connection: if that broke, nobody could say what was done.
        once = Adapter(self._context)
        try:
            return _exchange(once, prepared, attempt, limit)
        finally:
            once.close()

    def _attempt(self, deadline: float, limit: int) -> Attempt:
        return Attempt(self._settings, self._resolve, deadline, bytes_left=2 * limit + 1_000_000)


def _own_headers(given: Mapping[str, str], basic_auth: tuple[str, str] | None) -> dict[str, str]:
    headers = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, deflate"}
    headers |= {name.lower(): value for name, value in given.items()}
    if basic_auth is not None:
        headers["authorization"] = "Basic " + base64.b64encode(":".join(basic_auth).encode()).decode("ascii")
    return headers


def _prepare(request: requests.Request) -> requests.PreparedRequest:
    try:
        return request.prepare()
    except (requests.RequestException, UnicodeError):
        raise Unreachable(
            _("The request holds something that can't be sent, such as a line break in a header.")
        ) from None


def _decoded(location: str) -> str:
    """Headers arrive as Latin-1; addresses in them are UTF-8 when they are not plain ASCII."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _exchange(adapter: Adapter, prepared: requests.PreparedRequest, attempt: Attempt, limit: int) -> Response:
    with running(attempt):
        try:
            answer = adapter.send(prepared, stream=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise attempt.failed(_reason(prepared, error)) from None
        raw: urllib3.HTTPResponse = answer.raw
        try:
            headers = {name.lower(): value for name, value in raw.headers.itermerged()}
            moved = raw.status in FOLLOWED and "location" in headers and headers.get("content-length") != "0"
            body = b"" if moved or prepared.method == "HEAD" else _body(raw, headers, attempt, limit)
            if not moved:
                raw.release_conn()
            return Response(raw.status, str(prepared.url), headers, body)
        except (urllib3.exceptions.HTTPError, OSError, zlib.error) as error:
            raise attempt.failed(_reason(prepared, error)) from None
        finally:
            raw.close()


def _reason(prepared: requests.PreparedRequest, error: Exception) -> str:
    """What happened, without the address: its query may hold a token."""
    host = addresses.parse(str(prepared.url)).host
    if isinstance(error, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError):
        return _("%(host)s did not answer in time.", host=host)
    if isinstance(error, zlib.error | urllib3.exceptions.DecodeError):
        return _("The answer of %(host)s is compressed in a way that can't be read.", host=host)
    return _("%(host)s broke off before its answer was complete.", host=host)


def _body(raw: urllib3.HTTPResponse, headers: Mapping[str, str], attempt: Attempt, limit: int) -> bytes:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise _too_large(limit)
        pieces: Iterable[bytes] = raw.stream(PIECE, decode_content=False)
    elif encoding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflate(raw.stream(PIECE, decode_content=False))
    else:
        raise zlib.error(encoding)
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
        attempt.time_left(_("The server"), 1)
    return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(_("The answer is larger than the %(limit)s bytes allowed.", limit=limit))


def _inflate(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Decompress piece by piece, each result at most PIECE long, so that a bomb is met one piece at a time."""
    engine: Any = None
    for piece in pieces:
        data = piece
        if engine is None:
            engine = zlib.decompressobj(_window(data))
        while data:
            if engine.eof:
                if data[:2] != b"\x1f\x8b":
                    break  # padding after the last member
                engine = zlib.decompressobj(31)
            yield engine.decompress(data, PIECE)
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    if engine is not None and not engine.eof:
        raise urllib3.exceptions.ProtocolError("compressed data ends early")


def _window(start: bytes) -> int:
    """zlib's mode for what comes: gzip, zlib, or the bare deflate that some servers send for "deflate"."""
    if start[:2] == b"\x1f\x8b":
        return 31
    zlib_header = len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return 15 if zlib_header else -15
