"""Which team a conversation goes to: the first rule that matches decides, and says which words it saw."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.inbox.arrivals import Facts
from app.inbox.types import Priority
from app.routing.book import RuleBook
from app.routing.scene import Scene
from app.routing.spots import words_seen
from app.routing.types import Condition, Fact, Group, Hit, Match, Rule, Verdict

_TELL_LITTLE = (Fact.KNOWN, Fact.VIP, Fact.OWED, Fact.HELD, Fact.COMMENT_KINDS)


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that would have matched but for one condition, its ``place`` th."""

    rule: Rule
    failing: Condition | Group
    place: int


def decide(book: RuleBook, facts: Facts, language: str | None) -> Verdict:
    """The verdict on a conversation in ``language`` (ISO 639-1; None when nobody can tell)."""
    return _verdict(matching(book, scene := book.scene(facts, language)), scene)


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
    resolve = not spam and any(one.resolve for one in said)
    return Verdict(
        team=None if spam else found[placing].then.team,
        priority=next((one.priority for one in said if one.priority), Priority.NORMAL),
        spam=spam,
        rule=hits[placing].rule,
        matched=hits[placing].words,
        assignee=None if spam else next((one.assignee for one in said if one.assignee), None),
        skills=() if spam else tuple(dict.fromkeys(skill for one in said for skill in one.skills)),
        tags=tuple(dict.fromkeys(tag for one in said for tag in one.tags)),
        notify=tuple(dict.fromkeys(login for one in said for login in one.notify)),
        hide=any(one.hide for one in said),
        resolve=resolve,
        snooze=None if spam or resolve else next((one.snooze for one in said if one.snooze), None),
        reply=None if spam else next((one.reply for one in said if one.reply), None),
        hits=hits,
    )


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
    return one.fact not in _TELL_LITTLE and not one.negated
