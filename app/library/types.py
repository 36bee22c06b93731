"""Posts that can be used again and again, and what was published, as others see them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.campaigns.types import Named
from app.connectors.publishing import NewPost, PostForm
from app.sending.types import SendState

UNDER_WAY = (SendState.QUEUED, SendState.HELD, SendState.SENDING, SendState.UNKNOWN)
ASKS = (SendState.HELD, SendState.FAILED, SendState.UNCLEAR)
"""Somebody has to say how to go on."""
NOT_USED = (SendState.CANCELLED, SendState.FAILED)
"""It was not published: its post may be used again."""


@dataclass(frozen=True, slots=True)
class Season:
    """A part of the year, with its first and its last day as (month, day). It may go over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        at = (day.month, day.day)
        return self.first <= at <= self.last if self.first <= self.last else at >= self.first or at <= self.last


class Approval(StrEnum):
    """``none``: nobody asks for one. ``wanted``: somebody else has to look at it. ``refused``: they said why not.
    ``given``: to exactly this text."""

    NONE = "none"
    WANTED = "wanted"
    REFUSED = "refused"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Words:
    """A post in one language."""

    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Variant:
    """What a post says on one platform instead; ``connector`` is its kind."""

    language: str
    connector: str
    text: str


@dataclass(frozen=True, slots=True)
class PostTyped:
    """A post as typed. Days of the season are ``MM-DD``, both or none."""

    name: str
    words: tuple[Words, ...]
    variants: tuple[Variant, ...] = ()
    link: str = ""
    image: str = ""
    page_ids: frozenset[int] = frozenset()
    season_first: str = ""
    season_last: str = ""
    pause_days: str = "30"
    needs_approval: bool = False


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post in the list."""

    id: int
    name: str
    words: tuple[Words, ...]
    pages: tuple[Named, ...]
    season: Season | None
    pause_days: int
    approval: Approval
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class PostView:
    """One post."""

    row: PostRow
    variants: tuple[Variant, ...]
    link: str
    image: str
    needs_approval: bool
    """Asked for by itself, whatever its pages ask for."""
    author: Named
    """Who wrote it last."""
    version: int
    approver: str | None
    decided_at: datetime | None
    remark: str
    """Why it was not approved."""
    retired: bool

    def draft(self, words: Words, connector: str) -> NewPost:
        """As it would be published in that language on a platform of that kind."""
        own = (one.text for one in self.variants if (one.language, one.connector) == (words.language, connector))
        return NewPost(next(own, words.text), words.title, self.link, self.image, words.language)


@dataclass(frozen=True, slots=True)
class Suggested:
    """The post that a page could use now."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """A page that posts may be meant for."""

    page: Named
    connector: str
    platform: str
    """What its kind is called."""
    icon: str
    form: PostForm | None
    """None where nothing can be published from here."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A post as a page's platform would show it."""

    place: Place
    text: str
    own: bool
    """Whether these are words for its platform alone."""
    length: int
    wrong: str
    """Why it can't be published like this; empty when it can."""


@dataclass(frozen=True, slots=True)
class PublicationView:
    """One use of a post. ``held_id``: what has to be settled first."""

    id: int
    post: Named | None
    page: Named
    demo: bool
    author: Named
    language: str
    title: str
    text: str
    state: SendState
    due_at: datetime
    attempts: int
    url: str | None
    at_platform: bool
    """It stands there, but the platform keeps it back for its own moderation."""
    sent_at: datetime | None
    error_code: str | None
    error_detail: str | None
    held_id: int | None


@dataclass(frozen=True, slots=True)
class CrisisView:
    """A page in a crisis: nothing of ours goes out there. ``until`` None: until somebody ends it."""

    page_id: int
    reason: str
    since: datetime
    until: datetime | None
    by: Named
