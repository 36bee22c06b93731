"""Remedies in words and icons, for screens."""

from app.core.i18n import gettext as _
from app.inbox.views import EventView
from app.remedies import money, words
from app.remedies.types import Kind, State
from app.remedies.views import StepView
from app.web.present.word import Word


def state(one: State) -> Word:
    """Where a remedy stands. Amber: somebody here has to do something."""
    return {
        State.ASKED: Word(words.state(one), "hourglass", "attention"),
        State.APPROVED: Word(words.state(one), "badge-check", "attention"),
        State.REFUSED: Word(words.state(one), "x"),
        State.WITHDRAWN: Word(words.state(one), "undo-2"),
        State.EXPIRED: Word(words.state(one), "hourglass"),
        State.EXECUTING: Word(words.state(one), "refresh-cw"),
        State.EXECUTED: Word(words.state(one), "message-square", "attention"),
        State.FAILED: Word(words.state(one), "triangle-alert", "bad"),
        State.UNSURE: Word(words.state(one), "circle-question-mark", "bad"),
        State.TOLD: Word(words.state(one), "circle-check", "good"),
    }[one]


def event(one: EventView, who: str) -> Word:
    """What happened to a remedy, as one line of a conversation's history."""
    data = one.data
    what = f"{words.kind(Kind(data['kind']))}, {money.shown(int(data['amount']), str(data['currency']))}"
    known = {
        "ask": (_("%(who)s asked for: %(what)s.", who=who, what=what), "hand-coins", ""),
        "approve": (_("Approved: %(what)s.", what=what), "badge-check", ""),
        "refuse": (_("%(who)s refused: %(what)s.", who=who, what=what), "x", ""),
        "withdraw": (_("%(who)s withdrew: %(what)s.", who=who, what=what), "undo-2", ""),
        "expire": (_("Not decided or done in time: %(what)s.", what=what), "hourglass", "attention"),
        "succeed": (_("Carried out: %(what)s.", what=what), "circle-check", "good"),
        "fail": (_("Not carried out: %(what)s.", what=what), "triangle-alert", "bad"),
        "lose": (_("Nobody can tell yet whether it was carried out: %(what)s.", what=what), "triangle-alert", "bad"),
        "again": (_("%(who)s had it tried again: %(what)s.", who=who, what=what), "rotate-ccw", ""),
        "tell": (_("They have been told: %(what)s.", what=what), "message-square", "good"),
    }
    return Word(*known.get(str(data["act"]), (what, "hand-coins", "")))


def step(one: StepView) -> str:
    """One step of a remedy's own history."""
    who = one.actor or _("Porchlight")
    said = {
        "ask": _("%(who)s asked for it.", who=who),
        "evidence": _("%(who)s gave as evidence, which was not signed then:", who=who),
        "edit": _("%(who)s changed it; it has to be signed anew.", who=who),
        "sign": _("%(who)s signed.", who=who),
        "approve": _("%(who)s approved it.", who=who) if one.actor else _("Approved."),
        "refuse": _("%(who)s refused it.", who=who),
        "withdraw": _("%(who)s withdrew it.", who=who),
        "expire": _("It was not decided or done in time."),
        "begin": _("%(who)s began to carry it out.", who=who),
        "release": _("It was not done yet, and waits again."),
        "succeed": _("Carried out."),
        "fail": _("Not carried out."),
        "elsewhere": _("Given back at the shop itself meanwhile, so that much less is left of the order:"),
        "lose": _("Nobody could tell whether it was carried out."),
        "again": _("%(who)s had it tried again.", who=who),
        "tell": _("The person has been told."),
    }.get(one.act, one.act)
    return f"{said} {one.text}" if one.text and one.act not in ("ask", "edit") else said


def shop(name: str) -> str:
    """A shop's name; the one that comes along in the reader's language."""
    return _("By hand") if name == "By hand" else name
