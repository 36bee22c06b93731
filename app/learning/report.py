"""How well conversations are routed, from what people did with them. Looks at the newest decisions only, in one go."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inbox.models import Conversation
from app.learning import queries
from app.learning.models import LearningExample
from app.pages.models import Page

NEWEST = 5_000
DAYS = 90
LEAST = 20
"""Decisions about a rule before a change of it is proposed."""
CORRECTED_SHARE = 0.25
_BANDS = (0.5, 0.7, 0.8, 0.9, 0.95)
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one conversation."""

    first: str
    """The team it was brought to first, its key."""
    last: str
    """Where somebody said that it belongs."""
    rule: str | None
    automatic: bool
    language: str | None
    page: str
    judged: str | None
    """Where the model thought that it belongs."""
    confidence: float | None
    took: timedelta
    """From the beginning of the conversation to the decision."""
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: how many of these stayed where they had been brought."""

    name: str
    decided: int
    stayed: int
    model_right: int | None = None
    """Of those the model had an opinion on, how many it had right; None when it had none."""
    model_asked: int = 0

    @property
    def share(self) -> float:
        return self.stayed / self.decided


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that was corrected often, mostly to one team, mostly when the text has one word."""

    rule: str
    decided: int
    corrected: int
    team: str
    to_team: int
    word: str | None
    with_word: int
    """Of those moved to the team, how many have the word."""


@dataclass(frozen=True, slots=True)
class Report:
    decided: int
    moved: int
    lost: timedelta | None
    """The median time until somebody moved what was misrouted."""
    rules: tuple[Line, ...]
    teams: tuple[Line, ...]
    languages: tuple[Line, ...]
    pages: tuple[Line, ...]
    confidence: tuple[Line, ...]
    """By how sure the model was: of those it judged, how many it had right."""
    places: tuple[str, ...]
    """Where conversations were brought to or belonged, those with most first: rows and columns of ``confusion``."""
    confusion: tuple[tuple[int, ...], ...]
    """For each place that conversations were brought to, how many of them belonged to each."""
    proposals: tuple[Proposal, ...]


def report(session: Session, now: datetime) -> Report:
    """What people did with conversations in the last 90 days, at most the newest 5,000."""
    query = (
        select(LearningExample, Conversation.opened_at, Page.name)
        .join(Conversation, Conversation.id == LearningExample.conversation_id)
        .join(Page, Page.id == Conversation.page_id)
        .where(LearningExample.at >= now - timedelta(days=DAYS), queries.stands())
        .order_by(LearningExample.id.desc())
        .limit(NEWEST)
    )
    last: dict[int, Decided] = {}
    for one, opened_at, page in session.execute(query):
        known = last.get(one.conversation_id or 0)
        first = one.old_team or one.team or ""
        last[one.conversation_id or 0] = Decided(
            first=first,  # going back in time, the oldest word says where it had been brought
            last=known.last if known else one.team or "",
            rule=one.rule,
            automatic=one.automatic,
            language=one.language,
            page=page,
            judged=one.judged_team,
            confidence=one.confidence,
            took=known.took if known else one.at - opened_at,
            text=one.text,
        )
    return of(list(last.values()))


def of(found: Sequence[Decided]) -> Report:
    """The report on these decisions."""
    moved = [one for one in found if one.first != one.last]
    took = [one.took.total_seconds() for one in moved]
    return Report(
        decided=len(found),
        moved=len(moved),
        lost=timedelta(seconds=median(took)) if took else None,
        rules=_lines(found, lambda one: one.rule or ("*" if one.automatic else "")),
        teams=_lines(found, lambda one: one.first),
        languages=_lines(found, lambda one: one.language or ""),
        pages=_lines(found, lambda one: one.page),
        confidence=_bands(found),
        places=(places := _places(found)),
        confusion=_confusion(found, places),
        proposals=tuple(_proposals(found)),
    )


def _lines(found: Iterable[Decided], name: Callable[[Decided], str]) -> tuple[Line, ...]:
    groups: dict[str, list[Decided]] = defaultdict(list)
    for one in found:
        groups[name(one)].append(one)
    lines = []
    for key, group in groups.items():
        asked = [one for one in group if one.judged]
        right = sum(one.judged == one.last for one in asked)
        stayed = sum(one.first == one.last for one in group)
        lines.append(Line(key, len(group), stayed, right if asked else None, len(asked)))
    return tuple(sorted(lines, key=lambda line: -line.decided))


def _bands(found: Sequence[Decided]) -> tuple[Line, ...]:
    lines = []
    for low, high in zip((0.0, *_BANDS), (*_BANDS, 1.01), strict=True):
        inside = [one for one in found if one.judged and one.confidence is not None and low <= one.confidence < high]
        if inside:
            name = f"{low * _PERCENT:.0f}–{min(high, 1) * _PERCENT:.0f} %"
            lines.append(Line(name, len(inside), sum(one.judged == one.last for one in inside)))
    return tuple(lines)


def _places(found: Iterable[Decided]) -> tuple[str, ...]:
    counts = Counter(place for one in found for place in (one.first, one.last))
    return tuple(place for place, _count in counts.most_common())


def _confusion(found: Iterable[Decided], places: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    counts = Counter((one.first, one.last) for one in found)
    return tuple(tuple(counts[first, last] for last in places) for first in places)


def _proposals(found: Sequence[Decided]) -> Iterable[Proposal]:
    groups: dict[str, list[Decided]] = defaultdict(list)
    for one in found:
        if one.rule:
            groups[one.rule].append(one)
    for rule, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        moved = [one for one in group if one.first != one.last]
        if len(group) < LEAST or len(moved) < CORRECTED_SHARE * len(group):
            continue
        team, count = Counter(one.last for one in moved).most_common(1)[0]
        there = [one.text for one in moved if one.last == team]
        word, having = _telling(there, [one.text for one in group if one.last != team])
        yield Proposal(rule, len(group), len(moved), team, count, word, having)


def _telling(those: Sequence[str], others: Sequence[str]) -> tuple[str | None, int]:
    """The word that most of ``those`` have and hardly any of ``others``; of several the longest, which says most. None
    when there is no such word."""
    inside = Counter(word for text in those for word in _words(text))
    outside = Counter(word for text in others for word in _words(text))
    scored = [
        (count / len(those) - outside[word] / max(len(others), 1), count, len(word), word)
        for word, count in inside.items()
        if count >= 3 and count >= 3 * outside[word] * len(those) / max(len(others), 1)
    ]
    if not scored:
        return None, 0
    _score, count, _length, word = max(scored)
    return word, count


def _words(text: str) -> set[str]:
    return {word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split() if len(word) > 3}
