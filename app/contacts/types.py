"""Identities as the intake sees them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """An identity that is stored; ``is_new`` when this very call stored it."""

    id: int
    contact_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody seen at a platform. Equal (realm, key) are the same person, everything else is told apart."""

    realm: str
    key: str
    name: str
    url: str | None = None
    email: str | None = None
