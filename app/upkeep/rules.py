"""How alive a page is, and when something has to be done for it: facts in, verdict out; no database, no clock."""

from collections.abc import Collection
from datetime import datetime, timedelta

from app.upkeep.types import Clock, Facts, Help, Life, Part, Step, TaskKind, Terms, Verdict

DEFAULT = Terms()
FEW = 5
"""Fewer answers than these say nothing about the share that was in time."""
GOOD_SHARE, POOR_SHARE = 0.8, 0.5
"""Of answers in time: below the one a page grows quiet, below the other it is at risk."""
A_FEW = 3
"""Comments a week; where there were fewer, fewer still say nothing."""
_BY_LEVEL = (Life.ALIVE, Life.QUIETING, Life.AT_RISK, Life.AT_RISK)
_HELPS: tuple[tuple[Part, Help], ...] = (
    (Part.CONNECTION, Help.MEND),
    (Part.WAITING, Help.ANSWER),
    (Part.REPLIES, Help.ANSWER),
    (Part.POSTS, Help.POST),
    (Part.ANSWERED, Help.ANSWER),
    (Part.STEWARD, Help.APPOINT),
    (Part.COMMENTS, Help.POST),
)
"""What helps against what; of parts that are equally bad the first."""


def judge(facts: Facts, terms: Terms) -> Verdict:
    """How alive a page is. It is a ghost town when we have not said a word there for that long, neither posted nor
    replied; otherwise it is as well as its worst part."""
    levels = {
        Part.POSTS: _silence(_days(facts.last_post_days, facts), terms),
        Part.REPLIES: _silence(_days(facts.last_reply_days, facts), terms) if facts.waiting else 0,
        Part.ANSWERED: _share(facts.in_time_14, facts.answered_14),
        Part.WAITING: _waiting(facts.oldest_hours, terms),
        Part.COMMENTS: 1 if facts.usual >= A_FEW and facts.week < facts.usual / 2 else 0,
        Part.STEWARD: 0 if facts.has_steward and facts.steward_present else 1,
        Part.CONNECTION: 0 if facts.connected else 2,
    }
    last_word = min(_days(facts.last_post_days, facts), _days(facts.last_reply_days, facts))
    life = Life.GHOST_TOWN if last_word >= terms.ghost_days else _BY_LEVEL[max(levels.values())]
    return Verdict(life, levels, _help(facts, terms, levels))


def _days(known: float | None, facts: Facts) -> float:
    """What is not known did not happen since we look after the page."""
    return facts.age_days if known is None else known


def _silence(days: float, terms: Terms) -> int:
    return sum(days >= limit for limit in (terms.quieting_days, terms.at_risk_days, terms.ghost_days))


def _share(in_time: int, answered: int) -> int:
    if answered < FEW:
        return 0
    share = in_time / answered
    return (share < GOOD_SHARE) + (share < POOR_SHARE)


def _waiting(oldest_hours: float | None, terms: Terms) -> int:
    if oldest_hours is None:
        return 0
    limits = (terms.answer_within_hours, 3 * terms.answer_within_hours, 24 * terms.at_risk_days)
    return sum(oldest_hours > limit for limit in limits)


def _help(facts: Facts, terms: Terms, levels: dict[Part, int]) -> Help:
    worst = max(levels.values())
    if worst:
        return next(help_ for part, help_ in _HELPS if levels[part] == worst)
    planned = terms.post_every_days is not None or facts.campaign_until is not None
    return Help.NOTHING if planned else Help.PLAN


def post_clock(last_post_at: datetime, terms: Terms) -> Clock | None:
    """When the next post is due; warned of when a fifth of the time is left, taken further after half as long again."""
    if terms.post_every_days is None:
        return None
    span = timedelta(days=terms.post_every_days)
    due = last_post_at + span
    return Clock(TaskKind.POST, due - span / 5, due, due + max(span / 2, timedelta(days=1)))


def answer_clock(oldest_at: datetime | None, terms: Terms) -> Clock | None:
    """When the comment that waits longest has to be answered; warned of when a quarter of the time is left, taken
    further after twice as long."""
    if oldest_at is None:
        return None
    span = timedelta(hours=terms.answer_within_hours)
    due = oldest_at + span
    return Clock(TaskKind.ANSWER, due - span / 4, due, due + span)


def steps(clock: Clock, now: datetime, done: Collection[Step], *, quiet: bool) -> list[Step]:
    """What is to be done about a clock now, that was not done yet; nothing in quiet hours."""
    if quiet:
        return []
    reached = {Step.WARN: clock.warn_at, Step.TASK: clock.due_at, Step.ESCALATE: clock.escalate_at}
    return [step for step, at in reached.items() if at <= now and step not in done]
