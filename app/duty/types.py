"""Being at work, as others see it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Availability(StrEnum):
    """What somebody says about themselves. ``away`` keeps what they have; the two after it give it back."""

    ONLINE = "online"
    AWAY = "away"
    AWAY_RETURNING = "away_returning"
    OFFLINE = "offline"


class Mode(StrEnum):
    """How a team's conversations find their person."""

    BY_HAND = "by_hand"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may be given conversations."""

    id: int
    ready: bool
    """Online, seen lately, and within their hours."""
    capacity: int
    load: int
    """Conversations that wait for an answer of theirs."""
    languages: frozenset[str]
    """ISO 639-1; empty: any."""
    skills: frozenset[str]
    """Tags; a conversation with a tag that is a skill in its team goes to those who have it."""
    given_at: datetime | None
    """When they were last given one."""
    given_lately: int
    """How many they were given within the last hour."""
    per_hour: int | None = None
    """How many they are given within an hour at most; None: as many as they have room for."""
    lapsed: frozenset[int] = frozenset()
    """Conversations that they did not answer in time, lately: nobody is given the same one again at once."""

    @property
    def free(self) -> int:
        """How many more they can be given now."""
        if not self.ready:
            return 0
        room = self.capacity - self.load
        return max(0, room if self.per_hour is None else min(room, self.per_hour - self.given_lately))


@dataclass(frozen=True, slots=True)
class Wanting:
    """A conversation that nobody has."""

    id: int
    language: str | None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the people of a team can do between them."""

    languages: frozenset[str]
    any_language: bool
    """Whether one of them takes any language."""
    skills: frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """How a team's conversations are given out."""

    team_id: int
    mode: Mode = Mode.BY_HAND
    back_after_minutes: int | None = None
    """Given back when not answered for so long; None: never."""
    hours: str = ""
    days_off: str = ""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A line of the overview: somebody, and how they stand."""

    id: int
    name: str
    demo: bool
    team_ids: frozenset[int]
    availability: Availability
    since: datetime | None
    """Since when it is so."""
    unseen: bool
    """Said to be there, but no browser of theirs has been heard of for a while."""
    in_hours: bool
    load: int
    capacity: int
    per_hour: int | None
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    hours: str
