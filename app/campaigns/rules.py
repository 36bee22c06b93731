"""What a campaign's days mean, what belongs to it, where nothing is planned; no database, no clock."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.campaigns.types import Descent, Gap, Period, Run, Stage
from app.core import days

NAME_MAXIMUM = 120
TEXT_MAXIMUM = 4_000
LONGEST_DAYS = 3 * 366
AHEAD = timedelta(days=90)
"""How far ahead gaps are looked for."""


SECOND_WORD, EVERY_WORD = timedelta(days=3), timedelta(days=7)
"""What nobody sees to is said again after three days, and then every week."""
FURTHER_FROM = 2
"""After so many times those who supervise hear of it too."""


def word_is_due(told: int, last: datetime | None, now: datetime) -> bool:
    """Whether somebody is to be told now, who was told ``told`` times, the last time at ``last``."""
    if told == 0 or last is None:
        return True
    return now >= last + (SECOND_WORD if told == 1 else EVERY_WORD)


def begins(period: Period) -> datetime:
    """The first moment of it: midnight where its days are counted, or what follows where a clock skips midnight."""
    return days.begins(period.first, ZoneInfo(period.zone))


def ends(period: Period) -> datetime:
    """The first moment after it."""
    return days.begins(period.last + timedelta(days=1), ZoneInfo(period.zone))


def stage(period: Period, *, signed: bool, now: datetime) -> Stage:
    """Where it stands. Only a signed hand-over closes it, however long it has been over."""
    if signed:
        return Stage.CLOSED
    if now < begins(period):
        return Stage.COMING
    return Stage.RUNNING if now < ends(period) else Stage.ENDED


def belongs(runs: Iterable[Run], page_id: int, at: datetime) -> int | None:
    """The campaign that something published on a page at that moment belongs to: of several the one that began last,
    as that is what people look at; of two that began together the younger."""
    there = [one for one in runs if one.page_id == page_id and one.begins <= at < one.ends]
    return max(there, key=lambda one: (one.begins, one.campaign_id)).campaign_id if there else None


def gaps(planned: Iterable[tuple[date, date]], first: date, last: date) -> list[Gap]:
    """Days from ``first`` to ``last`` on which nothing is planned. A gap that reaches ``last`` has no end."""
    found: list[Gap] = []
    free = first
    for begin, end in sorted(planned):
        if end < free:
            continue
        if begin > last:
            break
        if begin > free:
            found.append(Gap(free, begin - timedelta(days=1)))
        free = end + timedelta(days=1)
        if free > last:
            return found
    found.append(Gap(free, None))
    return found


def would_circle(edges: Collection[tuple[int, int]], before: int, after: int) -> bool:
    """Whether a campaign would become its own forebear if ``after`` came out of ``before`` too."""
    reached, stack = {after}, [after]
    while stack:
        at = stack.pop()
        for one, following in edges:
            if one == at and following not in reached:
                reached.add(following)
                stack.append(following)
    return before in reached


def descent(edges: Sequence[tuple[int, int]], before: int, after: int) -> Descent:
    """How ``after`` came out of ``before``: several became one, one became several, or one became one."""
    if sum(following == after for _one, following in edges) > 1:
        return Descent.MERGES
    return Descent.SPLITS if sum(one == before for one, _following in edges) > 1 else Descent.EVOLVES
