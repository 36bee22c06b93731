"""The one door for outgoing requests: guarded, bounded, without memory of its own.

Resolves a name once, refuses every address that is not public unless the operator listed its network, connects to the
checked address, follows redirects by hand with the same checks, and spends no more than the configured time and bytes.
"""

import base64
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import requests
import urllib3

from app.core import addresses
from app.core.http_errors import AddressRefused, HttpError, NoAnswer, TooLarge, TooManyRedirects, Unreachable
from app.core.http_wire import Adapter, Attempt, Resolver, running, system_resolver
from app.core.i18n import gettext as _
from app.core.patience import waiting
from app.core.sections import Outgoing

__all__ = ["AddressRefused", "Http", "HttpError", "NoAnswer", "Response", "TooLarge", "TooManyRedirects", "Unreachable"]

Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE"]
USER_AGENT = "Porchlight/0.1"
MAX_REDIRECTS = 5
FOLLOWED = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
PIECE = 65_536
LONGEST_LINE = 1_000_000
"""Bytes of one line of an answer that does not end."""
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
        self._kept = Adapter()
        self._process = os.getpid()

    def request(
        self,
        method: Method,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        basic_auth: tuple[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """Make one request. GET and HEAD follow up to five redirects; other methods follow none.

        ``max_bytes`` lowers the configured limit for this answer. Credentials and unknown headers stay with the
        origin of ``url``; a redirect elsewhere leaves them behind. Bodies of redirects are not read. Within
        ``patience`` it may have less time than the configured.

        Raises HttpError's subclasses; a status of 400 or more is an answer, not an error.
        """
        limit = min(max_bytes or self._settings.max_bytes, self._settings.max_bytes)
        deadline = time.monotonic() + self._settings.total_seconds
        own = _own_headers(headers or {}, basic_auth)
        target = addresses.parse(url)
        permanent = True
        for hop in range(MAX_REDIRECTS + 1):
            prepared = _prepare(
                requests.Request(method, target.url, headers=dict(own), params=params, json=json, data=body or form)
            )
            answer = self._ask(prepared, target.host, deadline, limit)
            location = answer.headers.get("location")
            if method not in ("GET", "HEAD") or answer.status not in FOLLOWED or not location:
                return Response(answer.status, answer.url, answer.headers, answer.body, hop > 0 and permanent)
            target, before, params = addresses.parse(_decoded(location), answer.url), target, None
            if target.origin != before.origin:
                own = {name: value for name, value in own.items() if name in ACROSS_ORIGINS}
            permanent = permanent and answer.status in FOR_GOOD
        raise TooManyRedirects(_("%(host)s redirects more than five times.", host=target.host))

    @contextmanager
    def lines(
        self, url: str, *, idle_seconds: float, headers: Mapping[str, str] | None = None
    ) -> Iterator[tuple[Response, Iterator[bytes]]]:
        """Ask for an answer that goes on for ever: its head, without a body, and its lines as they come, without
        their ends. Redirects are not followed; the connection is nobody else's, and closed at the end of the block.

        ``idle_seconds`` is how long the head, and each line, may take. Raises HttpError's subclasses, also from the
        lines; they end where the server ends its answer.
        """
        limits = self._settings.model_copy(update={"read_seconds": idle_seconds, "total_seconds": idle_seconds})
        target = addresses.parse(url)
        own = _own_headers(headers or {}, None) | {"accept-encoding": "identity"}
        prepared = _prepare(requests.Request("GET", target.url, headers=own))
        attempt = Attempt(limits, self._resolve, target.host, time.monotonic() + idle_seconds, LONGEST_LINE)
        with closing(Adapter()) as once:
            raw = _sent(once, prepared, attempt)
            with closing(raw):
                yield _head(raw, prepared), _lines(raw, attempt)

    def _ask(self, prepared: requests.PreparedRequest, host: str, deadline: float, limit: int) -> Response:
        """One request and its answer. Raises HttpError's subclasses."""
        with waiting(deadline - time.monotonic()) as seconds:
            return self._answered(prepared, host, time.monotonic() + seconds, limit)

    def _answered(self, prepared: requests.PreparedRequest, host: str, deadline: float, limit: int) -> Response:
        """A kept connection that the server had closed meanwhile is replaced once."""
        if prepared.method in ("GET", "HEAD"):
            attempt = Attempt(self._settings, self._resolve, host, deadline, limit)
            try:
                return _exchange(self._adapter(), prepared, attempt)
            except NoAnswer:
                if attempt.fresh or attempt.received or not attempt.broken_off:
                    raise
        # Whatever changes something never uses a kept connection: if that broke, nobody could say what was done.
        once = Adapter()
        try:
            return _exchange(once, prepared, Attempt(self._settings, self._resolve, host, deadline, limit))
        finally:
            once.close()

    def _adapter(self) -> Adapter:
        """The one that keeps connections; a forked process begins anew, or two would talk on the same ones."""
        if self._process != os.getpid():
            self._kept, self._process = Adapter(), os.getpid()
        return self._kept


def _own_headers(given: Mapping[str, str], basic_auth: tuple[str, str] | None) -> dict[str, str]:
    headers = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, deflate"}
    headers |= {name.lower(): value for name, value in given.items()}
    if basic_auth is not None:
        headers["authorization"] = "Basic " + base64.b64encode(":".join(basic_auth).encode()).decode("ascii")
    return headers


def _prepare(request: requests.Request) -> requests.PreparedRequest:
    try:
        prepared = request.prepare()
        for value in prepared.headers.values():
            value.encode("latin-1")
    except (requests.RequestException, UnicodeError):
        raise Unreachable(
            _("The request holds something that can't be sent, such as a line break in a header.")
        ) from None
    return prepared


def _decoded(location: str) -> str:
    """Headers arrive as Latin-1; addresses in them are UTF-8 when they are not plain ASCII."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _exchange(adapter: Adapter, prepared: requests.PreparedRequest, attempt: Attempt) -> Response:
    with closing(_sent(adapter, prepared, attempt)) as raw, _explaining(attempt):
        head = _head(raw, prepared)
        if raw.status in FOLLOWED and "location" in head.headers and head.headers.get("content-length") != "0":
            return head
        return replace(head, body=_body(raw, head.headers, attempt))


def _sent(adapter: Adapter, prepared: requests.PreparedRequest, attempt: Attempt) -> urllib3.HTTPResponse:
    """Send a request; the answer up to where its body begins. To be closed by the caller."""
    with _explaining(attempt):
        raw: urllib3.HTTPResponse = adapter.send(prepared, stream=True).raw
        if attempt.ended:
            raw.close()
            raise urllib3.exceptions.ProtocolError("headers end early")  # http.client would take them as whole
        return raw


@contextmanager
def _explaining(attempt: Attempt) -> Iterator[None]:
    """Work for ``attempt`` in the block; what goes wrong there is raised as an HttpError."""
    with running(attempt):
        try:
            yield
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, zlib.error) as error:
            # ValueError is what http.client says to some broken answers, such as a chunk of -5 bytes. No text is handed
            # on: most hold the whole address, whose query may be a token.
            raise _explained(error, attempt) from None


def _head(raw: urllib3.HTTPResponse, prepared: requests.PreparedRequest) -> Response:
    headers = {name.lower(): value for name, value in raw.headers.itermerged()}
    return Response(raw.status, str(prepared.url), headers, b"")


def _lines(raw: urllib3.HTTPResponse, attempt: Attempt) -> Iterator[bytes]:
    """Each line anew has as long as ``attempt`` had, and as many bytes."""
    begun = b""
    while True:
        with _explaining(attempt):
            piece = raw.read1(PIECE, decode_content=False)
        if not piece:
            return
        *whole, begun = (begun + piece).split(b"\n")
        if whole:
            attempt.deadline, attempt.received = time.monotonic() + attempt.limits.total_seconds, 0
        elif len(begun) > attempt.max_bytes:
            raise attempt.too_large()
        yield from (line.removesuffix(b"\r") for line in whole)


def _explained(error: Exception, attempt: Attempt) -> HttpError:
    host = attempt.host
    if isinstance(error, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError):
        return attempt.failed(_("%(host)s did not answer in time.", host=host))
    if isinstance(error, zlib.error):
        return attempt.failed(_("The answer of %(host)s is compressed in a way that can't be read.", host=host))
    attempt.broken_off = True
    return attempt.failed(_("%(host)s broke off before its answer was complete.", host=host))


def _body(raw: urllib3.HTTPResponse, headers: Mapping[str, str], attempt: Attempt) -> bytes:
    pieces: Iterable[bytes] = raw.stream(PIECE, decode_content=False)
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflate(pieces, encoding)
    elif encoding not in ("", "identity"):
        raise zlib.error(encoding)
    elif (raw.length_remaining or 0) > attempt.max_bytes:
        raise attempt.too_large()
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > attempt.max_bytes:
            raise attempt.too_large()
    return bytes(body)


def _inflate(pieces: Iterable[bytes], encoding: str) -> Iterable[bytes]:
    """Decompress piece by piece, each result at most PIECE long, so that a bomb is met one piece at a time."""
    engine: Any = None
    members = 0
    for piece in pieces:
        data = piece
        while data:
            if engine is None or (engine.eof and data[:2] == b"\x1f\x8b"):
                engine = zlib.decompressobj(_window(encoding, data[0]))
                members += 1
            if engine.eof or members > 100:
                break  # padding, or somebody making us work
            yield engine.decompress(data, PIECE)
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    if engine is not None and not engine.eof:
        raise urllib3.exceptions.ProtocolError("compressed data ends early")


def _window(encoding: str, first: int) -> int:
    """zlib's mode: gzip; for "deflate" the zlib form RFC 9110 asks for, or the bare one that some servers send."""
    if encoding != "deflate":
        return 31
    return 15 if first & 0x0F == 8 else -15
