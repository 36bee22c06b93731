"""When to learn, what to promote, when to stop trusting."""

from datetime import datetime, timedelta
from math import sqrt

from app.learning.types import Figures

NEW_EXAMPLES = 20
NIGHT = timedelta(hours=24)
PAUSE = timedelta(minutes=10)
"""Between two fits: with many examples one takes half a minute of a processor."""
CHANCE = 1.64
"""Standard deviations: a version is kept back only when it is worse by more than luck explains (one in twenty)."""
AUDIT_SHARE = 0.05
"""Of what the model is sure of, the share that a person decides who is not told what the model thinks."""
UNTOLD_SHARE = 0.2
"""Of the rest, the share about which nobody is told either: else nothing but audits would lack an opinion."""
_DRAW = 0x9E3779B97F4A7C15
AUDIT_TARGET = 0.95
AUDIT_LEAST = 20
"""Audits before anything is concluded from them."""
AUDIT_LATEST = 200
"""The newest audits of a team count."""


def due(new_examples: int, tried_at: datetime | None, stale: bool, now: datetime) -> bool:
    """Whether to fit anew: after 20 new examples, or a day later when there are any, or when lists were changed; never
    twice within ten minutes."""
    waited = now - tried_at if tried_at else NIGHT
    if stale or new_examples >= NEW_EXAMPLES:
        return waited >= PAUSE
    return new_examples > 0 and waited >= NIGHT


def promotes(figures: Figures) -> bool:
    """Whether a new version takes over: unless it is worse than the one in use by more than luck explains."""
    lost = figures.worse - figures.better
    return lost <= 0 or lost * lost <= CHANCE * CHANCE * (figures.worse + figures.better)


def untold(conversation_id: int, *, sure: bool) -> bool:
    """Whether a conversation is drawn to be decided by a person who is not told what the model thinks: by its number,
    so always the same ones."""
    drawn = (conversation_id * _DRAW) & 0xFFFFFFFFFFFFFFFF
    drawn ^= drawn >> 29
    return (drawn * _DRAW & 0xFFFFFFFFFFFFFFFF) / 2.0**64 < (AUDIT_SHARE if sure else UNTOLD_SHARE)


def trusted(right: int, audits: int) -> bool:
    """Whether a team's automatic routing may go on after so many audits found so many right.

    It stops when even in the luckiest case (two standard deviations) the true share would miss the target.
    """
    if audits < AUDIT_LEAST:
        return True
    share = right / audits
    spread = 2 * sqrt(AUDIT_TARGET * (1 - AUDIT_TARGET) / audits)
    return share + spread >= AUDIT_TARGET
