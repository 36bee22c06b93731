"""Contacts in words."""

from app.contacts.types import ContactEventKind, ContactEventView, MarkKind
from app.core.i18n import gettext as _
from app.web.present.word import Word


def mark(kind: str, value: str = "") -> str:
    """What a contact is marked with."""
    named = {MarkKind.VIP.value: _("VIP"), MarkKind.DO_NOT_CONTACT.value: _("Do not contact")}
    return named.get(kind) or f"#{value}"


def event(one: ContactEventView) -> Word:
    """What people did to a contact, as one line."""
    who, data = one.actor, {key: str(value) for key, value in one.data.items()}
    other = data.get("name") or _("Somebody")
    said = mark(data.get("kind", ""), data.get("value", ""))
    match one.kind:
        case ContactEventKind.JOINED:
            return Word(_("%(who)s merged %(other)s into it.", who=who, other=other), "merge")
        case ContactEventKind.SEPARATED:
            return Word(_("%(who)s separated it from %(other)s.", who=who, other=other), "split")
        case ContactEventKind.MARKED:
            return Word(_("%(who)s marked it: %(mark)s.", who=who, mark=said), "tag")
        case ContactEventKind.UNMARKED:
            return Word(_("%(who)s took off: %(mark)s.", who=who, mark=said), "x")
        case ContactEventKind.RENAMED:
            return Word(
                _(
                    "%(who)s changed the name from “%(before)s” to “%(after)s”.",
                    who=who,
                    before=data.get("from", ""),
                    after=data.get("to", ""),
                ),
                "pencil",
            )
