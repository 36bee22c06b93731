"""What happened to a conversation, in words: what people and Porchlight did, and how it came where it is."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from babel.numbers import format_percent
from markupsafe import escape

from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.inbox.types import EventKind
from app.inbox.views import EventView
from app.learning.types import NOBODY, SPAM
from app.outbox.types import Act
from app.pages.words import advice
from app.routing.queries import Explanation
from app.routing.types import Cause, DecidedBy, WhatModelThought
from app.web.present import names, remedies, times, words
from app.web.present.word import Word

_WHO = {
    EventKind.GIVEN_OUT: "to",
    EventKind.GIVEN_BACK: "from",
    EventKind.NOT_IN_TIME: "from",
    EventKind.INHERITED: "to",
    EventKind.KEPT: "to",
    EventKind.IDENTIFIED: "name",
}
"""Where nobody acted, the person it is about."""


def event(one: EventView) -> Word:
    """What happened to a conversation, as one line."""
    data = {key: str(value) for key, value in one.data.items()}
    who = one.actor or data.get(_WHO.get(one.kind, ""), _("Porchlight"))
    match one.kind:
        case EventKind.HANDED_OVER:
            return Word(
                _(
                    "%(who)s handed it from %(before)s to %(after)s.",
                    who=who,
                    before=names.shown(data.get("from", "?")),
                    after=names.shown(data.get("to", "?")),
                ),
                "arrow-right-left",
            )
        case EventKind.TAKEN if data.get("from"):
            return Word(_("%(who)s took it over from %(before)s.", who=who, before=data["from"]), "hand")
        case EventKind.ASSIGNED:
            return Word(_("%(who)s gave it to %(to)s.", who=who, to=data.get("to", "?")), "user-check")
        case EventKind.REPLY_FAILED if data.get("code"):
            return Word(
                _("Not carried out at the page: %(why)s", why=advice(data["code"]).what), "triangle-alert", "bad"
            )
        case EventKind.TAGGED | EventKind.UNTAGGED | EventKind.UNDONE | EventKind.HELD | EventKind.PUT_OFF:
            return _frame_event(one.kind, who, data)
        case EventKind.REMEDY | EventKind.APPROVED | EventKind.REFUSED:
            return remedies.event(one, who) if one.kind is EventKind.REMEDY else _decision(one.kind, who, data)
        case EventKind.MODERATED:
            return Word(_("%(who)s: %(act)s.", who=who, act=words.moderation(Act(data["act"])).text), "shield-check")
    return _plain_event(one.kind, who)


def _frame_event(kind: EventKind, who: str, data: Mapping[str, str]) -> Word:
    if kind is EventKind.PUT_OFF:
        when = times.tag(datetime.fromisoformat(data["until"]), "moment", times.present())
        return Word(escape(_("%(who)s put it off until %(when)s.")) % {"who": who, "when": when}, "clock")
    if kind is EventKind.UNDONE:
        return Word(_("%(who)s took it back: %(what)s.", who=who, what=deed(EventKind(data["what"]))), "undo-2")
    if kind is EventKind.HELD:
        text = _("The answer of %(who)s is held: it contradicts what %(teams)s does.", who=who, teams=data["teams"])
        return Word(text, "handshake")
    if kind is EventKind.TAGGED:
        return Word(_("%(who)s put on: %(tags)s.", who=who, tags=data["tags"]), "tag")
    return Word(_("%(who)s took off: %(tags)s.", who=who, tags=data["tags"]), "tag")


def _decision(kind: EventKind, who: str, data: dict[str, str]) -> Word:
    if kind is EventKind.REFUSED:
        return Word(_("%(who)s sent an answer back: “%(why)s”", who=who, why=data.get("why", "")), "undo-2")
    author = data.get("author", "?")
    return Word(_("%(who)s approved the answer of %(author)s.", who=who, author=author), "check-check")


def _plain_event(kind: EventKind, who: str) -> Word:
    return {
        EventKind.TAKEN: Word(_("%(who)s took it.", who=who), "hand"),
        EventKind.RELEASED: Word(_("%(who)s put it back for anyone to take.", who=who), "user-x"),
        EventKind.RESOLVED: Word(_("%(who)s marked it as done.", who=who), "check"),
        EventKind.REOPENED: Word(_("%(who)s opened it again.", who=who), "rotate-ccw"),
        EventKind.WOKE: Word(_("It was put off until now."), "clock"),
        EventKind.SPAM: Word(_("%(who)s set it aside as spam.", who=who), "shield-alert"),
        EventKind.NOT_SPAM: Word(_("%(who)s said it is not spam.", who=who), "shield-check"),
        EventKind.APPROVAL_ASKED: Word(_("%(who)s asked for approval of an answer.", who=who), "hourglass"),
        EventKind.WITHDRAWN: Word(_("%(who)s took an answer back that waited for approval.", who=who), "undo-2"),
        EventKind.REPLY_UNDONE: Word(_("%(who)s took the reply back before it left.", who=who), "undo-2"),
        EventKind.REPLY_FAILED: Word(_("Something could not be carried out at the page."), "triangle-alert", "bad"),
        EventKind.REPLY_UNCLEAR: Word(_("Nobody can tell whether a reply arrived."), "triangle-alert", "attention"),
        EventKind.GIVEN_OUT: Word(_("Given to %(who)s, whose turn it was.", who=who), "user-check"),
        EventKind.INHERITED: Word(
            _("Given to %(who)s, who inherited what people write under this campaign’s posts.", who=who), "user-check"
        ),
        EventKind.KEPT: Word(_("Given to %(who)s, who looks after this page: nobody took it.", who=who), "user-check"),
        EventKind.GIVEN_BACK: Word(_("Back for anyone to take: %(who)s is not there.", who=who), "user-x"),
        EventKind.NOT_IN_TIME: Word(_("Back for anyone to take: %(who)s did not answer in time.", who=who), "user-x"),
        EventKind.IDENTIFIED: Word(_("The page now says that %(who)s wrote this.", who=who), "user"),
        EventKind.VANISHED: Word(_("Everything they wrote was taken down at the page."), "eye-off"),
    }[kind]


def deed(kind: EventKind) -> str:
    """What somebody did, as a noun."""
    return {
        EventKind.TAKEN: _("taking it"),
        EventKind.ASSIGNED: _("giving it to somebody"),
        EventKind.RELEASED: _("putting it back"),
        EventKind.HANDED_OVER: _("handing it over"),
        EventKind.RESOLVED: _("marking it as done"),
        EventKind.REOPENED: _("opening it again"),
        EventKind.PUT_OFF: _("putting it off"),
        EventKind.SPAM: _("setting it aside as spam"),
        EventKind.NOT_SPAM: _("saying that it is not spam"),
        EventKind.TAGGED: _("a tag"),
        EventKind.UNTAGGED: _("taking a tag off"),
        EventKind.NOTED: _("a note"),
    }[kind]


def why(step: Explanation) -> str:
    """One step of how a conversation came to its team."""
    team = names.shown(step.team_name)
    if step.decided_by is DecidedBy.PERSON:
        return _("%(who)s handed it to %(team)s.", who=step.actor or "?", team=team)
    if step.decided_by is DecidedBy.OWNER:
        stays = _(
            "Stays with %(who)s (%(team)s), who has another open conversation of this person.",
            who=step.stays_with or "?",
            team=team,
        )
        return " ".join([stays, *_besides(step)])
    if step.decided_by is DecidedBy.MODEL and step.opinion:
        share = format_percent(step.opinion.confidence, locale=i18n.locale())
        if step.spam:
            return _("Set aside as spam: the model is %(share)s sure.", share=share)
        routed = _("Routed to %(team)s: the model is %(share)s sure.", team=team, share=share)
        return " ".join([routed, *_besides(step)])
    return " ".join([_by_rule(step, team), *_besides(step)])


def _by_rule(step: Explanation, team: str) -> str:
    """What rules made of it, or that none did."""
    rule = names.shown(step.rule or "?")
    said = ", ".join(_("“%(word)s”", word=one) for one in step.matched[:5])
    if not step.rule and not step.spam:
        text = _("No rule took it, so it went to the page’s own team, %(team)s.", team=team)
        return f"{text} {leads(step.opinion)}" if step.opinion and not step.opinion.untold else text
    if step.page_team:
        text = _(
            "The rule “%(rule)s” matched and names no team, so it went to the page’s own, %(team)s",
            rule=rule,
            team=team,
        )
        return _("%(decision)s. It saw %(words)s.", decision=text, words=said) if said else f"{text}."
    if step.spam:
        text = _("Set aside as spam by the rule “%(rule)s”", rule=rule)
    else:
        text = _("Routed to %(team)s by the rule “%(rule)s”", team=team, rule=rule)
    return _("%(decision)s, because of %(words)s.", decision=text, words=said) if said else f"{text}."


def leads(opinion: WhatModelThought) -> str:
    """Where the model would have sent it."""
    share = format_percent(opinion.confidence, locale=i18n.locale())
    if opinion.team == SPAM:
        return _("It looks like spam (%(share)s sure).", share=share)
    if opinion.team == NOBODY:
        return _("It looks as if it were not about us (%(share)s sure).", share=share)
    return _("It looks like something for %(team)s (%(share)s sure).", team=team_of(opinion.team), share=share)


def team_of(key: str) -> str:
    """A team's name, from its key, where nobody looked it up: those from the start in the reader's language."""
    return {"customer_service": _("Customer service"), "marketing": _("Marketing")}.get(key, key)


def _besides(step: Explanation) -> Iterator[str]:
    """What else rules did in that step, and why it was taken anew."""
    if step.cause is not None:
        yield _anew(step.cause)
    if step.opinion and step.opinion.remedy:
        yield _("The person seems to want money back or a new one.")
    if step.reply:
        yield _("An answer was prepared: /%(shortcut)s.", shortcut=step.reply)
    if step.skills:
        yield _("It asks for somebody with: %(skills)s.", skills=", ".join(step.skills))
    if step.snooze:
        yield ngettext("Put off for %(num)s hour.", "Put off for %(num)s hours.", step.snooze)
    if step.resolve:
        yield _("Done at once.")
    if step.hide:
        yield _("Hidden at the page.")
    if step.also:
        yield _("Also matched: %(rules)s.", rules=", ".join(names.shown(hit.rule) for hit in step.also))


def _anew(cause: Cause) -> str:
    return {
        Cause.EDITED: _("Judged anew, as the text was edited."),
        Cause.HELD: _("Judged anew, as the page changed its mind about spam."),
        Cause.REMEDY: _("Judged anew, as a remedy for the person was begun or finished."),
        Cause.AUTHOR: _("Judged anew, as we learned more about the person."),
    }[cause]
