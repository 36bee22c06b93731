"""What the routes of contacts share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts import queries
from app.contacts.types import ContactView
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, PorchlightError
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected
from app.inbox import persons
from app.web.inbox import place as places
from app.web.inbox import talks
from app.web.inbox.routes import here, wants
from app.web.inbox.talks import Draft
from app.web.present import contacts as words

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")
_ID = "int(max=9223372036854775807)"
ID = f"<{_ID}:contact_id>"
NOTE_ID = f"<{_ID}:note_id>"


@dataclass(frozen=True, slots=True)
class Back:
    """What takes a change back: a form of ``endpoint`` with one field."""

    endpoint: str
    field: str = ""
    value: str = ""


def number(text: str | None) -> int | None:
    """An id in an address or a form; None for anything that can be none."""
    return places.number(text, 2**63 - 1)


def change(
    contact_id: int, work: Callable[[datetime], object], said: str = "", back: Back | None = None
) -> ResponseReturnValue:
    """Do it, then show where it was asked for: the contact's page, or the conversation it was asked beside, with the
    way ``back`` if anything is different now."""
    talk_id = number(request.args.get("talk"))
    before = _version(contact_id) if back else 0
    try:
        work(utc_now())
    except (Conflict, InvalidInput) as error:
        return _refused(contact_id, talk_id, error)
    if talk_id is not None and wants("side"):
        offered = back if back and "back" not in request.form and _version(contact_id) != before else None
        answer = make_response(_side(talk_id, "", said if offered else "", offered))
        if "back" in request.form:  # asked for from outside of the panel, perhaps beside another conversation
            answer.headers["HX-Trigger"] = "talk-stale"
        return answer
    if said:
        flash(said, "good")
    if talk_id is not None:
        return redirect(url_for("inbox.talk", conversation_id=talk_id, **here().args), 303)
    return redirect(url_for("contacts.show", contact_id=contact_id), 303)


def _refused(contact_id: int, talk_id: int | None, error: PorchlightError) -> ResponseReturnValue:
    if talk_id is not None and wants("side"):
        return rejected(_side(talk_id, error.message), status_of(error))
    return rejected(page(contact_id, error=error.message), status_of(error))


def _version(contact_id: int) -> int:
    return queries.contact(session(), actor(), contact_id).version


def _side(talk_id: int, error: str, said: str = "", back: Back | None = None) -> str:
    """What stands beside a conversation."""
    place, now = here(), utc_now()
    found = talks.talk_screen(services(), session(), actor(), talk_id, Draft(), now)
    return render_template("inbox/side_alone.html", talk=found, place=place, error=error, said=said, back=back)


def page(contact_id: int, *, error: str = "", shown: ContactView | None = None) -> str:
    """A contact's page."""
    found = shown or queries.contact(session(), actor(), contact_id)
    talks, more = persons.conversations(session(), actor(), found.id, after=number(request.args.get("after")))
    return render_template(
        "contacts/show.html",
        contact=found,
        talks=talks,
        more=more,
        events=queries.events(session(), actor(), found.id),
        pages=queries.page_names(session(), [one.page_id for one in found.identities if one.page_id]),
        contact_words=words,
        error=error,
    )
