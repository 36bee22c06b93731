"""Connections that check where they go and never wait longer than their request has left.

Everything here is reached through ``requests``' adapter: its pools make our connections, which look a name up once,
check every address it has, and connect to one of those. Their sockets ask, before each wait, how much time the request
of this thread has left, so that a server that drips bytes can't hold it longer; no second thread has to watch.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any

import certifi
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from app.core import addresses
from app.core.addresses import Address
from app.core.http_errors import HttpError, NoAnswer, TooLarge, Unreachable
from app.core.i18n import gettext as _
from app.core.sections import Outgoing

# Its lines hold whole addresses, whose query may be a token.
logging.getLogger("urllib3").setLevel(logging.ERROR)

Resolver = Callable[[str], list[Address]]
"""Looks a name up: all its addresses, best first. Raises OSError when there are none."""


def system_resolver(host: str) -> list[Address]:
    """Ask the system, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


@dataclass(slots=True)
class Attempt:
    """One try of one request: what it may still spend, and how far it came."""

    limits: Outgoing
    resolve: Resolver
    host: str
    deadline: float
    """On the monotonic clock."""
    max_bytes: int
    received: int = 0
    """Everything that came in, headers, chunk sizes and compressed data included."""
    ended: bool = False
    """The server closed its side and we noticed, which happens only when more was needed."""
    fresh: bool = False
    """A connection was made for this attempt, not taken from the pool."""
    sent: bool = False
    broken_off: bool = False
    """The connection failed, other than by taking too long."""

    def time_left(self, at_most: float) -> float:
        """Seconds the next step may take. Raises when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self.failed(_("%(host)s took longer than is allowed.", host=self.host))
        return min(left, at_most)

    def count(self, received: int) -> int:
        """Take note of what came in. Raises TooLarge for a server that sends for ever where no length is looked at,
        such as in chunk sizes, trailers and compressed nothing."""
        self.received += received
        self.ended = received == 0
        if self.received > 2 * self.max_bytes + 1_000_000:
            raise self.too_large()
        return received

    def failed(self, message: str) -> HttpError:
        """The error for what happened, by whether the request may have left."""
        return NoAnswer(message) if self.sent else Unreachable(message)

    def too_large(self) -> TooLarge:
        return TooLarge(
            _("The answer of %(host)s is larger than %(limit)s bytes.", host=self.host, limit=self.max_bytes)
        )


_attempt: ContextVar[Attempt] = ContextVar("attempt")


@contextmanager
def running(attempt: Attempt) -> Iterator[None]:
    """Make ``attempt`` the one that connections of this thread work for."""
    token = _attempt.set(attempt)
    try:
        yield
    finally:
        _attempt.reset(token)


def _bounded(sock: socket.socket) -> Attempt:
    attempt = _attempt.get()
    sock.settimeout(attempt.time_left(attempt.limits.read_seconds))
    return attempt


def _before_sending(sock: socket.socket) -> None:
    _bounded(sock).sent = True


class _PlainSocket(socket.socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        return _bounded(self).count(super().recv_into(*args, **kwargs))

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        _before_sending(self)
        super().sendall(*args, **kwargs)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        return _bounded(self).count(super().recv_into(*args, **kwargs))

    def send(self, *args: Any, **kwargs: Any) -> int:
        # sendall comes through here piece by piece; each piece waits anew.
        _before_sending(self)
        return super().send(*args, **kwargs)


_ONE_AT_A_TIME = threading.Lock()


@cache
def tls_context() -> ssl.SSLContext:
    """Trusts the system's authorities, where an operator adds their own, and those that ``certifi`` ships.

    Read once a process, and not before it is needed: it takes a tenth of the time a process takes to start.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = _TlsSocket
    return context


def _look_up(host: str, attempt: Attempt) -> list[Address]:
    """All addresses of a name, within the time for connecting. Raises Unreachable."""
    written = addresses.literal(host)
    if written is not None:
        return [written]
    found: SimpleQueue[list[Address]] = SimpleQueue()

    def ask() -> None:
        try:
            found.put(attempt.resolve(host))
        except (OSError, ValueError):
            found.put([])

    # The system's look-up can't be interrupted. It is left to end by itself, and never holds up the end of the program.
    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = found.get(timeout=attempt.time_left(attempt.limits.connect_seconds))
    except Empty:
        raise Unreachable(_("The name %(host)s could not be looked up in time.", host=host)) from None
    if not answer:
        raise Unreachable(_("There is no address for the name %(host)s. Check the spelling.", host=host))
    return answer


def _connect(host: str, port: int) -> socket.socket:
    """Connect to one of the checked addresses of ``host``. Raises AddressRefused and Unreachable."""
    attempt = _attempt.get()
    found = _look_up(host, attempt)
    addresses.check(host, found, attempt.limits.allow_networks)
    until = time.monotonic() + attempt.time_left(attempt.limits.connect_seconds)
    reason = _("no answer in time")
    for number, address in enumerate(found):
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            # An address that swallows everything must leave time for the next one.
            sock = _open(address, port, left / (len(found) - number))
        except OSError as error:
            reason = error.strerror or reason
        else:
            # What is left of the time to connect is for the TLS handshake.
            sock.settimeout(max(until - time.monotonic(), 0.1))
            attempt.fresh = True
            return sock
    raise Unreachable(_("No connection to %(host)s: %(reason)s.", host=host, reason=reason))


def _open(address: Address, port: int, seconds: float) -> socket.socket:
    sock = _PlainSocket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect((str(address), port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or 80)


class _Tls(HTTPSConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with _ONE_AT_A_TIME:
            kwargs["ssl_context"] = tls_context()
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or 443)

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            self.close()
            said = getattr(error, "verify_message", "") or getattr(error, "reason", "") or _("no answer in time")
            reason = str(said).replace("_", " ").rstrip(".")
            raise Unreachable(
                _("No secure connection to %(host)s: %(reason)s.", host=self.host, reason=reason)
            ) from None


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class Adapter(HTTPAdapter):
    """``requests``' way to the network, over checked connections, kept alive for the next request to the same host."""

    def __init__(self) -> None:
        super().__init__(pool_connections=200, pool_maxsize=32)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context holds the authorities already; reading them for each connection would cost more than TLS."""
