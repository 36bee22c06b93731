"""How we sound: notes and words, for all to read and some to write."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import locale
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.pages import queries as pages
from app.texts import voice
from app.texts.types import NoteTyped, TermTyped
from app.web.inbox.place import number
from app.web.texts import LANGUAGES

blueprint = Blueprint("voice", __name__, url_prefix="/voice")
POST = ("POST",)


@route(blueprint, "", needs=Permission.ANSWER)
def overview() -> ResponseReturnValue:
    """All notes and words."""
    return _page({})


@route(blueprint, "/notes", needs=Permission.MANAGE_TEXTS, methods=POST)
def set_note() -> ResponseReturnValue:
    """Write a note, or take it away."""
    text = plain(request.form.get("text", ""))
    try:
        typed = NoteTyped(number(request.form.get("note_page")), _language("note_language"), text)
        voice.set_note(session(), actor(), typed, utc_now())
    except InvalidInput as error:
        return rejected(_page({f"note-{error.field}": error.message}), 422)
    flash(_("Saved."), "good")
    return redirect(url_for("voice.overview"), 303)


@route(blueprint, "/terms", needs=Permission.MANAGE_TEXTS, methods=POST)
def add_term() -> ResponseReturnValue:
    """Put words on the list."""
    given = request.form
    typed = TermTyped(
        page_id=number(given.get("page")),
        language=_language("language"),
        term=plain(given.get("term", "")),
        instead=plain(given.get("instead", "")),
        banned=given.get("banned") == "yes",
    )
    try:
        voice.add_term(session(), actor(), typed, utc_now())
    except (Conflict, InvalidInput) as error:
        return rejected(_page({getattr(error, "field", None) or "term": error.message}), status_of(error))
    flash(_("It is on the list."), "good")
    return redirect(url_for("voice.overview"), 303)


@route(blueprint, "/terms/<int(max=2147483647):term_id>/remove", needs=Permission.MANAGE_TEXTS, methods=POST)
def remove_term(term_id: int) -> ResponseReturnValue:
    """Take words off it."""
    voice.remove_term(session(), actor(), term_id, utc_now())
    flash(_("It is off the list."))
    return redirect(url_for("voice.overview"), 303)


def _language(name: str) -> str:
    given = request.form.get(name, "")
    return given if given in LANGUAGES else ""


def _page(errors: dict[str, str]) -> str:
    languages = [(tag, str(locale().languages.get(tag, tag))) for tag in LANGUAGES]
    return render_template(
        "voice/overview.html",
        notes=voice.notes(session()),
        terms=voice.terms(session()),
        pages=[("", _("All pages")), *((one.id, one.name) for one in pages.pages(session()))],
        languages=[("", _("All languages")), *languages],
        called=dict(languages),
        typed=request.form,
        errors=errors,
    )
