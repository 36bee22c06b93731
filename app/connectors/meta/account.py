"""Proving a token: whose it is, what it may do and when it ends; and having Meta tell us of what is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.meta.client import Graph, RefusedError
from app.connectors.ports import LACKING

PUBLISHES = "publishes"
"""Key of a connection's settings: whether the token may publish posts."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A token that is taken. ``kind``: what it is for (PAGE, USER, …); ``scopes``: all that it may; ``ends_at``: as
    below."""

    kind: str
    scopes: frozenset[str]
    ends_at: datetime | None


def prove(graph: Graph, needed: Sequence[str]) -> Proved:
    """Ask Meta about the token.

    Raises AuthExpired: WRONG_CREDENTIALS, or MISSING_SCOPES naming all that are missing; Permanent(NOT_SET_UP) while
    no app is configured.
    """
    if not graph.app.ready:
        raise Permanent(errors.NOT_SET_UP, "meta.app_id and meta.app_secret_file")
    told = graph.inspect()
    if told.get("is_valid") is not True:
        raise AuthExpired(errors.WRONG_CREDENTIALS, "Meta says that the token is not valid (any more)")
    if str(told.get("app_id", "")) != graph.app.id:
        raise AuthExpired(errors.WRONG_CREDENTIALS, "the token was made by another app")
    scopes = told.get("scopes")
    granted = frozenset(str(one) for one in scopes) if isinstance(scopes, list) else frozenset[str]()
    missing = [one for one in needed if one not in granted]
    if missing:
        raise AuthExpired(errors.MISSING_SCOPES, ", ".join(missing))
    return Proved(str(told.get("type", "")), granted, ends_at(told))


def able(proved: Proved, to_write: Sequence[str], to_publish: str) -> dict[str, Any]:
    """What to keep of what a token may: ``to_write`` is needed for private replies, ``to_publish`` for posts."""
    lacking = [one for one in to_write if one not in proved.scopes]
    return {LACKING: lacking, PUBLISHES: to_publish in proved.scopes}


def subscribe(graph: Graph, account: str, fields: str) -> None:
    """Have Meta tell us of what is said; again is harmless. Raises ConnectorError."""
    try:
        graph.post(f"{account}/subscribed_apps", subscribed_fields=fields)
    except RefusedError as refused:
        raise graph.error_for(refused, act=False) from None


def ends_at(told: Mapping[str, Any]) -> datetime | None:
    """The earliest end there is: of the token, or of the right to read data (90 days after the last log-in)."""
    ends = [told.get(name) for name in ("expires_at", "data_access_expires_at")]
    earliest = min((at for at in ends if isinstance(at, int) and at > 0), default=None)
    return None if earliest is None else datetime.fromtimestamp(earliest, UTC)
