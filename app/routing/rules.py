"""Which team a conversation goes to: the first rule that matches decides, and says which words it saw.

``compiled`` puts a set of rules into a form that costs about the same for one rule and for a hundred: all words are
found in one walk through the text, all regular expressions by one automaton that takes time linear in the text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import re2

from app.core import hours
from app.inbox.types import Facts, Priority
from app.routing import facts as known_facts
from app.routing.types import CommentKind, Condition, Fact, Group, Hit, Match, Only, Rule, Verdict
from app.routing.words import WordIndex, normal, spans, tokens

LOOKED_AT = 20_000
"""Characters of a conversation that rules look at; what is said after that changes nothing."""
MATCHED_MAXIMUM = 5
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_QUESTION = re.compile("[?\uff1f\u061f]")
_ONLY = {
    Only.LINKS: _LINK,
    Only.MENTIONS: re.compile(r"@\w[\w.@-]*"),
    Only.EMOJI: re.compile(
        "[\u00a9\u00ae\u200d\u203c\u2049\u20e3\u2122-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]+"
    ),
}
_BETWEEN = re.compile(r"[\s.,!…]+")


class Scene:
    """A conversation as rules see it."""

    __slots__ = ("facts", "found", "language", "said", "text")

    def __init__(self, facts: Facts, language: str | None, book: "RuleBook") -> None:
        self.facts = facts
        self.language = language
        self.text = normal("\n".join(facts.texts)[:LOOKED_AT])
        self.said = tokens(self.text)
        self.found = book.words.find(self.said) | book.patterns.find(self.text)


Test = Callable[[Scene], bool]


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that would have matched but for one condition, its ``place`` th."""

    rule: Rule
    failing: Condition | Group
    place: int


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A set of rules, ready to decide."""

    rules: tuple[Rule, ...]
    needs: frozenset[Fact]
    """What any of the rules asks about."""
    tests: tuple[tuple[Rule, tuple[Test, ...]], ...] = field(repr=False)
    words: WordIndex = field(repr=False)
    patterns: "Patterns" = field(repr=False)


class Patterns:
    """Regular expressions of many conditions, looked for at once. Its numbers go on where ``first`` says."""

    def __init__(self, first: int, lists: Sequence[Sequence[str]]) -> None:
        self._owner = [number for number, some in enumerate(lists, first) for _one in some]
        self._all = [one for some in lists for one in some]
        self._set = None
        if self._all:
            options = known_facts.options()
            options.max_mem = 64 << 20
            self._set = re2.Set.SearchSet(options)
            for one in self._all:
                self._set.Add(one)
            # Fits anything: where it is missing from an answer, the automaton ran out of memory.
            self._set.Add("")
            self._set.Compile()

    def find(self, text: str) -> set[int]:
        if self._set is None:
            return set()
        seen = self._set.Match(text)
        if len(self._all) in seen:
            return {self._owner[one] for one in seen if one < len(self._all)}
        return {
            owner
            for owner, one in zip(self._owner, self._all, strict=True)
            if known_facts.pattern(one).search(text) is not None
        }


def compiled(rules: Sequence[Rule]) -> RuleBook:
    """Rules in the form that decides; worth keeping."""
    conditions = [one for rule in rules for one in _flat(rule.when)]
    word_lists = _lists(conditions, Fact.WORDS)
    pattern_lists = _lists(conditions, Fact.REGEX)
    places = {
        (fact, some): number
        for number, (fact, some) in enumerate(
            [*((Fact.WORDS, some) for some in word_lists), *((Fact.REGEX, some) for some in pattern_lists)]
        )
    }
    return RuleBook(
        rules=tuple(rules),
        needs=frozenset(one.fact for one in conditions),
        tests=tuple((rule, tuple(_member_test(one, places) for one in rule.when)) for rule in rules),
        words=WordIndex(word_lists),
        patterns=Patterns(len(word_lists), pattern_lists),
    )


def _flat(members: Sequence[Condition | Group]) -> Iterator[Condition]:
    for one in members:
        if isinstance(one, Group):
            yield from one.members
        else:
            yield one


def _lists(conditions: Sequence[Condition], fact: Fact) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(cast("tuple[str, ...]", one.value) for one in conditions if one.fact is fact))


_Places = dict[tuple[Fact, tuple[str, ...]], int]


def _member_test(one: Condition | Group, places: _Places) -> Test:
    if isinstance(one, Condition):
        return _condition_test(one, places)
    tests = tuple(_condition_test(inner, places) for inner in one.members)
    if one.match is Match.ANY:
        return lambda scene: any(test(scene) for test in tests)
    return lambda scene: all(test(scene) for test in tests)


def _condition_test(one: Condition, places: _Places) -> Test:
    if one.fact in (Fact.WORDS, Fact.REGEX):
        number = places[one.fact, cast("tuple[str, ...]", one.value)]

        def test(scene: Scene) -> bool:
            return number in scene.found
    else:
        ask, value = _ASK[one.fact], one.value

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


_ASK: dict[Fact, Callable[[Scene, object], bool]] = {
    Fact.QUESTION: lambda scene, value: (_QUESTION.search(scene.text) is not None) is value,
    Fact.ONLY: _is_only,
    Fact.LINKS: lambda scene, value: len(_LINK.findall(scene.text)) >= cast("int", value),
    Fact.LANGUAGES: lambda scene, value: scene.language in cast("tuple[str, ...]", value),
    Fact.PAGES: lambda scene, value: scene.facts.page_id in cast("tuple[int, ...]", value),
    Fact.CONNECTORS: lambda scene, value: scene.facts.connector in cast("tuple[str, ...]", value),
    Fact.CAMPAIGNS: lambda scene, value: scene.facts.campaign_id in cast("tuple[int, ...]", value),
    Fact.POSTS: _post_says,
    Fact.COMMENT_KINDS: lambda scene, value: (
        (CommentKind.REPLY if scene.facts.is_reply else CommentKind.COMMENT) in cast("tuple[str, ...]", value)
    ),
    Fact.KNOWN: lambda scene, value: scene.facts.author_known is value,
    Fact.VIP: lambda scene, value: scene.facts.author_vip is value,
    Fact.OWED: lambda scene, value: scene.facts.remedy_open is value,
    Fact.EARLIER: lambda scene, value: scene.facts.earlier >= cast("int", value),
    Fact.HOURS: _in_hours,
    Fact.HELD: lambda scene, value: scene.facts.held_as_spam is value,
    Fact.KINDS: lambda scene, value: scene.facts.kind in cast("tuple[str, ...]", value),
    Fact.CONFIDENCE: lambda scene, value: (
        scene.facts.confidence is not None and scene.facts.confidence >= cast("float", value)
    ),
}


def decide(book: RuleBook, facts: Facts, language: str | None) -> Verdict:
    """The verdict on a conversation in ``language`` (ISO 639-1; None when nobody can tell)."""
    return _verdict(matching(book, scene := Scene(facts, language, book)), scene)


def matching(book: RuleBook, scene: Scene) -> list[Rule]:
    """The rules that take a conversation, in order: up to the first that does not go on."""
    found = []
    for rule, tests in book.tests:
        if rule.match is Match.ALL:
            for test in tests:
                if not test(scene):
                    break
            else:
                found.append(rule)
                if not rule.goes_on:
                    break
        elif any(test(scene) for test in tests):
            found.append(rule)
            if not rule.goes_on:
                break
    return found


def _verdict(found: Sequence[Rule], scene: Scene) -> Verdict:
    """What all of them say together: what an earlier one said stands."""
    if not found:
        return Verdict(None, Priority.NORMAL, spam=False, rule=None, matched=())
    hits = tuple(Hit(rule.name, words_seen(rule, scene)) for rule in found)
    placing = next((n for n, rule in enumerate(found) if rule.then.team or rule.then.spam), 0)
    spam = found[placing].then.spam
    said = [rule.then for rule in found]
    return Verdict(
        team=None if spam else found[placing].then.team,
        priority=next((one.priority for one in said if one.priority), Priority.NORMAL),
        spam=spam,
        rule=hits[placing].rule,
        matched=hits[placing].words,
        assignee=None if spam else next((one.assignee for one in said if one.assignee), None),
        tags=tuple(dict.fromkeys(tag for one in said for tag in one.tags)),
        notify=tuple(dict.fromkeys(login for one in said for login in one.notify)),
        hide=any(one.hide for one in said),
        resolve=not spam and any(one.resolve for one in said),
        reply=None if spam else next((one.reply for one in said if one.reply), None),
        hits=hits,
    )


def words_seen(rule: Rule, scene: Scene) -> tuple[str, ...]:
    """A few of the words a rule saw, in lower case."""
    said = (scene.text[begin:end].casefold() for begin, end in _spots(rule, scene.text, scene.said))
    return tuple(dict.fromkeys(said))[:MATCHED_MAXIMUM]


def seen(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Where a text (as ``words.normal`` leaves it) holds words and expressions that the rule asks for."""
    return _spots(rule, text, tokens(text))


def _spots(rule: Rule, text: str, said: Sequence[str]) -> list[tuple[int, int]]:
    asked = [one for one in _flat(rule.when) if not one.negated]
    words = [word for one in asked if one.fact is Fact.WORDS for word in cast("tuple[str, ...]", one.value)]
    found = spans(text, said, words) if words else []
    for one in asked:
        if one.fact is Fact.REGEX:
            for pattern in cast("tuple[str, ...]", one.value):
                places = known_facts.pattern(pattern).finditer(text)
                found += [hit.span() for hit in places if hit.start() < hit.end()]
        elif one.fact is Fact.LINKS:
            found += [hit.span() for hit in _LINK.finditer(text)]
        elif one.fact is Fact.QUESTION and one.value:
            found += [hit.span() for hit in _QUESTION.finditer(text)]
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


def nearly(book: RuleBook, scene: Scene, limit: int = 5) -> list[Near]:
    """Rules of several conditions, all of which must hold, that lacked just one; and one that held says something
    about this conversation, rather than what it is not or who its person is."""
    found = []
    for rule, tests in book.tests:
        if rule.match is Match.ALL and len(tests) > 1:
            failing = [n for n, test in enumerate(tests) if not test(scene)]
            held = [one for n, one in enumerate(rule.when) if n not in failing]
            if len(failing) == 1 and any(map(_tells, held)):
                found.append(Near(rule, rule.when[failing[0]], failing[0] + 1))
    return found[:limit]


def _tells(one: Condition | Group) -> bool:
    """Whether a condition that holds singles a conversation out."""
    if isinstance(one, Group):
        return any(map(_tells, one.members))
    return one.fact not in (Fact.KNOWN, Fact.VIP, Fact.OWED, Fact.HELD, Fact.COMMENT_KINDS) and not one.negated
