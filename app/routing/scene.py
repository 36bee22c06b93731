"""A conversation as rules see it, and how each kind of condition is asked of it."""

import re
from collections.abc import Callable
from typing import cast

from app.core import hours
from app.inbox.arrivals import Facts
from app.routing.patterns import Patterns
from app.routing.types import CommentKind, Condition, Fact, Group, Match, Only
from app.routing.words import WordIndex, normal, tokens

LOOKED_AT = 20_000
"""Characters of a conversation that rules look at; what is said after that changes nothing."""
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
QUESTION = re.compile("[?\uff1f\u061f]")
_ONLY = {
    Only.LINKS: LINK,
    Only.MENTIONS: re.compile(r"@\w[\w.@-]*"),
    Only.EMOJI: re.compile(
        "[\u00a9\u00ae\u200d\u203c\u2049\u20e3\u2122-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]+"
    ),
}
_BETWEEN = re.compile(r"[\s.,!…]+")


class Scene:
    """A conversation as rules see it; ``found`` are the numbers of the lists of words and expressions in it, and
    ``fitting`` one expression of each such list."""

    __slots__ = ("facts", "fitting", "found", "language", "said", "text")

    def __init__(self, facts: Facts, language: str | None, words: WordIndex, patterns: Patterns) -> None:
        self.facts = facts
        self.language = language
        self.text = normal("\n".join(facts.texts)[:LOOKED_AT])
        self.said = tokens(self.text)
        fitting = patterns.find(self.text)
        self.fitting = frozenset(fitting.values())
        self.found = words.find(self.said) | fitting.keys()


Test = Callable[[Scene], bool]
Places = dict[tuple[Fact, tuple[str, ...]], int]
"""The number under which each list of words or expressions is found."""


def member_test(one: Condition | Group, places: Places) -> Test:
    """What a condition, or a group of them, says about a conversation."""
    if isinstance(one, Condition):
        return _condition_test(one, places)
    tests = tuple(_condition_test(inner, places) for inner in one.members)
    if one.match is Match.ANY:
        return lambda scene: any(test(scene) for test in tests)
    return lambda scene: all(test(scene) for test in tests)


def _condition_test(one: Condition, places: Places) -> Test:
    if one.fact in (Fact.WORDS, Fact.REGEX):
        number = places[one.fact, cast("tuple[str, ...]", one.value)]

        def test(scene: Scene) -> bool:
            return number in scene.found
    else:
        ask, value = ASK[one.fact], one.value

        def test(scene: Scene) -> bool:
            return ask(scene, value)

    if one.negated:
        return lambda scene: not test(scene)
    return test


def _is_only(scene: Scene, value: object) -> bool:
    rest = scene.text
    for kind in cast("tuple[str, ...]", value):
        rest = _ONLY[Only(kind)].sub(" ", rest)
    return not _BETWEEN.sub("", rest) and bool(_BETWEEN.sub("", scene.text))


def _post_says(scene: Scene, value: object) -> bool:
    about = f"{scene.facts.post_title or ''}\n{scene.facts.post_url or ''}".casefold()
    return any(part.casefold() in about for part in cast("tuple[str, ...]", value))


def _in_hours(scene: Scene, value: object) -> bool:
    at = scene.facts.said_at
    if at is None:
        return False
    return any((some := hours.read(one)) is not None and some.hold(at) for one in cast("tuple[str, ...]", value))


def _comment_kind(scene: Scene, value: object) -> bool:
    """A review or a mention is one wherever it stands; everything else answers a comment, or begins."""
    facts = scene.facts
    kind = CommentKind(facts.said_as) if facts.said_as else CommentKind.REPLY if facts.is_reply else CommentKind.COMMENT
    return kind in cast("tuple[str, ...]", value)


ASK: dict[Fact, Callable[[Scene, object], bool]] = {
    Fact.QUESTION: lambda scene, value: (QUESTION.search(scene.text) is not None) is value,
    Fact.ONLY: _is_only,
    Fact.LINKS: lambda scene, value: len(LINK.findall(scene.text)) >= cast("int", value),
    Fact.ATTACHED: lambda scene, value: (scene.facts.attached > 0) is value,
    Fact.LANGUAGES: lambda scene, value: scene.language in cast("tuple[str, ...]", value),
    Fact.PAGES: lambda scene, value: scene.facts.page_id in cast("tuple[int, ...]", value),
    Fact.CONNECTORS: lambda scene, value: scene.facts.connector in cast("tuple[str, ...]", value),
    Fact.CAMPAIGNS: lambda scene, value: scene.facts.campaign_id in cast("tuple[int, ...]", value),
    Fact.POSTS: _post_says,
    Fact.COMMENT_KINDS: _comment_kind,
    Fact.STARS: lambda scene, value: scene.facts.stars in cast("tuple[int, ...]", value),
    Fact.KNOWN: lambda scene, value: scene.facts.author_known is value,
    Fact.VIP: lambda scene, value: scene.facts.author_vip is value,
    Fact.STANCES: lambda scene, value: not scene.facts.stances.isdisjoint(cast("tuple[str, ...]", value)),
    Fact.OWED: lambda scene, value: scene.facts.remedy_open is value,
    Fact.EARLIER: lambda scene, value: scene.facts.earlier >= cast("int", value),
    Fact.HOURS: _in_hours,
    Fact.HELD: lambda scene, value: scene.facts.held_as_spam is value,
    Fact.KINDS: lambda scene, value: scene.facts.kind in cast("tuple[str, ...]", value),
    Fact.CONFIDENCE: lambda scene, value: (
        scene.facts.confidence is not None and scene.facts.confidence >= cast("float", value)
    ),
}
