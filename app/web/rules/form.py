"""A rule as the fields of a form, and back. Fields are named by their place: ``when.0.fact``, ``when.1.0.value``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

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
_MOST = 60
"""Parts of one rule that a form is read for."""
_FIRST: Mapping[Fact, tuple[str, ...]] = {Fact.LINKS: ("1",), Fact.EARLIER: ("1",), Fact.CONFIDENCE: ("80",)}


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
    wrong: Mapping[str, str] = field(default_factory=dict)
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
    return int(text) if _is_number(text) else 0


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
        return int(text) if _is_number(text) else text
    if one.fact in _NUMBERS:
        return tuple(int(value) if _is_number(value) else value for value in one.values)
    return one.values


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def fields(one: Typed) -> MultiDict[str, str]:
    """The fields as a browser sends them."""
    found: list[tuple[str, str]] = [
        ("name", one.name),
        ("note", one.note),
        ("match", one.match.value),
        ("to", one.to),
        ("assignee", one.assignee),
        ("skills", one.skills),
        ("priority", one.priority),
        ("tags", one.tags),
        ("snooze_hours", one.snooze),
        ("reply", one.reply),
    ]
    found += [("notify", login) for login in one.notify]
    found += [(name, "on") for name in ("hide", "resolve", "goes_on") if getattr(one, name)]
    for number, part in enumerate(one.when):
        place = f"when.{number}"
        if isinstance(part, Block):
            found.append((f"{place}.match", part.match.value))
            for inner, line in enumerate(part.lines):
                found += _fields(f"{place}.{inner}", line)
        else:
            found += _fields(place, part)
    return MultiDict(found)


def _fields(place: str, one: Line) -> list[tuple[str, str]]:
    values = one.values if one.fact in TICKED else (one.text.replace("\n", "\r\n"),)
    negation = [(f"{place}.not", "on")] if one.negated else []
    return [(f"{place}.fact", one.fact.value), *((f"{place}.value", value) for value in values), *negation]


def read(sent: MultiDict[str, str]) -> Typed:
    """What was typed, from the fields a browser sent."""
    return Typed(
        name=sent.get("name", ""),
        note=sent.get("note", ""),
        match=_match(sent.get("match")),
        when=tuple(_read_parts(sent)),
        to=sent.get("to", ""),
        assignee=sent.get("assignee", ""),
        skills=sent.get("skills", ""),
        priority=sent.get("priority", ""),
        tags=sent.get("tags", ""),
        notify=tuple(sent.getlist("notify")),
        hide="hide" in sent,
        resolve="resolve" in sent,
        snooze=sent.get("snooze_hours", ""),
        reply=sent.get("reply", ""),
        goes_on="goes_on" in sent,
    )


def _read_parts(sent: MultiDict[str, str]) -> list[Line | Block]:
    found: list[Line | Block] = []
    for number in range(_MOST):
        place = f"when.{number}"
        if f"{place}.match" in sent:
            found.append(Block(_match(sent[f"{place}.match"]), tuple(_read_lines(sent, f"{place}."))))
        elif (line := _read_line(sent, place)) is not None:
            found.append(line)
        else:
            break
    return found


def _read_lines(sent: MultiDict[str, str], before: str) -> list[Line]:
    found = []
    for number in range(_MOST):
        line = _read_line(sent, f"{before}{number}")
        if line is None:
            break
        found.append(line)
    return found


def _read_line(sent: MultiDict[str, str], place: str) -> Line | None:
    named = sent.get(f"{place}.fact")
    if named not in list(Fact):
        return None
    fact = Fact(named)
    values = sent.getlist(f"{place}.value")
    if fact in LINES:
        text = values[0] if values else ""
        parts = text.replace(",", "\n").splitlines() if fact is Fact.LANGUAGES else text.splitlines()
        values = [part.strip() for part in parts if part.strip()]
    return Line(fact, tuple(values), f"{place}.not" in sent)


def _match(text: str | None) -> Match:
    return Match.ANY if text == Match.ANY else Match.ALL


def changed(one: Typed, what: str, sent: Mapping[str, str]) -> Typed:
    """The form after one of its buttons: ``add``, ``add:1``, ``group``, ``up:1``, ``down:1.0``, ``remove:1``."""
    act, _colon, place = what.partition(":")
    at = [int(part) for part in place.split(".") if _is_number(part)]
    if act == "group":
        return replace(one, when=(*one.when, Block(Match.ANY, (Line(Fact.WORDS),))))
    if act == "add":
        fact = sent.get(f"add.{place}" if place else "add", "")
        fresh = Line(Fact(fact) if fact in list(Fact) else Fact.WORDS)
        fresh = replace(fresh, values=_FIRST.get(fresh.fact, ()))
        if not at:
            return replace(one, when=(*one.when, fresh))
        return _in_block(one, at[0], lambda lines: [*lines, fresh])
    if len(at) == 1:
        return replace(one, when=tuple(_rearranged(list(one.when), act, at[0])))
    if len(at) == 2:
        return _in_block(one, at[0], lambda lines: _rearranged(lines, act, at[1]))
    return one


def _in_block(one: Typed, number: int, change: Any) -> Typed:
    when = list(one.when)
    if number < len(when) and isinstance(block := when[number], Block):
        when[number] = replace(block, lines=tuple(change(list(block.lines))))
    return replace(one, when=tuple(when))


def _rearranged(parts: list[Any], act: str, at: int) -> Sequence[Any]:
    if at >= len(parts):
        return parts
    if act == "remove":
        return parts[:at] + parts[at + 1 :]
    other = at - 1 if act == "up" else at + 1
    if act in ("up", "down") and 0 <= other < len(parts):
        parts[at], parts[other] = parts[other], parts[at]
    return parts
