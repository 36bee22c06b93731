"""Where in a text a rule saw what it asks for."""

from collections.abc import Sequence
from typing import cast

from app.routing import facts as known_facts
from app.routing.book import flat
from app.routing.scene import LINK, QUESTION, Scene
from app.routing.types import Fact, Rule
from app.routing.words import spans, tokens

MATCHED_MAXIMUM = 5


def words_seen(rule: Rule, scene: Scene) -> tuple[str, ...]:
    """A few of the words a rule saw, in lower case."""
    said = (scene.text[begin:end].casefold() for begin, end in _spots(rule, scene.text, scene.said))
    return tuple(dict.fromkeys(said))[:MATCHED_MAXIMUM]


def seen(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Where a text (as ``words.normal`` leaves it) holds words and expressions that the rule asks for."""
    return _spots(rule, text, tokens(text))


def _spots(rule: Rule, text: str, said: Sequence[str]) -> list[tuple[int, int]]:
    asked = [one for one in flat(rule.when) if not one.negated]
    words = [word for one in asked if one.fact is Fact.WORDS for word in cast("tuple[str, ...]", one.value)]
    found = spans(text, said, words) if words else []
    for one in asked:
        if one.fact is Fact.REGEX:
            for pattern in cast("tuple[str, ...]", one.value):
                places = known_facts.pattern(pattern).finditer(text)
                found += [hit.span() for hit in places if hit.start() < hit.end()]
        elif one.fact is Fact.LINKS:
            found += [hit.span() for hit in LINK.finditer(text)]
        elif one.fact is Fact.QUESTION and one.value:
            found += [hit.span() for hit in QUESTION.finditer(text)]
    return _joined(found)


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, and those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
