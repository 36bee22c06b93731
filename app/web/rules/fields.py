"""A typed rule as the fields of a form. They are named by their place: ``when.0.fact``, ``when.1.0.value``."""

from werkzeug.datastructures import MultiDict

from app.routing.types import Fact, Match
from app.web.rules.form import LINES, TICKED, Block, Line, Typed

_MOST = 60
"""Parts of one rule that a form is read for."""


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
