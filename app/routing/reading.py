"""Rules from the text they are written in. Every fault is found, not only the first, and says where it is."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any
from unicodedata import category

from app.core import toml
from app.core.i18n import gettext as _
from app.inbox.rules import TAG_LENGTH, tag_name
from app.inbox.types import Priority
from app.routing import facts
from app.routing.faults import InvalidRules, PatternRoom, short_facts
from app.routing.types import Actions, Condition, Fact, Fault, Group, Match, Rule

MOST_RULES = 1000
MOST_CONDITIONS = 50
NAME_MAXIMUM = 120
NOTE_MAXIMUM = 1000
_ACTIONS = (
    *("team", "assignee", "skills", "priority", "tags", "notify"),
    *("spam", "hide", "resolve", "snooze_hours", "reply"),
)
LONGEST_SNOOZE = 720
"""Hours: thirty days."""
_OWN = ("name", "note", "match", "when", "continue")


def digest(text: str) -> str:
    """What tells one text of rules from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=16)
def read(text: str) -> tuple[Rule, ...]:
    """Rules from a TOML text. Raises InvalidRules."""
    try:
        tables = toml.tables(text)
    except toml.TomlError as error:
        raise InvalidRules([Fault(0, "", _("These rules are not TOML: %(error)s.", error=error))]) from None
    found = tables.get("rule", [])
    if set(tables) - {"rule"} or not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidRules([Fault(0, "", _("Rules are written as [[rule]] tables, nothing else."))])
    if len(found) > MOST_RULES:
        raise InvalidRules([Fault(0, "", _("More than %(n)s rules can't be overlooked by anybody.", n=MOST_RULES))])
    faults: list[Fault] = []
    patterns = PatternRoom()
    rules = tuple(_Reader(number, faults, patterns).rule(table) for number, table in enumerate(found, 1))
    faults += patterns.faults()
    if faults:
        raise InvalidRules(faults, rules)
    return rules


def faults_of(rules: Sequence[Rule]) -> list[Fault]:
    """What is wrong with rules that were put together somewhere else."""
    faults: list[Fault] = []
    patterns = PatternRoom()
    for number, rule in enumerate(rules, 1):
        reader = _Reader(number, faults, patterns)
        reader.check_name(rule.name)
        reader.check_conditions(rule.when)
        reader.check_actions(rule.then)
        for place, one in places(rule.when):
            reader.value(place, one.fact, one.value)
    return faults + patterns.faults()


def places(members: Sequence[Condition | Group]) -> Iterator[tuple[str, Condition]]:
    """Every single condition with its place, as faults name it."""
    for n, one in enumerate(members, 1):
        if isinstance(one, Condition):
            yield f"when.{n}", one
        else:
            yield from ((f"when.{n}.{m}", inner) for m, inner in enumerate(one.members, 1))


class _Reader:
    """Reads one rule and notes its faults."""

    def __init__(self, number: int, faults: list[Fault], patterns: PatternRoom) -> None:
        self._number = number
        self._faults = faults
        self._patterns = patterns

    def fault(self, part: str, why: str, value: int = 0) -> None:
        self._faults.append(Fault(self._number, part, why, value))

    def rule(self, table: dict[str, Any]) -> Rule:
        for key in sorted(set(table) - facts.NAMES - {*_OWN, *_ACTIONS}):
            self.fault(key, _("No rule knows this word."))
        name, note = self._text(table, "name"), self._text(table, "note")
        self.check_name(name)
        if len(note) > NOTE_MAXIMUM:
            self.fault("note", _("A note has at most %(n)s characters.", n=NOTE_MAXIMUM))
        before = len(self._faults)
        short = short_facts(table)
        members: list[Condition | Group] = [
            self.value(f"when.{number}", Fact(key), table[key]) for number, key in enumerate(short, 1)
        ]
        members += self._long(table.get("when", []), "when", len(short))
        if len(self._faults) == before:
            self.check_conditions(members)
        then = self._actions(table)
        return Rule(
            name=name,
            when=tuple(members),
            then=then,
            match=self._match(table.get("match", Match.ALL.value), "match"),
            goes_on=self._flag(table, "continue"),
            note=note,
        )

    def check_name(self, name: str) -> None:
        if not name.strip():
            self.fault("name", _("Give the rule a name; people see it beside what it did."))
        elif len(name) > NAME_MAXIMUM:
            self.fault("name", _("A name has at most %(n)s characters.", n=NAME_MAXIMUM))
        elif any(category(sign) == "Cc" for sign in name):
            self.fault("name", _("A name is one line, without characters that nobody sees."))

    def check_conditions(self, members: Sequence[Condition | Group]) -> None:
        if not members:
            self.fault("when", _("The rule has no condition; it would take everything."))
        if len(members) > MOST_CONDITIONS:
            self.fault("when", _("At most %(n)s conditions fit into a rule.", n=MOST_CONDITIONS))
        for n, one in enumerate(members, 1):
            if isinstance(one, Group) and not one.members:
                self.fault(f"when.{n}", _("The group has no condition; it says nothing."))
            if isinstance(one, Group) and len(one.members) > MOST_CONDITIONS:
                self.fault(f"when.{n}", _("At most %(n)s conditions fit into a group.", n=MOST_CONDITIONS))

    def check_actions(self, then: Actions) -> None:
        if any(not tag_name(one) for one in then.tags):
            self.fault("tags", _("A tag has 1 to %(n)s characters, and no comma.", n=TAG_LENGTH))
        if any(not tag_name(one) for one in then.skills):
            self.fault("skills", _("A skill has 1 to %(n)s characters, and no comma.", n=TAG_LENGTH))
        if then.snooze is not None and not 1 <= then.snooze <= LONGEST_SNOOZE:
            self.fault("snooze_hours", _("Put it off for 1 to %(n)s hours.", n=LONGEST_SNOOZE))
        if then.snooze is not None and (then.spam or then.resolve):
            self.fault(
                "snooze_hours", _("What is set aside or done at once does not come back, so it can't be put off.")
            )
        if then == Actions():
            self.fault("", _("The rule does nothing. Say where it goes, or what else is to happen."))
        if then.reply and (then.spam or then.resolve):
            self.fault("reply", _("Nobody answers what is set aside or done at once, so no answer is prepared."))
        if then.spam and (then.team or then.assignee or then.skills or then.resolve):
            self.fault("spam", _("What is set aside as spam goes to nobody. It needs either a team or spam."))

    def value(self, place: str, fact: Fact, given: Any) -> Condition:
        """The condition; one without a value where it is wrong, so that the others keep their places."""
        if fact is Fact.REGEX:
            if self._patterns.full:
                return Condition(fact, ())  # told already, of those that are too large
            self._patterns.add(self._number, place, given)
        try:
            return Condition(fact, facts.checked(fact, given))
        except facts.WrongValueError as error:
            for number, why in error.found:
                self.fault(place, f"{fact.value}: {why}", number)
            return Condition(fact, ())

    def _long(self, given: Any, place: str, before: int = 0) -> Iterator[Condition | Group]:
        """Conditions of a list; ``before`` is how many of the rule stand elsewhere, and are counted first."""
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            self.fault(place, _('Write a list of conditions: when = [{ words = ["late"] }].'))
            return
        for number, one in enumerate(given, before + 1):
            at = f"{place}.{number}"
            keys = set(one)
            if keys in ({"any"}, {"all"}) and place == "when":
                (mode,) = keys
                inner = [found for found in self._long(one[mode], at) if isinstance(found, Condition)]
                yield Group(Match(mode), tuple(inner))
            else:
                yield self._condition(one, at)

    def _condition(self, table: dict[str, Any], at: str) -> Condition:
        asked = [key for key in table if key in facts.NAMES]
        strange = sorted(set(table) - facts.NAMES - {"not"})
        negated = table.get("not", False)
        if strange or len(asked) != 1 or not isinstance(negated, bool):
            self.fault(at, _("A condition asks about one thing, and may say not = true beside it."))
            return Condition(Fact(asked[0]) if asked else Fact.WORDS, ())
        found = self.value(at, Fact(asked[0]), table[asked[0]])
        if not negated:
            return found
        if isinstance(found.value, bool):
            self.fault(at, _("Write true or false instead of not."))
        return Condition(found.fact, found.value, negated=True)

    def _actions(self, table: dict[str, Any]) -> Actions:
        before = len(self._faults)
        then = Actions(
            team=self._text(table, "team") or None,
            assignee=self._text(table, "assignee") or None,
            skills=self._texts(table, "skills"),
            priority=self._priority(table),
            tags=self._texts(table, "tags"),
            notify=self._texts(table, "notify"),
            spam=self._flag(table, "spam"),
            hide=self._flag(table, "hide"),
            resolve=self._flag(table, "resolve"),
            snooze=self._hours(table),
            reply=self._text(table, "reply") or None,
        )
        if len(self._faults) == before:
            self.check_actions(then)
        return then

    def _priority(self, table: dict[str, Any]) -> Priority | None:
        given = table.get("priority")
        if given is None:
            return None
        if given not in list(Priority):
            self.fault("priority", _("The priority is normal or high."))
            return None
        return Priority(given)

    def _hours(self, table: dict[str, Any]) -> int | None:
        given = table.get("snooze_hours")
        if given is not None and type(given) is not int:
            self.fault("snooze_hours", _("Write a whole number of hours."))
            return None
        return given

    def _match(self, given: Any, part: str) -> Match:
        if given not in list(Match):
            self.fault(part, _("Write all or any."))
            return Match.ALL
        return Match(given)

    def _text(self, table: dict[str, Any], key: str) -> str:
        given = table.get(key, "")
        if not isinstance(given, str):
            self.fault(key, _("Write a text."))
            return ""
        return given.strip()

    def _texts(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        given = table.get(key, [])
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            self.fault(key, _("Write a list of texts."))
            return ()
        return tuple(dict.fromkeys(one.strip() for one in given))

    def _flag(self, table: dict[str, Any], key: str) -> bool:
        given = table.get(key, False)
        if not isinstance(given, bool):
            self.fault(key, _("Write true or false."))
            return False
        return given
