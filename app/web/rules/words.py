"""Rules in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel.numbers import format_percent

from app.core.i18n import gettext as _
from app.core.i18n import lazy, locale, ngettext
from app.inbox.types import Priority
from app.learning.types import Kind
from app.outreach.types import ENTERED
from app.routing.facts import MOST_STARS
from app.routing.queries import VersionEvent
from app.routing.types import (
    CommentKind,
    Condition,
    Fact,
    Group,
    Match,
    Rule,
    RuleSetEventKind,
    RuleSetState,
    TrialState,
)
from app.web.present import names, outreach
from app.web.present.word import Word

FEW = 6


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers and keys stand for."""

    teams: Mapping[str, str]
    pages: Mapping[int, str]
    campaigns: Mapping[int, str]
    people: Mapping[str, str]
    connectors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A condition as a sentence; ``values`` is what the sentence only counts."""

    text: str
    values: tuple[str, ...] = ()
    inner: tuple["Line", ...] = ()


@dataclass(frozen=True, slots=True)
class RuleInWords:
    name: str
    note: str
    any_of: bool
    """One of the conditions is enough."""
    conditions: tuple[Line, ...]
    does: tuple[str, ...]
    spam: bool
    high: bool
    goes_on: bool


def rule(one: Rule, known: Names) -> RuleInWords:
    """A rule for people."""
    return RuleInWords(
        name=names.shown(one.name),
        note=one.note,
        any_of=one.match is Match.ANY and len(one.when) > 1,
        conditions=tuple(line(part, known) for part in one.when),
        does=tuple(_does(one, known)),
        spam=one.then.spam,
        high=one.then.priority is Priority.HIGH,
        goes_on=one.goes_on,
    )


def _does(one: Rule, known: Names) -> list[str]:
    then = one.then
    found = []
    if then.team:
        found.append(names.shown(known.teams.get(then.team, then.team)))
    if then.assignee:
        found.append(_("for %(who)s", who=known.people.get(then.assignee, then.assignee)))
    if then.skills:
        found.append(_("for somebody with: %(skills)s", skills=", ".join(then.skills)))
    if then.snooze:
        found.append(ngettext("put off for %(num)s hour", "put off for %(num)s hours", then.snooze))
    found += [_("tells %(who)s", who=known.people.get(login, login)) for login in then.notify]
    if then.reply:
        found.append(_("prepares the answer /%(shortcut)s", shortcut=then.reply))
    if then.hide:
        found.append(_("hidden at the page"))
    if then.resolve:
        found.append(_("done at once"))
    return [*found, *(f"#{tag}" for tag in then.tags)]


def line(one: Condition | Group, known: Names) -> Line:
    """A condition, or a group of them."""
    if isinstance(one, Group):
        text = _("One of these holds:") if one.match is Match.ANY else _("All of these hold:")
        return Line(text, inner=tuple(line(inner, known) for inner in one.members))
    return _condition(one, known)


def _condition(one: Condition, known: Names) -> Line:
    if isinstance(one.value, bool):
        yes, no = _YES_NO[one.fact]
        return Line(_(yes) if one.value else _(no))
    if one.fact in (Fact.LINKS, Fact.EARLIER):
        return Line(_counted(one))
    if isinstance(one.value, float | int):
        share = format_percent(one.value, locale=locale())
        sure = _("The classifier is at least %(share)s sure.", share=share)
        unsure = _("The classifier is less than %(share)s sure.", share=share)
        return Line(unsure if one.negated else sure)
    values = tuple(value_name(one.fact, value, known) for value in one.value)
    if one.fact in (Fact.WORDS, Fact.REGEX):
        return Line(_listed(one, len(values)), values)
    is_so, is_not = _LISTS[one.fact]
    shown = ", ".join(values[:FEW]) + ("…" if len(values) > FEW else "")
    return Line(_(is_not if one.negated else is_so, values=shown))


def _counted(one: Condition) -> str:
    number = int(one.value) if isinstance(one.value, int) else 0
    if one.fact is Fact.LINKS:
        if one.negated:
            return ngettext("It has fewer than %(num)s link.", "It has fewer than %(num)s links.", number)
        return ngettext("It has at least %(num)s link.", "It has at least %(num)s links.", number)
    if one.negated:
        return ngettext(
            "We had fewer than %(num)s conversation with them.",
            "We had fewer than %(num)s conversations with them.",
            number,
        )
    return ngettext(
        "We had at least %(num)s conversation with them.", "We had at least %(num)s conversations with them.", number
    )


def _listed(one: Condition, number: int) -> str:
    if one.fact is Fact.WORDS:
        if one.negated:
            return ngettext("It does not say a certain word", "It says none of %(num)s words", number)
        return ngettext("It says a certain word", "It says any of %(num)s words", number)
    if one.negated:
        return ngettext("It does not fit an expression", "It fits none of %(num)s expressions", number)
    return ngettext("It fits an expression", "It fits any of %(num)s expressions", number)


def value_name(fact: Fact, value: str | int, known: Names) -> str:
    """One of a condition's values, for people."""
    match fact:
        case Fact.PAGES:
            return _named(known.pages, value)
        case Fact.CAMPAIGNS:
            return _named(known.campaigns, value)
        case Fact.LANGUAGES:
            return str(locale().languages.get(str(value), value))
        case Fact.CONNECTORS:
            return known.connectors.get(str(value), str(value))
        case Fact.ONLY | Fact.COMMENT_KINDS | Fact.STARS | Fact.STANCES | Fact.KINDS:
            return choices(fact).get(str(value), str(value))
    return str(value)


def _named(names: Mapping[int, str], value: str | int) -> str:
    """What a number stands for; what somebody sent instead of one, as it is."""
    return next((name for number, name in names.items() if str(number) == str(value)), f"#{value}")


def choices(fact: Fact) -> dict[str, str]:
    """What can be ticked for a condition that has a few fixed values."""
    match fact:
        case Fact.ONLY:
            return {"mentions": _("mentions"), "emoji": _("emoji"), "links": _("links")}
        case Fact.COMMENT_KINDS:
            return {
                CommentKind.COMMENT: _("a comment of its own"),
                CommentKind.REPLY: _("an answer to another comment"),
                CommentKind.MENTION: _("a mention elsewhere"),
                CommentKind.REVIEW: _("a review"),
            }
        case Fact.STARS:
            return {str(n): ngettext("%(num)s star", "%(num)s stars", n) for n in range(1, MOST_STARS + 1)}
        case Fact.STANCES:
            return {stance.value: outreach.stance(stance).text for stance in ENTERED}
        case Fact.KINDS:
            return {
                Kind.COMPLAINT: _("complaint"),
                Kind.PRAISE: _("praise"),
                Kind.QUESTION: _("question or suggestion"),
                Kind.HELP: _("help request"),
                Kind.CHATTER: _("chatter"),
                Kind.SPAM: _("spam"),
                Kind.OFF_TOPIC: _("off-topic"),
            }
    return {}


def version_event(one: VersionEvent) -> str:
    """A step in a version's life."""
    who = one.actor or _("Somebody at the command line")
    return {
        RuleSetEventKind.CREATED: _("%(who)s began it.", who=who),
        RuleSetEventKind.CHANGED: _("%(who)s changed it.", who=who),
        RuleSetEventKind.TRIED: _("It was tried for %(who)s.", who=who),
        RuleSetEventKind.PROPOSED: _("%(who)s proposed it; it takes a second person.", who=who),
        RuleSetEventKind.REFUSED: _("%(who)s did not agree.", who=who),
        RuleSetEventKind.APPROVED: _("%(who)s agreed.", who=who),
        RuleSetEventKind.PUBLISHED: _("%(who)s put it in force.", who=who),
        RuleSetEventKind.REPLACED: _("%(who)s put version %(n)s in its place.", who=who, n=one.data.get("by", "?")),
        RuleSetEventKind.ROLLED_BACK: _("%(who)s went back to version %(n)s.", who=who, n=one.data.get("to", "?")),
        RuleSetEventKind.RESTORED: _("%(who)s came back to it.", who=who),
        RuleSetEventKind.DISCARDED: _("%(who)s put it away.", who=who),
    }[one.kind]


def version_state(state: RuleSetState) -> Word:
    """Where a version stands."""
    return {
        RuleSetState.DRAFT: Word(_("Draft"), "pencil"),
        RuleSetState.PROPOSED: Word(_("Waits for a second person"), "hourglass", "attention"),
        RuleSetState.PUBLISHED: Word(_("In force"), "circle-check", "good"),
        RuleSetState.REPLACED: Word(_("Was in force"), "history"),
        RuleSetState.ROLLED_BACK: Word(_("Taken back"), "rotate-ccw"),
        RuleSetState.DISCARDED: Word(_("Put away"), "trash-2"),
    }[state]


def trial_state(state: TrialState) -> Word:
    """How far a trial is."""
    return {
        TrialState.WAITING: Word(_("Begins soon"), "hourglass"),
        TrialState.RUNNING: Word(_("Under way"), "loader-circle"),
        TrialState.DONE: Word(_("Done"), "circle-check", "good"),
        TrialState.FAILED: Word(_("Failed"), "triangle-alert", "bad"),
        TrialState.STOPPED: Word(_("Stopped"), "ban"),
    }[state]


def fact_name(fact: Fact) -> str:
    """What a condition asks about, for a list to choose from."""
    return {
        Fact.WORDS: _("Words in the text"),
        Fact.REGEX: _("Regular expressions in the text"),
        Fact.QUESTION: _("Asks a question"),
        Fact.ONLY: _("Nothing but mentions, emoji or links"),
        Fact.LINKS: _("Number of links"),
        Fact.ATTACHED: _("A picture or film came along"),
        Fact.LANGUAGES: _("Language"),
        Fact.PAGES: _("Page"),
        Fact.CONNECTORS: _("Kind of page"),
        Fact.CAMPAIGNS: _("Campaign"),
        Fact.POSTS: _("Post"),
        Fact.COMMENT_KINDS: _("Comment, answer, mention or review"),
        Fact.STARS: _("Stars of a review"),
        Fact.KNOWN: _("Met before"),
        Fact.VIP: _("Marked as VIP"),
        Fact.STANCES: _("How a department stands towards them"),
        Fact.OWED: _("A remedy is under way"),
        Fact.EARLIER: _("Number of earlier conversations"),
        Fact.HOURS: _("Hours of the week"),
        Fact.HELD: _("Held for spam by the page"),
        Fact.KINDS: _("What the classifier takes it for"),
        Fact.CONFIDENCE: _("How sure the classifier is"),
    }[fact]


_YES_NO: dict[Fact, tuple[str, str]] = {
    Fact.QUESTION: (lazy("It asks a question."), lazy("It asks no question.")),
    Fact.ATTACHED: (lazy("A picture or film came along."), lazy("No picture or film came along.")),
    Fact.KNOWN: (lazy("We have met the person before."), lazy("We have not met the person before.")),
    Fact.VIP: (lazy("The person is marked as VIP."), lazy("The person is not marked as VIP.")),
    Fact.OWED: (lazy("A remedy for the person is under way."), lazy("No remedy for the person is under way.")),
    Fact.HELD: (lazy("The page itself holds it for spam."), lazy("The page itself does not hold it for spam.")),
}
_LISTS: dict[Fact, tuple[str, str]] = {
    Fact.ONLY: (lazy("It is nothing but: %(values)s."), lazy("It is more than just: %(values)s.")),
    Fact.LANGUAGES: (lazy("It is written in %(values)s."), lazy("It is not written in %(values)s.")),
    Fact.PAGES: (lazy("It stands on %(values)s."), lazy("It does not stand on %(values)s.")),
    Fact.CONNECTORS: (lazy("The page is a %(values)s."), lazy("The page is no %(values)s.")),
    Fact.CAMPAIGNS: (lazy("It belongs to %(values)s."), lazy("It does not belong to %(values)s.")),
    Fact.POSTS: (
        lazy("The post’s title or address has: %(values)s."),
        lazy("The post’s title or address lacks: %(values)s."),
    ),
    Fact.COMMENT_KINDS: (lazy("It is %(values)s."), lazy("It is not %(values)s.")),
    Fact.STARS: (lazy("It gives %(values)s."), lazy("It does not give %(values)s.")),
    Fact.STANCES: (
        lazy("A department’s stance towards them is: %(values)s."),
        lazy("No department’s stance towards them is: %(values)s."),
    ),
    Fact.HOURS: (lazy("It was written within: %(values)s."), lazy("It was written outside: %(values)s.")),
    Fact.KINDS: (
        lazy("The classifier takes it for: %(values)s."),
        lazy("The classifier does not take it for: %(values)s."),
    ),
}
