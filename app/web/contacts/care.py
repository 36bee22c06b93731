"""What people say about a contact: name, marks, notes. Every action is a form."""

from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts.rules import may
from app.accounts.types import Permission
from app.contacts import care
from app.contacts.types import DO_NOT_CONTACT, VIP
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.routes import route
from app.web.contacts.routes import ID, NOTE_ID, Back, blueprint, change

POST = ("POST",)


@route(blueprint, f"/{ID}/name", needs=Permission.ANSWER, methods=POST)
def rename(contact_id: int) -> ResponseReturnValue:
    """Another name to show."""
    name = plain(request.form.get("name", ""))
    return change(contact_id, lambda now: care.rename(session(), actor(), contact_id, name, now))


@route(blueprint, f"/{ID}/tag", needs=Permission.ANSWER, methods=POST)
def tag(contact_id: int) -> ResponseReturnValue:
    """Add a tag."""
    word = plain(request.form.get("tag", ""))
    said, back = _("Tagged."), Back("contacts.untag", "tag", word)
    return change(contact_id, lambda now: care.mark(session(), actor(), contact_id, care.tag(word), now), said, back)


@route(blueprint, f"/{ID}/untag", needs=Permission.ANSWER, methods=POST)
def untag(contact_id: int) -> ResponseReturnValue:
    """Take a tag off."""
    word = plain(request.form.get("tag", ""))
    said, back = _("Tag removed."), Back("contacts.tag", "tag", word)
    return change(contact_id, lambda now: care.unmark(session(), actor(), contact_id, care.tag(word), now), said, back)


@route(blueprint, f"/{ID}/vip", needs=Permission.ANSWER, methods=POST)
def vip(contact_id: int) -> ResponseReturnValue:
    """Somebody to look after first, or not any more."""
    on = request.form.get("on") == "yes"
    doing, said = (care.mark, _("A VIP now.")) if on else (care.unmark, _("No VIP any more."))
    back = Back("contacts.vip", "on", "no" if on else "yes")
    return change(contact_id, lambda now: doing(session(), actor(), contact_id, VIP, now), said, back)


@route(blueprint, f"/{ID}/do-not-contact", needs=Permission.ANSWER, methods=POST)
def do_not_contact(contact_id: int) -> ResponseReturnValue:
    """Nothing is sent to them from now on; everybody may say so."""
    reason = plain(request.form.get("reason", ""))

    def work(now: datetime) -> None:
        care.mark(session(), actor(), contact_id, DO_NOT_CONTACT, now, reason)

    back = Back("contacts.lift") if may(actor().role, Permission.LIFT_DO_NOT_CONTACT) else None
    return change(contact_id, work, _("Nothing is sent to them from now on."), back)


@route(blueprint, f"/{ID}/lift", needs=Permission.LIFT_DO_NOT_CONTACT, methods=POST)
def lift(contact_id: int) -> ResponseReturnValue:
    """They may be written to again."""
    reason = plain(request.form.get("reason", ""))

    def work(now: datetime) -> None:
        care.unmark(session(), actor(), contact_id, DO_NOT_CONTACT, now, reason)

    return change(contact_id, work, _("They can be written to again."))


@route(blueprint, f"/{ID}/note", needs=Permission.ANSWER, methods=POST)
def note(contact_id: int) -> ResponseReturnValue:
    """Words about them, for colleagues."""
    text = plain(request.form.get("text", ""))
    return change(contact_id, lambda now: care.add_note(session(), actor(), contact_id, text, now))


@route(blueprint, f"/{ID}/note/{NOTE_ID}/remove", needs=Permission.ANSWER, methods=POST)
def remove_note(contact_id: int, note_id: int) -> ResponseReturnValue:
    """Remove a note for good."""
    return change(
        contact_id, lambda _now: care.remove_note(session(), actor(), contact_id, note_id), _("The note is removed.")
    )
