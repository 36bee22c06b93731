"""Changes of the rules that corrections speak for, as drafts to be tried."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.learning.report import Proposal
from app.learning.types import NOBODY, SPAM
from app.routing import queries, versions
from app.routing.types import Actions, Condition, Fact, Group, Match, Rule


def draft(session: Session, actor: Actor, rule: str, team: str, word: str, now: datetime) -> int:
    """A draft in which what ``rule`` takes goes to ``team`` instead when it has ``word``; answer its id.

    A rule of its own does that, right before the one it is about. Raises InvalidInput, InvalidRules, Forbidden.
    """
    base = queries.in_force_id(session)
    found = versions.rules_of(session, base) if base else ()
    at = next((at for at, one in enumerate(found) if one.name == rule), None)
    if at is None:
        raise InvalidInput(_("This rule is no longer in force."))
    if team == NOBODY or not word.strip():
        raise InvalidInput(_("Nothing can be proposed for this."))
    then = Actions(spam=True) if team == SPAM else Actions(team=team, priority=found[at].then.priority)
    fresh = Rule(name=_name(rule, word), when=(Condition(Fact.WORDS, (word,)), *_all(found[at])), then=then)
    made = versions.draft(session, actor, base, now)
    versions.save_rules(session, actor, made, [*found[:at], fresh, *found[at:]], written=at + 1, revision=None, now=now)
    return made


def still_open(session: Session, found: Sequence[Proposal]) -> list[Proposal]:
    """Those about rules in force, where the proposed rule does not stand beside them already."""
    known = {rule.name for rule in queries.in_force_book(session)[1].rules}
    return [one for one in found if one.rule in known and _name(one.rule, one.word or "") not in known]


def _name(rule: str, word: str) -> str:
    return f"{rule}: {word}"[:120]


def _all(rule: Rule) -> tuple[Condition | Group, ...]:
    """The rule's conditions, of which all must hold. Raises InvalidInput where that can't be said."""
    if rule.match is Match.ALL or len(rule.when) == 1:
        return rule.when
    single = tuple(one for one in rule.when if isinstance(one, Condition))
    if len(single) != len(rule.when):
        raise InvalidInput(_("This rule has groups; change it by hand."))
    return (Group(Match.ANY, single),)
