"""The buttons of the form for a rule: conditions and groups are added, moved and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.routing.types import Fact, Match
from app.web.rules.form import Block, Line, Typed, is_number

_FIRST: Mapping[Fact, tuple[str, ...]] = {Fact.LINKS: ("1",), Fact.EARLIER: ("1",), Fact.CONFIDENCE: ("80",)}
"""What a fresh condition begins with."""


def changed(one: Typed, what: str, sent: Mapping[str, str]) -> Typed:
    """The form after one of its buttons: ``add``, ``add:1``, ``group``, ``up:1``, ``down:1.0``, ``remove:1``."""
    act, _colon, place = what.partition(":")
    at = [int(part) for part in place.split(".") if is_number(part)]
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
