"""Rules as a text that ``app.routing.reading`` reads back as the same rules."""

import json
from collections.abc import Sequence
from typing import Any

from app.routing.types import Condition, Group, Match, Rule

WIDTH = 120


def write(rules: Sequence[Rule]) -> str:
    """The TOML text of rules."""
    return "\n".join(_rule(rule) for rule in rules)


def _rule(rule: Rule) -> str:
    short, long = _split(rule.when)
    then = rule.then
    lines: list[tuple[str, Any]] = [("name", rule.name), ("note", rule.note or None)]
    lines.append(("match", rule.match.value if rule.match is not Match.ALL else None))
    lines += [(one.fact.value, one.value) for one in short]
    text = "[[rule]]\n" + "".join(_line(key, value) for key, value in lines if value is not None)
    if long:
        text += "when = [\n" + "".join(f"  {_member(one)},\n" for one in long) + "]\n"
    actions = (
        ("team", then.team),
        ("assignee", then.assignee),
        ("skills", then.skills or None),
        ("priority", then.priority.value if then.priority else None),
        ("tags", then.tags or None),
        ("notify", then.notify or None),
        ("spam", then.spam or None),
        ("hide", then.hide or None),
        ("resolve", then.resolve or None),
        ("snooze_hours", then.snooze),
        ("reply", then.reply),
        ("continue", rule.goes_on or None),
    )
    return text + "".join(_line(key, value) for key, value in actions if value is not None)


def _split(members: Sequence[Condition | Group]) -> tuple[list[Condition], Sequence[Condition | Group]]:
    """Those that can stand in the rule's own table, and from the first that can't on, the rest."""
    short: list[Condition] = []
    for at, one in enumerate(members):
        if isinstance(one, Group) or one.negated or any(one.fact is other.fact for other in short):
            return short, members[at:]
        short.append(one)
    return short, ()


def _member(one: Condition | Group) -> str:
    if isinstance(one, Condition):
        return _condition(one)
    return f"{{ {one.match.value} = [{', '.join(map(_condition, one.members))}] }}"


def _condition(one: Condition) -> str:
    negation = ", not = true" if one.negated else ""
    return f"{{ {one.fact.value} = {_value(one.value)}{negation} }}"


def _line(key: str, value: Any) -> str:
    line = f"{key} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, tuple):
        return line + "\n"
    rows, row = [], ""
    for one in value:
        piece = f"{_value(one)}, "
        if row and len(row) + len(piece) > WIDTH - 2:
            rows.append(row)
            row = ""
        row += piece
    return f"{key} = [\n" + "".join(f"  {part.rstrip()}\n" for part in [*rows, row]) + "]\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's too, but for one character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
