"""A rule as somebody types it, and back; ``fields`` has how a browser sends that, ``buttons`` what its buttons do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from app.inbox.types import Priority
from app.routing.types import Actions, Condition, Fact, Group, Match, Rule

SPAM = "spam"
LINES = frozenset({Fact.WORDS, Fact.REGEX, Fact.LANGUAGES, Fact.POSTS, Fact.HOURS})
"""Values are written one a line."""
TICKED = frozenset(
    {
        *(Fact.ONLY, Fact.PAGES, Fact.CAMPAIGNS, Fact.CONNECTORS, Fact.COMMENT_KINDS, Fact.STARS),
        *(Fact.STANCES, Fact.KINDS),
    }
)
YES_NO = frozenset({Fact.QUESTION, Fact.ATTACHED, Fact.KNOWN, Fact.VIP, Fact.OWED, Fact.HELD})
_NUMBERS = (Fact.PAGES, Fact.CAMPAIGNS, Fact.STARS)


@dataclass(frozen=True, slots=True)
class Line:
    """A condition as it was typed."""

    fact: Fact
    values: tuple[str, ...] = ()
    negated: bool = False

    @property
    def text(self) -> str:
        """What stands in its field."""
        return "\n".join(self.values)


@dataclass(frozen=True, slots=True)
class Block:
    """A group of conditions."""

    match: Match
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """A rule as it was typed; nothing in it need be right."""

    name: str = ""
    note: str = ""
    match: Match = Match.ALL
    when: tuple[Line | Block, ...] = ()
    to: str = ""
    """A team's key, ``spam``, or nothing."""
    assignee: str = ""
    skills: str = ""
    priority: str = ""
    tags: str = ""
    notify: tuple[str, ...] = ()
    hide: bool = False
    resolve: bool = False
    snooze: str = ""
    """Hours."""
    reply: str = ""
    """The shortcut of a saved reply, or nothing."""
    goes_on: bool = False
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What is wrong, by place."""


def typed(rule: Rule) -> Typed:
    """A rule as somebody would have typed it."""
    then = rule.then
    return Typed(
        name=rule.name,
        note=rule.note,
        match=rule.match,
        when=tuple(
            Block(one.match, tuple(_line(inner) for inner in one.members)) if isinstance(one, Group) else _line(one)
            for one in rule.when
        ),
        to=SPAM if then.spam else then.team or "",
        assignee=then.assignee or "",
        skills=", ".join(then.skills),
        priority=then.priority.value if then.priority else "",
        tags=", ".join(then.tags),
        notify=then.notify,
        hide=then.hide,
        resolve=then.resolve,
        snooze="" if then.snooze is None else str(then.snooze),
        reply=then.reply or "",
        goes_on=rule.goes_on,
    )


def _line(one: Condition) -> Line:
    value = one.value
    if isinstance(value, bool):
        return Line(one.fact, ("yes" if value else "no",), one.negated)
    if isinstance(value, tuple):
        return Line(one.fact, tuple(map(str, value)), one.negated)
    if isinstance(value, float):
        return Line(one.fact, (f"{(Decimal(repr(value)) * 100).normalize():f}",), one.negated)
    return Line(one.fact, (str(value),), one.negated)


def rule(one: Typed) -> Rule:
    """The rule that was typed, right or wrong: ``app.routing.reading.faults_of`` says what is."""
    spam = one.to == SPAM
    return Rule(
        name=" ".join(one.name.split()),
        note=" ".join(one.note.split()),
        match=one.match,
        when=tuple(
            Group(part.match, tuple(_condition(inner) for inner in part.lines))
            if isinstance(part, Block)
            else _condition(part)
            for part in one.when
        ),
        then=Actions(
            team=None if spam else one.to or None,
            assignee=one.assignee or None,
            priority=Priority(one.priority) if one.priority in list(Priority) else None,
            skills=_parted(one.skills),
            tags=_parted(one.tags),
            notify=one.notify,
            spam=spam,
            hide=one.hide,
            resolve=one.resolve,
            snooze=_hours(one.snooze.strip()),
            reply=one.reply or None,
        ),
        goes_on=one.goes_on,
    )


def _parted(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _hours(text: str) -> int | None:
    """The number, or one that no rule may have where it is none; the check of actions says so then."""
    if not text:
        return None
    return int(text) if is_number(text) else 0


def _condition(one: Line) -> Condition:
    return Condition(one.fact, _value(one), negated=one.negated and one.fact not in YES_NO)


def _value(one: Line) -> Any:
    """The value, or the text itself where it can be none; the check of the fact says so then."""
    text = one.values[0].strip() if one.values else ""
    if one.fact in YES_NO:
        return {"yes": True, "no": False}.get(text, text)
    if one.fact is Fact.CONFIDENCE:
        try:
            return float(Decimal(text) / 100)
        except InvalidOperation:
            return text
    if one.fact in (Fact.LINKS, Fact.EARLIER):
        return int(text) if is_number(text) else text
    if one.fact in _NUMBERS:
        return tuple(int(value) if is_number(value) else value for value in one.values)
    return one.values


def is_number(text: str) -> bool:
    """Whether it is a whole number that rules can hold."""
    return text.isascii() and text.isdigit() and len(text) < 10
