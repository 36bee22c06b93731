"""Keeping pages alive, as others see it."""

from dataclasses import dataclass
from datetime import datetime

from app.campaigns.types import Named


@dataclass(frozen=True, slots=True)
class Legacy:
    """What a campaign leaves behind, right now."""

    posts: int
    open_conversations: int
    owed_remedies: int
    stewards: dict[int, Named]
    """Who looks after its pages, by page."""


@dataclass(frozen=True, slots=True)
class Stewards:
    """Who looks after a page. ``steward`` None: nobody, which needs somebody."""

    page_id: int
    steward: Named | None = None
    deputy: Named | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duties:
    """What somebody answers for and has to pass on before they can go."""

    pages: tuple[Named, ...]
    """Pages they are the steward of."""
    campaigns: tuple[Named, ...]
    """Open campaigns of theirs."""
    legacies: tuple[Named, ...]
    """Closed campaigns that they inherited something of."""

    def __bool__(self) -> bool:
        return bool(self.pages or self.campaigns or self.legacies)
