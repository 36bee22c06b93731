"""What is wrong with rules, told where it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.core import toml
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.routing import facts
from app.routing.types import Fact, Fault, Rule

_SAID = 8


class InvalidRules(InvalidInput):
    """Rules that can't be used. ``faults`` says what is wrong where; the message says it in a few lines. ``rules`` are
    those of the text, as far as they could be read."""

    def __init__(self, faults: Sequence[Fault], rules: Sequence[Rule] = ()) -> None:
        self.faults = tuple(faults)
        self.rules = tuple(rules)
        lines = [told(one) for one in self.faults[:_SAID]]
        left = len(self.faults) - len(lines)
        if left:
            lines.append(ngettext("… and %(num)s more.", "… and %(num)s more.", left))
        super().__init__("\n".join(lines), field="rules")


def told(fault: Fault) -> str:
    """A fault in one line."""
    if not fault.rule:
        return fault.why
    where = [_("Rule %(n)s", n=fault.rule)]
    if fault.part:
        where.append(_where(fault.part))
    if fault.value:
        where.append(_("value %(n)s", n=fault.value))
    if fault.line:
        where.append(_("line %(n)s", n=fault.line))
    return _("%(where)s: %(why)s", where=", ".join(where), why=fault.why)


def _where(part: str) -> str:
    kind, *numbers = part.split(".")
    if kind != "when" or not numbers:
        return part
    if len(numbers) == 1:
        return _("condition %(n)s", n=numbers[0])
    return _("condition %(n)s of group %(m)s", n=numbers[1], m=numbers[0])


def with_lines(text: str, found: Sequence[Fault]) -> list[Fault]:
    """The faults of a text of rules, with the line of each, by rule."""
    stands = toml.places(text)
    tables = toml.tables(text).get("rule", []) if stands else []
    some = [replace(one, line=_line(stands, tables, one)) if stands and one.rule else one for one in found]
    return sorted(some, key=lambda one: (one.rule, one.line))


def _line(stands: toml.Place, tables: Sequence[dict[str, Any]], fault: Fault) -> int:
    """The line of the smallest thing that holds the fault and could be found."""
    at = stands
    for key in ("rule", fault.rule - 1, *_way(tables[fault.rule - 1], fault)):
        inner = at.parts.get(key)
        if inner is None:
            break
        at = inner
    return at.line


def _way(table: dict[str, Any], fault: Fault) -> Iterator[str | int]:
    """The keys and numbers that lead from a rule's table to what is wrong."""
    kind, *numbers = fault.part.split(".")
    if kind != "when" or not numbers:
        yield kind
        return
    short = short_facts(table)
    first, *inner = (int(one) for one in numbers)
    if first <= len(short):
        yield short[first - 1]
    else:
        yield "when"
        one: Any = table["when"][first - len(short) - 1]
        yield first - len(short) - 1
        for number in inner:
            mode = next(iter(one))
            yield from (mode, number - 1)
            one = one[mode][number - 1]
        yield next((key for key in one if key in facts.NAMES), "")
    if fault.value:
        yield fault.value - 1


def short_facts(table: dict[str, Any]) -> list[str]:
    """The facts that the rule's own table asks about, in their order; those that say nothing count for none."""
    return [
        key for key, given in table.items() if key in facts.NAMES and (isinstance(given, bool) or given not in ([], 0))
    ]


class PatternRoom:
    """The regular expressions of a text of rules: how large they are, and which are to blame for too much."""

    def __init__(self) -> None:
        self._sizes: dict[tuple[int, str], int] = {}
        self._made = 0

    @property
    def full(self) -> bool:
        """Whether no more of them are worth making: the rules can't be used, and making many takes minutes."""
        return self._made > 10 * facts.LARGEST_PATTERNS

    def add(self, rule: int, part: str, patterns: Any) -> None:
        """Note what a condition asks for, right or wrong."""
        size = 0
        for one in patterns if isinstance(patterns, list | tuple) else ():
            if isinstance(one, str) and len(one) <= facts.LONGEST_VALUE and size <= facts.LARGEST_PATTERNS:
                size += facts.size(one.strip())
        self._made += size
        if size <= facts.LARGEST_PATTERNS:  # else told of the condition alone
            self._sizes[rule, part] = size

    def faults(self) -> list[Fault]:
        """The largest conditions, until the others fit."""
        left = sum(self._sizes.values())
        found = []
        for (rule, part), size in sorted(self._sizes.items(), key=lambda item: -item[1]):
            if left <= facts.LARGEST_PATTERNS:
                break
            left -= size
            why = _(
                "All regular expressions together are too large, and this is one of the largest: %(size)s of %(most)s "
                "steps. %(hint)s",
                size=size,
                most=facts.LARGEST_PATTERNS,
                hint=facts.hint(),
            )
            found.append(Fault(rule, part, f"{Fact.REGEX.value}: {why}"))
        return found
