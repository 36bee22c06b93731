"""How long somebody who began to answer is the one who answers."""

from datetime import datetime, timedelta

CLAIM_LIFE = timedelta(seconds=90)
"""After the last sign of writing; then a colleague may begin without asking."""
RENEW_BELOW = timedelta(seconds=60)
"""A claim with more than this left is not written again."""
LONGEST = 100_000
"""Characters of a draft."""
EFFECTS_AT_MOST = 20


def holds(until: datetime, now: datetime) -> bool:
    """Whether a claim still stands."""
    return now < until


def to_renew(until: datetime, now: datetime) -> bool:
    """Whether a sign of writing is worth a write to the database."""
    return until - now < RENEW_BELOW


def together(taken_back: str, begun: str) -> str:
    """A text that comes back to somebody who has begun another meanwhile: nothing of either is lost."""
    if not begun.strip() or begun.strip() == taken_back.strip():
        return taken_back
    return f"{taken_back}\n\n{begun}"
