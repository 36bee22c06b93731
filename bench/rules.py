"""Conversations per second and core that rules decide about, what a malicious expression adds, and the slowest of many
kinds of expressions that are still taken.

A hundred rules: the words of the first set over and over in other forms, expressions, conditions on everything else.
Usage: ``python -m bench.rules [--conversations N]``.
"""

import argparse
import random
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from itertools import accumulate

from app.core.clock import utc_now
from app.inbox.arrivals import Facts
from app.routing import book as books
from app.routing import effort, facts, language, reading, rules
from app.routing.scene import LOOKED_AT
from app.routing.types import Actions, Condition, Fact, Group, Match, Rule
from bench.intake import _TEXTS

CATASTROPHIC = (r"(a+)+$", r"(a|aa)*b", r"(?:.*a){20}x", r"(x*)*y", r"([a-zA-Z]+)*\d{9}$")


_HALF = tuple("".join(random.Random(seed).sample("abcdefghijklmnopqrstuvwxyz ", 9)) for seed in range(50))
EXPLOSIVE: dict[str, Callable[[int], str]] = {
    "a letter, then eighty of anything": lambda n: f"{'enirtasoudhlcgm'[n % 15]}.{{80}}[{'uvxzqjkwy'[n // 15 % 9]}]",
    "a third of all letters, then eighty": lambda n: f"[{_HALF[n % 50]}].{{80}}[{'uvxzqjkwy'[n % 9]}]",
    "a third of all letters, then forty": lambda n: f"[{_HALF[n % 50]}].{{40}}[{'uvxzqjkwy'[n % 9]}]",
    "a third of all letters, then twenty": lambda n: f"[{_HALF[n % 50]}].{{20}}[{'uvxzqjkwy'[n % 9]}]",
    "a third of all letters, then ten": lambda n: f"[{_HALF[n % 50]}].{{10}}[{'uvxzqjkwy'[n % 9]}]{n}",
    "a third of all letters, then twenty points": lambda n: f"[{_HALF[n % 50]}]{'.' * 20}[{'uvxzqjkwy'[n % 9]}]",
    "counts within counts": lambda n: f"({'enirtasoudhlcgm'[n % 15]}[^z]{{1,20}}){{1,5}}z{n}",
    "a hundred of one, ten times": lambda n: f"({'enirtasoudhlcgm'[n % 15]}{{1,100}}){{1,10}}z{n}",
}
"""What makes an automaton grow, the n-th of each kind."""
USUAL = (
    *(rf"(refund|money back|geld zurück).{{0,{30 + n}}}(late|slow|waiting|spät)\w* ?{n}" for n in range(20)),
    *(rf"\b[a-z]{{2}}-?\d{{{6 + n % 3},10}}{n}\b" for n in range(40)),
    *(rf"\w{{3,20}}@\w+\.de{n}" for n in range(10)),
    *(r"\d{3}[-. ]?\d{3}[-. ]?\d{4}", r".{200,}", r"!{3,}", r"[A-Z]{2}\d{2}( ?\w{4}){3,7}"),
)
"""What people write: two words near each other, numbers of orders, addresses, long comments."""
MADE_TO_FIT = tuple(f"{'ab'[number % 2]}[ab]{{{900 - number}}}c" for number in range(22))
"""As many as a text of rules may have, for a text of nothing but a and b, and one c near the beginning."""


def hundred() -> list[Rule]:
    """A hundred rules."""
    chance = random.Random(3)
    shipped = reading.read(resources.files("app.routing").joinpath("default_rules.toml").read_text(encoding="utf-8"))
    lists = [
        one.value for rule in shipped for one in rule.when if isinstance(one, Condition) and one.fact is Fact.WORDS
    ]
    some: list[Rule] = []
    for number in range(100):
        words = tuple(f"{word.rstrip('*')}{number}*" for word in chance.choice(lists) if isinstance(word, str))  # type: ignore[union-attr]
        conditions: list[Condition | Group] = [Condition(Fact.WORDS, words)]
        if number % 4 == 1:
            conditions.append(Condition(Fact.REGEX, (rf"(order|bestellung)\s*#?{number}\d{{4,}}", rf"code\s+{number}")))
        if number % 4 == 2:
            group = (Condition(Fact.LANGUAGES, ("de",)), Condition(Fact.LINKS, 1 + number % 3))
            conditions = [Group(Match.ANY, group), *conditions]
        if number % 4 == 3:
            conditions.append(Condition(Fact.HOURS, ("mo-fr 09:00-17:00 Europe/Berlin",), negated=True))
        some.append(Rule(f"Rule {number}", tuple(conditions), Actions(team="marketing"), goes_on=number % 7 == 0))
    return some


def conversations(count: int) -> list[Facts]:
    chance = random.Random(5)
    now = utc_now()
    return [
        Facts(
            conversation_id=number,
            page_id=number % 9,
            default_team_id=1,
            texts=(f"{chance.choice(_TEXTS)} {chance.choice(_TEXTS)} ({number})",),
            author_known=chance.random() < 0.3,
            held_as_spam=False,
            said_at=now - timedelta(minutes=number),
        )
        for number in range(count)
    ]


def measure(some: list[Rule], said: list[Facts], spoken: list[str | None]) -> float:
    """Conversations a second."""
    book = books.compiled(some)
    rules.decide(book, said[0], None)
    begun = time.process_time()
    for one, tongue in zip(said, spoken, strict=True):
        rules.decide(book, one, tongue)
    return len(said) / (time.process_time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=10_000)
    said = conversations(parser.parse_args().conversations)
    begun = time.process_time()
    spoken = [language.detect(one.texts[0]) for one in said]
    detecting = (time.process_time() - begun) / len(said)
    some = hundred()
    plain = measure(some, said, spoken)
    print(f"{plain:,.0f} conversations/s and core with {len(some)} rules")
    print(f"{1 / (1 / plain + detecting):,.0f} conversations/s and core with finding out the language")
    for bad in CATASTROPHIC:
        usual = measure([*some, Rule("x", (Condition(Fact.REGEX, ("harmless",)),), Actions(team="t"))], said, spoken)
        worse = measure([*some, Rule("x", (Condition(Fact.REGEX, (bad,)),), Actions(team="t"))], said, spoken)
        print(f"{worse:,.0f} with one more rule {bad}, {usual:,.0f} with a harmless one in its place")
    slowest(some, said, spoken)
    book = books.compiled([_asking(MADE_TO_FIT)])
    chance = random.Random(9)
    for length in (500, LOOKED_AT):
        text = "".join(["ab", "c", *chance.choices("ab", k=length - 3)])
        begun = time.process_time()
        rules.decide(book, replace(said[0], texts=(text,)), None)
        print(f"{time.process_time() - begun:.2f} s for {length:,} characters made to fit the largest expressions")


def _asking(patterns: Sequence[str]) -> Rule:
    return Rule("x", (Condition(Fact.REGEX, tuple(patterns)),), Actions(team="t"))


def slowest(some: list[Rule], said: list[Facts], spoken: list[str | None]) -> None:
    """Times of a hundred rules with what makes automata grow, as much as fits into a text of rules, and as much of that
    as is taken."""
    vocabulary = sorted({word for text in _TEXTS for word in text.split()})
    chance = random.Random(7)
    mixed = [replace(one, texts=(" ".join(chance.choices(vocabulary, k=22)),)) for one in said[:500]]

    def times(patterns: Sequence[str]) -> float:
        return usual / measure([*some, _asking(patterns)], mixed, spoken[:500])

    usual = measure(some, mixed, spoken[:500])
    print(f"{usual:,.0f} with a hundred rules, in words by chance; times as much for as many expressions more:")
    print(f"  {times(USUAL):4.1f} for {len(USUAL)} usual ones: effort {effort.effort(USUAL):.2f} of {effort.MOST}")
    for kind, make in EXPLOSIVE.items():
        every = [make(n) for n in range(500)]
        fitting = bisect_right(list(accumulate(map(facts.size, every))), facts.LARGEST_PATTERNS)
        refused = {fault.rule for fault in effort.faults([_asking([one]) for one in every[:fitting]])}
        taken = [one for number, one in enumerate(every[:fitting], 1) if number not in refused]
        all_of_it, part = times(every[:fitting]), times(taken)
        print(f"  {all_of_it:4.1f} for {fitting}, {part:4.1f} for {len(taken)} that are taken: {kind}")


if __name__ == "__main__":
    main()
