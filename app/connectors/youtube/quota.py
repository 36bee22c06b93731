"""The units YouTube gives an app for a day, and how they are shared out over it. Pure.

Costs from developers.google.com/youtube/v3/determine_quota_cost. Every call is for one of three purposes. Answers may
use all of the day; news and history only what the hour allows, history less than news, so that neither a first read
of a large channel nor a busy morning leaves nothing for the rest.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.connectors.google.client import day_begins, day_ends
from app.connectors.meter import Budget, Price, Unit
from app.core.i18n import lazy

READ, WRITE = 1, 50
PRICES = (
    Price(lazy("A request for up to 100 comments"), READ),
    Price(lazy("A reply"), WRITE),
    Price(lazy("Moderating a comment"), WRITE),
)
HEAD_START = 0.1
"""The part of the day's units that may be used at its beginning."""
PAUSE = timedelta(minutes=15)
"""How long reading waits when it has used what the hour allows."""


class Purpose(StrEnum):
    """What a call is for."""

    ACT = "act"
    NEWS = "news"
    HISTORY = "history"


_BY_EVENING = {Purpose.ACT: 1.0, Purpose.NEWS: 0.8, Purpose.HISTORY: 0.5}
"""The part of the day's units that may be used for a purpose, all others' use included."""


def daily(project: str, units: int, now: datetime) -> Budget:
    """An app's units for a day, which begins at midnight in California."""
    day = day_begins(now)
    return Budget(f"youtube:{project}:{day:%Y-%m-%d}", units, day_ends(now), PRICES, Unit.POINTS)


def allowed(budget: Budget, purpose: Purpose, now: datetime) -> Budget:
    """The same budget with what may be used by now for a purpose."""
    if purpose is Purpose.ACT:
        return budget
    begins = day_begins(now)
    passed = (now - begins) / (budget.ends_at - begins)
    share = HEAD_START + (_BY_EVENING[purpose] - HEAD_START) * min(max(passed, 0.0), 1.0)
    return replace(budget, limit=int(budget.limit * share))


def retry_at(budget: Budget, purpose: Purpose, now: datetime) -> datetime:
    """When to ask again after there was not enough left."""
    return budget.ends_at if purpose is Purpose.ACT else min(now + PAUSE, budget.ends_at)
