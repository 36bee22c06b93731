"""Conversations per second and core that rules decide about, and what a malicious expression adds; the most that all
expressions together can cost.

A hundred rules: the words of the first set over and over in other forms, expressions, conditions on everything else.
Usage: ``python -m bench.rules [--conversations N]``.
"""

import argparse
import random
import time
from dataclasses import replace
from datetime import timedelta
from importlib import resources

from app.core.clock import utc_now
from app.inbox.arrivals import Facts
from app.routing import book as books
from app.routing import language, reading, rules
from app.routing.scene import LOOKED_AT
from app.routing.types import Actions, Condition, Fact, Group, Match, Rule
from bench.intake import _TEXTS

CATASTROPHIC = (r"(a+)+$", r"(a|aa)*b", r"(?:.*a){20}x", r"(x*)*y", r"([a-zA-Z]+)*\d{9}$")


LARGEST = tuple(f"{letter}.{{80}}[{end}]" for letter in "enirtas" for end in "uvxz")
"""Expressions that fit almost anything almost: as many as a text of rules may have, about."""
MADE_TO_FIT = tuple(f"{'ab'[number % 2]}[ab]{{{900 - number}}}c" for number in range(22))
"""As many, for a text of nothing but a and b."""


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
    vocabulary = sorted({word for text in _TEXTS for word in text.split()})
    chance = random.Random(7)
    mixed = [replace(one, texts=(" ".join(chance.choices(vocabulary, k=22)),)) for one in said]
    usual = measure(some, mixed, spoken)
    worse = measure([*some, Rule("x", (Condition(Fact.REGEX, LARGEST),), Actions(team="t"))], mixed, spoken)
    print(f"{worse:,.0f} with the largest expressions allowed, {usual:,.0f} without, in words by chance")
    book = books.compiled([Rule("x", (Condition(Fact.REGEX, MADE_TO_FIT),), Actions(team="t"))])
    for length in (500, LOOKED_AT):
        text = "".join(chance.choices("ab", k=length))
        begun = time.process_time()
        rules.decide(book, replace(said[0], texts=(text,)), None)
        print(
            f"{time.process_time() - begun:.2f} s for {length:,} characters made to fit the largest expressions allowed"
        )


if __name__ == "__main__":
    main()
