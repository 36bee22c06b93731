"""The words for what people are told, in the language in force.

Customers' own words are never part of them: mails and chat messages leave the house, names and places say enough.
"""

from datetime import date, datetime

from babel.dates import format_date

from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import lazy, ngettext
from app.notifications.types import Event, Told
from app.pages.words import advice
from app.remedies import money
from app.reviews import rules as review_rules
from app.reviews import words as review_words

TITLES: dict[Event, tuple[str, str]] = {
    Event.ASSIGNED: (lazy("A conversation is given to me"), ""),
    Event.TAKEN_OVER: (lazy("A conversation is taken over from me"), ""),
    Event.MENTIONED: (lazy("A note mentions me"), ""),
    Event.WOKE: (lazy("Something I put off is back"), ""),
    Event.REPLY_FAILED: (lazy("My reply could not be sent"), lazy("A reply could not be sent")),
    Event.REPLY_UNCLEAR: (
        lazy("Nobody can tell whether my reply arrived"),
        lazy("Nobody can tell whether a reply arrived"),
    ),
    Event.APPROVAL_WANTED: (lazy("A reply waits for my approval"), lazy("A reply waits for approval")),
    Event.APPROVAL_DECIDED: (lazy("My reply was approved or not"), ""),
    Event.REMEDY_WANTED: (lazy("A remedy waits for my signature"), lazy("A remedy waits for a signature")),
    Event.REMEDY_DECIDED: (lazy("What came of a remedy I asked for"), ""),
    Event.REMEDY_LATE: (lazy("A remedy is overdue"), lazy("A remedy is overdue")),
    Event.FOLLOW_UP_DUE: (lazy("Something I promised is due"), ""),
    Event.PAGE_STOPPED: (lazy("A page can’t be read any more"), lazy("A page can’t be read any more")),
    Event.SIGN_IN_ENDS: (
        lazy("A page has to be signed in to again soon"),
        lazy("A page has to be signed in to again soon"),
    ),
    Event.POST_WANTED: (lazy("A post waits for my approval"), lazy("A post waits for approval")),
    Event.POST_DECIDED: (lazy("My post was approved or not"), ""),
    Event.POST_FAILED: (lazy("My post could not be published"), lazy("A post could not be published")),
    Event.POST_UNCLEAR: (lazy("Nobody can tell whether my post stands there"), ""),
    Event.ACT_HELD: (lazy("Two departments contradict each other, and one is mine"), ""),
    Event.HELD_SAID: (lazy("Somebody wrote to me about what is held"), ""),
    Event.HELD_SETTLED: (lazy("What was held is settled"), ""),
    Event.HANDED_OVER: (lazy("A closed campaign leaves something to me"), ""),
    Event.CAMPAIGN_OVER: (lazy("A campaign is over and nobody has handed it over"), ""),
    Event.PAGE_GIVEN: (lazy("I look after another page"), ""),
    Event.KEEP_ALIVE: (lazy("A page I look after falls behind its plan"), ""),
    Event.RULE: (lazy("A rule tells me of a conversation"), ""),
    Event.TARGET_NEAR: (lazy("A target will soon be missed"), ""),
    Event.TARGET_MISSED: (lazy("A target was missed"), lazy("A target was missed")),
    Event.NOT_IN_TIME: (lazy("What was not answered in time can be given to nobody else"), ""),
    Event.REVIEW: (lazy("How the last week, fortnight or month went, and the review of it"), ""),
    Event.OWN_FIGURES: (lazy("How the last week, fortnight or month went for me"), ""),
    Event.DECISION: (lazy("A review decided something that I see to, or it is due"), ""),
    Event.MODEL_ASKS: (lazy("Checks found automatic routing wrong too often, and it stopped"), ""),
    Event.NEW_IN_TEAM: (lazy("Something new in my teams"), lazy("A new conversation")),
    Event.DIGEST: (
        lazy("Once a day: what belongs to nobody and has waited for long"),
        lazy("Once a day: what belongs to nobody and has waited for long"),
    ),
}
"""Each event as a choice: for a person, and for a room."""


def title(event: Event, *, room: bool = False) -> str:
    """The event in a list of choices."""
    return _(TITLES[event][room])


def line(told: Told) -> str:
    """What happened, in one sentence."""
    names = {"who": told.who or _("Somebody"), "person": told.person or "?", "page": told.page or "?"}
    if told.event in _OWN_WORDS:
        return _OWN_WORDS[told.event](told, names)
    match told.event:
        case Event.PAGE_STOPPED:
            why = advice(told.facts.get("code", "")).what
            return _("%(page)s can’t be read or answered any more: %(why)s", page=names["page"], why=why)
        case Event.SIGN_IN_ENDS:
            day = format_date(datetime.fromisoformat(told.facts["ends"]), locale=i18n.locale())
            return _("Sign in to %(page)s again before %(day)s, or it can’t be read any more.", day=day, **names)
        case Event.ASSIGNED if told.who is None:
            return _("You are given the conversation with %(person)s on %(page)s.", **names)
        case Event.APPROVAL_DECIDED if not told.facts.get("approved"):
            return _("%(who)s did not approve your reply to %(person)s on %(page)s.", **names)
    return {
        Event.FOLLOW_UP_DUE: _("What you promised %(person)s on %(page)s is due today.", **names),
        Event.WOKE: _("You had put off the conversation with %(person)s on %(page)s until now.", **names),
        Event.RULE: _("A rule tells you of the conversation with %(person)s on %(page)s.", **names),
        Event.ASSIGNED: _("%(who)s gave you the conversation with %(person)s on %(page)s.", **names),
        Event.TAKEN_OVER: _("%(who)s took over your conversation with %(person)s on %(page)s.", **names),
        Event.MENTIONED: _("%(who)s mentioned you in a note about %(person)s on %(page)s.", **names),
        Event.APPROVAL_WANTED: _("%(who)s asks for approval of a reply to %(person)s on %(page)s.", **names),
        Event.APPROVAL_DECIDED: _("%(who)s approved your reply to %(person)s on %(page)s.", **names),
    }[told.event]


def _remedy(told: Told, names: dict[str, str]) -> str:
    facts = told.facts
    names["what"] = money.shown(int(facts.get("amount", 0)), str(facts.get("currency", "EUR")))
    if told.event is Event.REMEDY_WANTED:
        return _("%(what)s for %(person)s on %(page)s waits for a signature; %(who)s asks.", **names)
    if told.event is Event.REMEDY_LATE:
        return {
            "decide": _("Overdue: %(what)s for %(person)s on %(page)s waits for a signature.", **names),
            "do": _("Overdue: %(what)s for %(person)s on %(page)s is approved and not done.", **names),
            "tell": _("Overdue: nobody has told %(person)s on %(page)s about %(what)s.", **names),
        }.get(str(facts.get("waits_for")), "")
    return {
        "approve": _("%(who)s approved %(what)s for %(person)s on %(page)s.", **names),
        "refuse": _("%(who)s refused %(what)s for %(person)s on %(page)s.", **names),
        "expire": _("Not decided or done in time: %(what)s for %(person)s on %(page)s.", **names),
        "fail": _("Not carried out: %(what)s for %(person)s on %(page)s.", **names),
        "lose": _("Nobody can tell yet whether %(what)s for %(person)s on %(page)s was carried out.", **names),
        "succeed": _("Carried out: %(what)s for %(person)s on %(page)s. Now they should be told.", **names),
    }.get(str(facts.get("what")), "")


def _not_sent(told: Told, names: dict[str, str]) -> str:
    if told.event is Event.REPLY_UNCLEAR:
        if told.personal:
            return _("Nobody can tell whether your reply to %(person)s on %(page)s arrived. You decide.", **names)
        return _("Nobody can tell whether a reply to %(person)s on %(page)s arrived.", **names)
    why = advice(told.facts.get("code", "")).what
    if told.personal:
        return _("Your reply to %(person)s on %(page)s could not be sent: %(why)s", **names, why=why)
    return _("A reply to %(person)s on %(page)s could not be sent: %(why)s", **names, why=why)


def _post(told: Told, names: dict[str, str]) -> str:
    facts = told.facts
    if told.event is Event.POST_WANTED:
        return _("%(who)s asks for approval of the post “%(name)s”.", who=names["who"], name=facts.get("name", "?"))
    if told.event is Event.POST_DECIDED:
        values = {"who": names["who"], "name": facts.get("name", "?")}
        if facts.get("approved"):
            return _("%(who)s approved your post “%(name)s”.", **values)
        return _("%(who)s did not approve your post “%(name)s”, and says why.", **values)
    if told.event is Event.POST_UNCLEAR:
        return _("Nobody can tell whether your post stands on %(page)s. You decide.", page=names["page"])
    why = advice(facts.get("code", "")).what
    return _("A post could not be published on %(page)s: %(why)s", page=names["page"], why=why)


def _held(told: Told, names: dict[str, str]) -> str:
    name, who, team = told.facts.get("name", "?"), names["who"], _(told.team) if told.team else "?"
    if told.event is Event.ACT_HELD:
        return _("Held: what %(team)s is about to do towards %(name)s contradicts another team.", team=team, name=name)
    if told.event is Event.HELD_SAID:
        return _("%(who)s wrote about what is held towards %(name)s.", who=who, name=name)
    return {
        "aligned": _("Towards %(name)s both teams agree now.", name=name),
        "gone_on": _("%(who)s went on towards %(name)s all the same, and says why.", who=who, name=name),
        "dropped": _("%(who)s dropped what was held towards %(name)s.", who=who, name=name),
        "over": _("Nothing stands against “%(name)s” any more.", name=name),
    }[str(told.facts.get("outcome"))]


def _keep_alive(told: Told, names: dict[str, str]) -> str:
    page = names["page"]
    return {
        ("post", "warn"): _("%(page)s needs a post soon.", page=page),
        ("post", "task"): _("%(page)s needs a post: its plan says so.", page=page),
        ("post", "escalate"): _("%(page)s has had no post for long past its plan.", page=page),
        ("answer", "warn"): _("Somebody on %(page)s has to be answered soon, to keep its plan.", page=page),
        ("answer", "task"): _("Somebody on %(page)s waits longer than its plan promises.", page=page),
        ("answer", "escalate"): _("Somebody on %(page)s waits twice as long as its plan promises.", page=page),
    }[str(told.facts.get("kind_of_task")), str(told.facts.get("step"))]


def _upkeep(told: Told, names: dict[str, str]) -> str:
    if told.event is Event.PAGE_GIVEN:
        return _("%(who)s gave you %(page)s to look after.", **names)
    campaign = told.facts.get("name", "?")
    if told.event is Event.CAMPAIGN_OVER:
        return _("The campaign “%(campaign)s” is over. Nobody has signed who inherits it.", campaign=campaign)
    if told.who is None:
        return _("What the campaign “%(campaign)s” left has not been taken up yet.", campaign=campaign)
    return _(
        "%(who)s closed the campaign “%(campaign)s” and left to you what it leaves open.", campaign=campaign, **names
    )


def _many(told: Told, names: dict[str, str]) -> str:
    count = int(told.facts.get("count", 1))
    team = _(told.team) if told.team else "?"
    if told.facts.get("trial"):
        return _("%(who)s tries whether this room hears Porchlight. It does.", who=names["who"])
    if told.event is Event.DIGEST:
        if told.facts.get("more"):
            return _("More than %(n)s conversations have waited for a day and belong to nobody.", n=count)
        return ngettext(
            "%(num)s conversation has waited for more than a day and belongs to nobody.",
            "%(num)s conversations have waited for more than a day and belong to nobody.",
            count,
        )
    if told.conversation_id is not None:
        return _("New in %(team)s: %(person)s on %(page)s.", team=team, person=names["person"], page=names["page"])
    return ngettext("%(num)s new conversation in %(team)s.", "%(num)s new conversations in %(team)s.", count, team=team)


def _target(told: Told, names: dict[str, str]) -> str:
    count = int(told.facts.get("count", 1))
    team = _(told.team) if told.team else "?"
    if told.event is Event.TARGET_NEAR:
        if told.conversation_id is not None:
            return _(
                "Answer %(person)s on %(page)s soon, to keep the target.", person=names["person"], page=names["page"]
            )
        return ngettext(
            "%(num)s conversation in %(team)s comes close to its target.",
            "%(num)s conversations in %(team)s come close to their targets.",
            count,
            team=team,
        )
    if told.event is Event.NOT_IN_TIME:
        return ngettext(
            "%(num)s conversation in %(team)s was not answered in time, and nobody else is there to take it.",
            "%(num)s conversations in %(team)s were not answered in time, and nobody else is there to take them.",
            count,
            team=team,
        )
    if told.conversation_id is not None:
        return _(
            "%(person)s on %(page)s has waited past the target of %(team)s.",
            person=names["person"],
            page=names["page"],
            team=team,
        )
    return ngettext(
        "%(num)s conversation in %(team)s is past its target.",
        "%(num)s conversations in %(team)s are past their targets.",
        count,
        team=team,
    )


def _model(told: Told, _names: dict[str, str]) -> str:
    counts = {"right": told.facts.get("right", 0), "audits": told.facts.get("audits", 0)}
    if told.team is None:
        return _(
            "Setting aside as spam without asking switched itself off: %(right)s of the latest %(audits)s checks were "
            "right.",
            **counts,
        )
    return _(
        "Routing to %(team)s without asking switched itself off: %(right)s of the latest %(audits)s checks were right.",
        team=_(told.team),
        **counts,
    )


def _review(told: Told, _names: dict[str, str]) -> str:
    if told.event is Event.DECISION:
        day = _day(told.facts["due"])
        if told.facts.get("what") == "due":
            return _("What a review decided, and you see to, is due: %(day)s.", day=day)
        return _("You see to something that a review decided, until %(day)s.", day=day)
    first, last = _day(told.facts["first"]), _day(told.facts["last"])
    if told.event is Event.OWN_FIGURES:
        return _("How it went for you from %(first)s to %(last)s.", first=first, last=last)
    return _("How it went from %(first)s to %(last)s; the review is prepared.", first=first, last=last)


def _day(text: str) -> str:
    return format_date(date.fromisoformat(text), "medium", locale=i18n.locale())


def details(told: Told) -> list[str]:
    """What a mail says besides, line by line."""
    if told.event not in (Event.REVIEW, Event.OWN_FIGURES):
        return []
    return review_words.lines(review_rules.unpacked_figures(told.facts.get("figures", ())))


_OWN_WORDS = {
    Event.REPLY_FAILED: _not_sent,
    Event.REPLY_UNCLEAR: _not_sent,
    Event.POST_WANTED: _post,
    Event.POST_DECIDED: _post,
    Event.POST_FAILED: _post,
    Event.POST_UNCLEAR: _post,
    Event.ACT_HELD: _held,
    Event.HELD_SAID: _held,
    Event.HELD_SETTLED: _held,
    Event.HANDED_OVER: _upkeep,
    Event.CAMPAIGN_OVER: _upkeep,
    Event.PAGE_GIVEN: _upkeep,
    Event.KEEP_ALIVE: _keep_alive,
    Event.REVIEW: _review,
    Event.OWN_FIGURES: _review,
    Event.DECISION: _review,
    Event.MODEL_ASKS: _model,
    Event.NEW_IN_TEAM: _many,
    Event.DIGEST: _many,
    Event.TARGET_NEAR: _target,
    Event.TARGET_MISSED: _target,
    Event.NOT_IN_TIME: _target,
    Event.REMEDY_WANTED: _remedy,
    Event.REMEDY_DECIDED: _remedy,
    Event.REMEDY_LATE: _remedy,
}
"""Events whose sentence depends on more than who, whom and where."""


def subject(told: "tuple[Told, ...] | list[Told]") -> str:
    """What a message with all of these is called."""
    if len(told) == 1:
        return line(told[0]).rstrip(".")
    return ngettext("%(num)s thing for you", "%(num)s things for you", len(told))
