"""Calls of platforms, and the changes they tell of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class CallState(StrEnum):
    """``waiting``: not cut into its changes yet. ``split``: it was. ``failed``: it makes no sense."""

    WAITING = "waiting"
    SPLIT = "split"
    FAILED = "failed"


class ChangeState(StrEnum):
    """``waiting``: will be taken when due. ``done``: it was. ``ignored``: about no page we look after.
    ``failed``: a person has to look."""

    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Place:
    """A page's own address for calls."""

    page_id: int
    page_url: str
    kind: str
    place: str
    sealed_secret: bytes
    settings: dict[str, Any]
    leaving: bool
    """Whether the page was removed: calls are no longer taken."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that may have to be asked to call us. ``before`` and ``sealed_secret``: as it was asked last;
    ``sealed_access``: the page's credentials."""

    page_id: int
    kind: str
    url: str
    settings: dict[str, Any]
    sealed_secret: bytes | None
    before: dict[str, Any]
    sealed_access: bytes | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a platform that was asked to call us about a page."""

    confirmed: bool
    code: str | None
    """Why it could not be asked the last time (``app.connectors.errors``); None when it could."""
    detail: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A change claimed by this process, with the page it is about."""

    id: int
    key: str
    body: bytes
    attempts: int
    told_at: datetime
    lease: str
    page_id: int
    team_id: int
    connector: str
    url: str
    settings: dict[str, Any]
    sealed_secret: bytes | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something told to us that could not be taken, for the screen. ``change`` says which id this is."""

    id: int
    change: bool
    kind: str
    page_name: str | None
    told_at: datetime
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How things stand with what we were told."""

    failed: int
    """At most 1,000 are counted."""
    waiting_since: datetime | None
    """Since when the oldest that is due has waited."""
    last_at: datetime | None
    """When we were told anything last."""
