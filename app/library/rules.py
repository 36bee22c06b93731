"""When a post may be used, which one a page needs most, whom it names; no database, no clock."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.library.types import Season
from app.outreach import rules as outreach
from app.outreach.types import Key, Stance, Standing

NAME_MAXIMUM = 120
TITLE_MAXIMUM = 200
TEXT_MAXIMUM = 20_000
ADDRESS_MAXIMUM = 2_000
REASON_MAXIMUM = 1_000
PAUSE_MAXIMUM = 730
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
CONNECTOR = re.compile(r"[a-z_]{1,40}")
LATE = timedelta(hours=24)
"""What could not leave for so long after its time is not sent any more: its day is over."""
FURTHEST = timedelta(days=400)
"""So far ahead at most a post is planned."""
_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HANDLE = re.compile(r"(?<![\w/@.])@(\w[\w.-]*\w|\w)(?:@([\w-]+(?:\.[\w-]+)+))?")
_MAIL = re.compile(r"[^\s@<>\"(),:;]{1,64}@[^\s@<>\"(),:;/]{1,253}")
_ADDRESS = re.compile(
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]|(?<![\w@./-])(?:[\w-]+\.)+[a-z]{2,}(?:/[^\s<>\"]*)?(?![\w@])"
)


def day_of_year(text: str) -> tuple[int, int] | None:
    """``12-24`` as (month, day); None for what is no day of any year."""
    found = _DAY.fullmatch(text.strip())
    month, day = (int(found[1]), int(found[2])) if found else (0, 0)
    return (month, day) if 1 <= month <= 12 and 1 <= day <= _LONGEST_MONTHS[month - 1] else None


def length_of(season: Season | None) -> int:
    """How long a season is, roughly, in days; the whole year without one. What is in season briefly comes first."""
    if season is None:
        return 366
    first, last = (31 * month + day for month, day in (season.first, season.last))
    return last - first if last >= first else 372 - (first - last)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post, as far as it matters for one page. ``ready``: approved where that is wanted."""

    id: int
    season: Season | None
    pause_days: int
    ready: bool
    last_used: datetime | None


def free_at(one: Candidate) -> datetime | None:
    """When its pause is over; None when it has none to keep."""
    return one.last_used + timedelta(days=one.pause_days) if one.last_used is not None else None


def usable(one: Candidate, now: datetime) -> bool:
    """Whether a page may use a post now. Seasons are looked at in UTC: they are no matter of hours."""
    free = free_at(one)
    in_season = one.season is None or one.season.holds(now.astimezone(UTC).date())
    return one.ready and in_season and (free is None or free <= now)


def suggested(candidates: Iterable[Candidate], now: datetime) -> int | None:
    """The post that a page should use: one that is in season briefly before one that always is, one that was never used
    before one that was, then the one that was used longest ago."""

    def place(one: Candidate) -> tuple[int, float, int]:
        return length_of(one.season), one.last_used.timestamp() if one.last_used else 0.0, one.id

    found = min((one for one in candidates if usable(one, now)), key=place, default=None)
    return found.id if found else None


def named(texts: Iterable[str], page_url: str) -> list[Key]:
    """Whom a post names: handles as the page's platform has them, web and e-mail addresses. Never by a name alone."""
    found: set[Key] = set()
    for text in texts:
        for one in _HANDLE.finditer(text):
            found.update(_handle(one[1], one[2], page_url))
        for mail in _MAIL.findall(text):
            found.update(outreach.keys(email=mail.rstrip(".")))
        for address in _ADDRESS.findall(text):
            found.update(outreach.keys(site=address, account=address))
    return sorted(found)


def _handle(name: str, host: str | None, page_url: str) -> list[Key]:
    """An account where the handle says, else where the page lives; a handle that is a domain is a site, too."""
    scheme, _colon, rest = page_url.partition("://")
    home = host or (rest.partition("/")[0] if scheme in ("http", "https") else "")
    site = name if "." in name and not host else ""
    return outreach.keys(account=f"https://{home}/@{name}" if home else f"@{name}", site=site)


Side = tuple[str, int, int | None, int | None, str]


def side(one: Standing) -> Side:
    """What makes two standings the same trouble. Since when counts for a crisis: the next one is another."""
    since = one.since.isoformat() if one.stance is Stance.CRISIS else ""
    return one.stance.value, one.team_id, one.outreach_id, one.conversation_id, since


def still_new(found: Sequence[Standing], let_go: Collection[Side]) -> list[Standing]:
    """What stands against a post and was not let go before."""
    return [one for one in found if side(one) not in let_go]


def too_late(due_at: datetime, attempts: int, now: datetime) -> bool:
    """Whether a post's day is over before it was tried even once."""
    return attempts == 0 and now - due_at > LATE
