"""Campaigns, as others see them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Discipline(StrEnum):
    """Who takes part."""

    SOCIAL = "social"
    SEO = "seo"
    PAID_SEARCH = "paid_search"
    EMAIL = "email"
    PR = "pr"
    AFFILIATE = "affiliate"


class Stage(StrEnum):
    """Where a campaign stands. ``ended``: its last day is over and nobody has signed who inherits what."""

    COMING = "coming"
    RUNNING = "running"
    ENDED = "ended"
    CLOSED = "closed"


class Descent(StrEnum):
    """How one campaign came out of another: it alone became it, several became it, or it became several."""

    EVOLVES = "evolves"
    MERGES = "merges"
    SPLITS = "splits"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included, as they fall in a time zone (IANA name)."""

    first: date
    last: date
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Run:
    """A campaign on a page, as far as it matters to what belongs to it."""

    campaign_id: int
    page_id: int
    begins: datetime
    ends: datetime
    """The first moment after it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which nothing is planned for a page, both included; ``last`` None: as far as one can see."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class PageGap:
    """A gap with the page it is in."""

    page_id: int
    page_name: str
    gap: Gap


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something to choose or to link to."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Kin:
    """A campaign that came before or after another."""

    id: int
    name: str
    descent: Descent


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One line of the list."""

    id: int
    name: str
    owner: str
    period: Period
    stage: Stage
    pages: tuple[Named, ...]
    disciplines: tuple[Discipline, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """Something on the shared calendar."""

    id: int
    day: date
    title: str
    discipline: Discipline
    campaign: Named | None
    page: Named | None


@dataclass(frozen=True, slots=True)
class Heir:
    """Somebody who inherited something; ``taken_up_at`` None: they have not said yet that they have it."""

    person: Named
    taken_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandOverView:
    """What was signed when a campaign was closed."""

    signed_by: str
    signed_at: datetime
    pages: tuple[tuple[str, str], ...]
    """Page and heir, by name."""
    conversations_heir: str
    remedies_heir: str
    questions_heir: str
    questions: str
    plan: str
    successor: Named | None
    open_conversations: int
    owed_remedies: int
    heirs: tuple[Heir, ...]


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign with all that is known about it."""

    row: CampaignRow
    version: int
    goal: str
    owner_id: int
    before: tuple[Kin, ...]
    after: tuple[Kin, ...]
    entries: tuple[EntryView, ...]
    hand_over: HandOverView | None


@dataclass(frozen=True, slots=True)
class CampaignTyped:
    """A campaign as somebody typed it."""

    name: str
    goal: str
    owner_id: int | None
    first: str
    last: str
    zone: str
    page_ids: frozenset[int]
    disciplines: frozenset[str]
    from_ids: frozenset[int] = frozenset()
    """Campaigns that it grows out of."""


@dataclass(frozen=True, slots=True)
class EntryTyped:
    """Something for the calendar, as typed."""

    day: str
    title: str
    discipline: str
    page_id: int | None


@dataclass(frozen=True, slots=True)
class HandOverTyped:
    """Who inherits what, as typed; ``heirs`` names for each page its next steward."""

    heirs: dict[int, int]
    conversations_heir_id: int | None
    remedies_heir_id: int | None
    questions_heir_id: int | None
    questions: str
    plan: str
    successor_id: int | None
