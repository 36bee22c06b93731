"""What X charges (docs.x.com, pricing, August 2026), in millionths of a dollar. Pure."""

import re
from datetime import UTC, datetime

from app.connectors.meter import Budget, Price
from app.core.i18n import lazy

POST = 5_000
OWN_POST = 1_000
EVENT = 5_000
"""docs.x.com/x-api/activity/event-pricing, of a mention, a reply and a quote."""
USER = 10_000
CREATE = 15_000
CREATE_WITH_ADDRESS = 200_000
HIDE = 10_000
"""X names no price for hiding; this is what deleting costs."""
PRICES = (
    Price(lazy("Each post read"), POST),
    Price(lazy("Each post of our own read"), OWN_POST),
    Price(lazy("Each person's name read"), USER),
    Price(lazy("Each post X tells of by itself"), EVENT),
    Price(lazy("A reply or a post"), CREATE),
    Price(lazy("A reply or a post with a web address in it"), CREATE_WITH_ADDRESS),
    Price(lazy("Hiding a reply"), HIDE),
)
_ADDRESS = re.compile(r"https?://|(?<![@\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}\b", re.IGNORECASE)


def monthly(account: str, dollars: float, now: datetime) -> Budget:
    """A developer account's budget for the calendar month in UTC."""
    ends = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return Budget(f"x:{account}:{now:%Y-%m}", round(dollars * 1_000_000), ends, PRICES)


def post(text: str) -> int:
    """What a reply or a post costs at most."""
    return CREATE_WITH_ADDRESS if _ADDRESS.search(text) else CREATE
