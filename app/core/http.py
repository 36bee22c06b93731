"""The one door for outgoing requests: guarded, bounded, without memory of its own.

Resolves a name once, refuses every address that is not public unless the operator listed its network, connects to the
checked address, follows redirects by hand with the same checks, and never spends more than the configured time and bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.core.config import Outgoing


class HttpError(Exception):
    """Base of what can go wrong with an outgoing request. The text is for operators and holds no secret."""


class AddressRefused(HttpError):
    """The address is malformed, not http(s), or leads to a network the operator did not allow."""


class Unreachable(HttpError):
    """No connection: the request certainly did not leave."""


class NoAnswer(HttpError):
    """The request may have left; no complete answer came within the time."""


class TooLarge(HttpError):
    """The answer is larger than allowed, counted after decompression."""


class TooManyRedirects(HttpError):
    """More than five redirects."""


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

    def __init__(self, settings: Outgoing) -> None:
        self._settings = settings

    def request(
        self,
        method: Literal["GET", "HEAD", "POST", "PUT", "DELETE"],
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

        Raises HttpError's subclasses; a status of 400 or more is an answer, not an error.
        """
        raise NotImplementedError
