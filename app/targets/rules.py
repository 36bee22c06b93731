"""Which target holds, and how a conversation stands to it; no database, no clock."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from app.core import hours
from app.core.hours import Week
from app.inbox.types import ConversationState, Mark, Priority, Waited
from app.targets.types import Due, Figure, Plan, Talk, Target

LONGEST = 60 * 24 * 90
"""Minutes of a target; more would be none."""
_SOON = 0.75
"""So much of the time has passed when somebody is warned."""
_ALWAYS = Week(())
_LENGTH = re.compile(r"(?:(\d{1,4})\s*h)?\s*(?:(\d{1,5})\s*(?:m|min)?)?", re.IGNORECASE)
_CLOSED = (ConversationState.DONE, ConversationState.SPAM)


def holding(plan: Plan, team_id: int, page_id: int, priority: Priority) -> dict[Figure, int]:
    """Minutes of work for each figure that somebody set: what is said of the page counts more than what is said of the
    team, that more than what is said of the priority, and anything more than what holds for all."""
    key = (team_id, page_id, priority)
    if key not in plan.known:
        fitting = sorted((one for one in plan.targets if _fits(one, *key)), key=closeness, reverse=True)
        found = {figure: next((m for one in fitting if (m := one.minutes(figure))), None) for figure in Figure}
        plan.known[key] = {figure: minutes for figure, minutes in found.items() if minutes is not None}
    return plan.known[key]


def _fits(one: Target, team_id: int, page_id: int, priority: Priority) -> bool:
    return one.team_id in (None, team_id) and one.page_id in (None, page_id) and one.priority in (None, priority)


def closeness(one: Target) -> tuple[bool, bool, bool]:
    """What orders targets from those for all to the closest."""
    return (one.page_id is not None, one.team_id is not None, one.priority is not None)


def scope(page_id: int | None, team_id: int | None, priority: Priority | None) -> str:
    """What a target is for, in one word: there is one target for each."""
    return f"{page_id or 0}.{team_id or 0}.{priority or ''}"


def week(plan: Plan, team_id: int) -> Week:
    """A team's working hours."""
    return plan.weeks.get(team_id, _ALWAYS)


def shortest(plan: Plan, team_id: int, figures: Sequence[Figure]) -> timedelta | None:
    """The least work after which anything of a team could be worth a warning; None when no target is about it."""
    said = [
        minutes
        for one in plan.targets
        if one.team_id in (None, team_id)
        for figure in figures
        if (minutes := one.minutes(figure)) is not None
    ]
    return timedelta(minutes=min(said) * _SOON) if said else None


def dues(plan: Plan, talk: Talk, now: datetime) -> list[Due]:
    """What of a conversation's figures will be missed soon or was, by targets and hours as they are now."""
    minutes = holding(plan, talk.team_id, talk.page_id, talk.priority)
    if not minutes:
        return []
    found = []
    reply = (
        Figure.NEXT_REPLY if any(one.ended is ConversationState.WAITING for one in talk.waits) else Figure.FIRST_REPLY
    )
    for figure in (reply, Figure.RESOLUTION):
        if figure in minutes:
            times = list(_times(talk, now, whole=figure is Figure.RESOLUTION))
            due = _due(week(plan, talk.team_id), figure, times, timedelta(minutes=minutes[figure]))
            if due is not None:
                found.append(due)
    return found


def worst(found: Sequence[Due]) -> Due | None:
    """The one to show: what was missed before what will be, then what is due first."""
    return min(found, key=lambda one: (one.level is not Mark.LATE, one.at), default=None)


def _times(talk: Talk, now: datetime, *, whole: bool) -> Iterator[tuple[datetime, datetime]]:
    """When the person waited: only now, or with the waits before since it was last done."""
    earlier = [one for one in talk.waits if one.since < talk.waiting_since]
    begin = max([talk.waiting_since, *(one.until for one in earlier)])
    if whole:
        last_end = datetime.min.replace(tzinfo=now.tzinfo)
        for one in _since_done(earlier):
            since = max(one.since, last_end)
            if since < one.until:
                yield since, one.until
                last_end = one.until
    yield begin, max(begin, now)


def _since_done(waits: Sequence[Waited]) -> Sequence[Waited]:
    done = max((place for place, one in enumerate(waits, 1) if one.ended in _CLOSED), default=0)
    return waits[done:]


def _due(week: Week, figure: Figure, times: Sequence[tuple[datetime, datetime]], span: timedelta) -> Due | None:
    at = _reached(week, times, span)
    if at is not None:
        return Due(figure, Mark.LATE, at, times[0][0])
    if _reached(week, times, span * _SOON) is None:
        return None
    done = sum((hours.worked(week, *one) for one in times), timedelta())
    at = hours.after(week, times[-1][1], span - done)
    return Due(figure, Mark.SOON, at, times[0][0]) if at is not None else None


def _reached(week: Week, times: Sequence[tuple[datetime, datetime]], span: timedelta) -> datetime | None:
    """The moment within these times by which so much of them was work; None when it was not."""
    left = span
    for since, until in times:
        at = hours.after(week, since, left)
        if at is not None and at <= until:
            return at
        left -= hours.worked(week, since, until)
    return None


def read_length(text: str) -> int | None:
    """Minutes from ``45``, ``45 min``, ``2 h`` or ``1 h 30 min``; None for anything else. Nothing is 0."""
    said = text.strip()
    if not said:
        return 0
    found = _LENGTH.fullmatch(said)
    if found is None or not any(found.groups()):
        return None
    minutes = 60 * int(found[1] or 0) + int(found[2] or 0)
    return minutes if 0 < minutes <= LONGEST else None
