"""Where in a text a rule saw what it asks for."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import cast

from app.routing import facts as known_facts
from app.routing.book import flat
from app.routing.scene import LINK, QUESTION, Scene
from app.routing.types import Fact, Rule
from app.routing.words import spans, tokens

MATCHED_MAXIMUM = 5


def words_seen(rule: Rule, scene: Scene) -> tuple[str, ...]:
    """A few of the words a rule saw, in lower case."""
    places = _spots(rule, scene.text, scene.said, scene.fitting)
    return tuple(dict.fromkeys(scene.text[begin:end].casefold() for begin, end in places))[:MATCHED_MAXIMUM]


def seen(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Where a text (as ``words.normal`` leaves it) holds words and expressions that the rule asks for."""
    return _spots(rule, text, tokens(text))


def _spots(rule: Rule, text: str, said: Sequence[str], known: Collection[str] | None = None) -> list[tuple[int, int]]:
    """Where the rule saw something, in order. With ``known``, of expressions a few places of those alone."""
    asked = [one for one in flat(rule.when) if not one.negated]
    words = [word for one in asked if one.fact is Fact.WORDS for word in cast("tuple[str, ...]", one.value)]
    found = spans(text, said, words) if words else []
    for one in asked:
        if one.fact is Fact.REGEX:
            for pattern in cast("tuple[str, ...]", one.value):
                if known is None or pattern in known:
                    hits = known_facts.pattern(pattern).finditer(text)
                    some = islice(hits, MATCHED_MAXIMUM if known is not None else None)
                    found += [hit.span() for hit in some if hit.start() < hit.end()]
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
