"""Asking for a feed: conditional requests, and answers that are refusals."""

from dataclasses import dataclass

from app.connectors import errors
from app.connectors.answers import refusal
from app.connectors.errors import Transient
from app.connectors.feed.document import MAX_BYTES
from app.connectors.limits import Paced
from app.connectors.ports import Payload
from app.core.http import Response

ACCEPT = "application/atom+xml, application/rss+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Validators:
    """What the last answer said about its version, as it came (RFC 9110, 8.8); "" where it said nothing."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """Both are sent together, as some servers want both to fit.

        Apache's mod_deflate puts "-gzip" into the tag and does not know it again; then the date alone is sent.
        """
        etag = "" if self.modified and self.etag.endswith('-gzip"') else self.etag
        pairs = (("if-none-match", etag), ("if-modified-since", self.modified))
        return {name: value for name, value in pairs if value}


def fetch(web: Paced, url: str, validators: Validators = Validators()) -> Response:
    """The feed with status 200, or 304 where ``validators`` allow it. Raises ConnectorError."""
    conditional = validators.headers()
    response = web.ask("GET", url, headers={"accept": ACCEPT, **conditional}, max_bytes=MAX_BYTES)
    if response.status == 200 or (response.status == 304 and conditional):
        return response
    if response.status >= 400:
        raise refusal(response, act=False)
    raise Transient(errors.BAD_ANSWER, f"HTTP {response.status} from {response.url}")


def validators(response: Response) -> Validators:
    """What to send next time."""
    return Validators(_sendable(response, "etag"), _sendable(response, "last-modified"))


def media_type(response: Response) -> str:
    return response.headers.get("content-type", "")[:100]


def payload(response: Response) -> Payload:
    return Payload(response.url, media_type(response), response.body)


def _sendable(response: Response, name: str) -> str:
    value = response.headers.get(name, "")
    return value if len(value) <= 500 and value.isascii() and value.isprintable() else ""
