"""What a conversation adds to reports, and what sums of times say; no database, no clock."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Any

from app.core import days, hours
from app.core.hours import Week
from app.inbox.types import ConversationState, Waited
from app.reports.types import By, Counts, Part, Place, Talk, Times, Took
from app.targets.types import Figure

_OCTAVES, _FIRST = 16, 56.25
EDGES: tuple[float, ...] = tuple(
    _FIRST * 2**octave * step for octave in range(_OCTAVES) for step in (1.0, 1.25, 1.5, 1.75)
)
"""Seconds at which one bucket ends and the next begins: under a minute to six weeks, each at most a quarter above the
one before. Among them are 15 minutes and 1, 2, 4, 8, 24 and 48 hours."""
BUCKETS = len(EDGES) + 1
"""The first is below all edges, the last above."""
_FIGURES = tuple(Figure)


def part(talk: Talk, week: Week, now: datetime, zone: tzinfo = UTC) -> Part | None:
    """What a conversation adds, on days of ``zone``; None for spam. All of it counts where the conversation is now: for
    the team, page, campaign and tags it has, in that team's working hours."""
    if talk.state is ConversationState.SPAM:
        return None
    answered = any(_is_answered(talk, wait) for wait in _over(talk))
    said: dict[date, int] = defaultdict(int)
    for at in talk.theirs:
        said[_day(at, now, zone)] += 1
    return Part(
        opened_on=_day(min(talk.theirs, default=talk.opened_at), now, zone),
        answered=answered,
        settled=talk.state is ConversationState.DONE and not answered,
        team_id=talk.team_id,
        page_id=talk.page_id,
        campaign_id=talk.campaign_id,
        agent_id=talk.assignee_id,
        tag_ids=talk.tag_ids,
        comments=tuple(sorted(said.items())),
        took=tuple(_took(talk, week, now, zone)),
    )


def _over(talk: Talk) -> Iterator[Waited]:
    """Waits that are over. What began at the same moment as what is waited for now was taken back."""
    return (one for one in talk.waits if talk.waiting_since is None or one.since < talk.waiting_since)


def _took(talk: Talk, week: Week, now: datetime, zone: tzinfo) -> Iterator[Took]:
    """Every answer, and every time that it was done, with the work it took: the clock stands still while we wait for
    the person. What began before we looked after the page was nobody's to answer."""
    spent, last_end, answered, agent = timedelta(), datetime.min.replace(tzinfo=UTC), False, talk.assignee_id
    for wait in _over(talk):
        if wait.since < talk.page_since:
            answered = answered or _is_answered(talk, wait)
            continue
        work = hours.worked(week, max(wait.since, last_end), wait.until)
        spent, last_end = spent + work, max(last_end, wait.until)
        if _is_answered(talk, wait):
            author = _author(talk, wait)
            agent = author or agent
            figure = Figure.NEXT_REPLY if answered else Figure.FIRST_REPLY
            yield Took(_day(wait.until, now, zone), figure, int(work.total_seconds()), author)
            answered = True
        if wait.ended is ConversationState.DONE:
            yield Took(_day(wait.until, now, zone), Figure.RESOLUTION, int(spent.total_seconds()), agent)
            spent = timedelta()


def _is_answered(talk: Talk, wait: Waited) -> bool:
    ours = (*(at for at, _author in talk.replies), *talk.ours)
    return wait.ended is ConversationState.WAITING or any(wait.since < at <= wait.until for at in ours)


def _author(talk: Talk, wait: Waited) -> int | None:
    return next((who for at, who in reversed(talk.replies) if wait.since < at <= wait.until), None)


def _day(at: datetime, now: datetime, zone: tzinfo) -> date:
    """A platform's clock may be ahead of ours."""
    return days.of(min(at, now), zone)


def packed(one: Part) -> list[Any]:
    """A part as it is kept: days as numbers, no names."""
    return [
        one.opened_on.toordinal(),
        int(one.answered),
        int(one.settled),
        one.team_id,
        one.page_id,
        one.campaign_id,
        one.agent_id,
        list(one.tag_ids),
        [[day.toordinal(), count] for day, count in one.comments],
        [[it.day.toordinal(), _FIGURES.index(it.figure), it.seconds, it.agent_id] for it in one.took],
    ]


def unpacked(kept: Sequence[Any]) -> Part:
    """What ``packed`` was given."""
    opened, answered, settled, team, page, campaign, agent, tags, comments, took = kept
    return Part(
        opened_on=date.fromordinal(opened),
        answered=bool(answered),
        settled=bool(settled),
        team_id=team,
        page_id=page,
        campaign_id=campaign,
        agent_id=agent,
        tag_ids=tuple(tags),
        comments=tuple((date.fromordinal(day), count) for day, count in comments),
        took=tuple(Took(date.fromordinal(day), _FIGURES[which], secs, who) for day, which, secs, who in took),
    )


class Sums:
    """What is to be added to what was added up before; what was added and taken away again is nothing."""

    def __init__(self) -> None:
        self.counts: dict[Place, Counts] = defaultdict(Counts)
        self.times: dict[tuple[Place, Figure], list[int]] = defaultdict(lambda: [0] * (2 + BUCKETS))
        """How often, seconds, and each bucket."""

    def add(self, one: Part, sign: int = 1) -> None:
        """Add a part, or take it away with ``sign`` -1."""
        for by, of in (*_shared(one), *_owner(one.agent_id)):
            began = self.counts[Place(by, of, one.opened_on)]
            began.add(Counts(0, 1, int(one.answered), int(one.settled)), sign)
            for day, count in one.comments:
                self.counts[Place(by, of, day)].add(Counts(count), sign)
        for took in one.took:
            for by, of in (*_shared(one), *_owner(took.agent_id)):
                cells = self.times[Place(by, of, took.day), took.figure]
                cells[0] += sign
                cells[1] += sign * took.seconds
                cells[2 + bucket(took.seconds)] += sign


def _shared(one: Part) -> Iterator[tuple[By, int]]:
    yield By.ALL, 0
    yield By.TEAM, one.team_id
    yield By.PAGE, one.page_id
    if one.campaign_id is not None:
        yield By.CAMPAIGN, one.campaign_id
    for tag_id in one.tag_ids:
        yield By.TAG, tag_id


def _owner(agent_id: int | None) -> Iterator[tuple[By, int]]:
    if agent_id is not None:
        yield By.AGENT, agent_id


def bucket(seconds: float) -> int:
    """Which bucket a time falls into; an edge belongs to the bucket below it, so that "within an hour" includes it."""
    found = bisect_right(EDGES, seconds)
    return found - 1 if found and EDGES[found - 1] == seconds else found


def merged(some: Iterable[Times]) -> Times:
    """The sum of times, as if they had been counted together."""
    n, seconds, buckets = 0, 0, [0] * BUCKETS
    for one in some:
        n, seconds = n + one.n, seconds + one.seconds
        for place, count in enumerate(one.buckets):
            buckets[place] += count
    return Times(n, seconds, tuple(buckets))


def percentile(times: Times, share: float) -> float | None:
    """Seconds of work within which that share (0 to 1) was done, to a quarter of the truth at most; None when nothing
    was. What took longer than all edges counts as the last of them."""
    if times.n <= 0:
        return None
    wanted = min(max(0.5, share * times.n), times.n - 0.5)
    for place, reached in enumerate(accumulate(times.buckets)):
        if reached >= wanted:
            if place == len(EDGES):
                break
            low = EDGES[place - 1] if place else 0.0
            within = times.buckets[place]
            return low + (EDGES[place] - low) * (wanted - (reached - within)) / within
    return EDGES[-1]


def within(times: Times, seconds: float) -> int:
    """How many took no longer than that; within a bucket they count as spread evenly."""
    found = 0.0
    for place, count in enumerate(times.buckets):
        low = EDGES[place - 1] if place else 0.0
        high = EDGES[place] if place < len(EDGES) else float("inf")
        if high <= seconds:
            found += count
        elif low < seconds and high != float("inf"):
            found += count * (seconds - low) / (high - low)
    return round(found)
