"""Saved replies: all of them, how they are used, and writing them."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import locale
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.pages import queries as pages
from app.texts import queries
from app.texts import service as texts
from app.texts.rules import PLACEHOLDERS
from app.texts.types import Effects, SavedReply, Wording
from app.web.present import names

blueprint = Blueprint("texts", __name__, url_prefix="/saved-replies")
POST = ("POST",)
SAVED = "<int(max=2147483647):saved_id>"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "tr")
AFTERWARDS = {"": None, "done": True, "stay": False}


@dataclass(frozen=True, slots=True)
class Form:
    """What the form of a saved reply shows."""

    wording: Wording
    version: int = 0
    saved: SavedReply | None = None
    error: str = ""
    wrong: str = ""
    """The field that can't be taken."""


@route(blueprint, "", needs=Permission.ANSWER)
def overview() -> ResponseReturnValue:
    """All saved replies, the most used first; those that a few letters may mean; or the archived ones."""
    query, archived = request.args.get("q", "")[:100], request.args.get("archived") == "yes"
    return render_template(
        "texts/overview.html",
        found=queries.saved(session(), query, archived=archived),
        query=query,
        archived=archived,
        teams=dict(_teams()),
        pages=dict(_pages()),
        languages=dict(_languages()),
    )


@route(blueprint, "/new", needs=Permission.MANAGE_TEXTS)
def new() -> ResponseReturnValue:
    """An empty form; ``text`` may come along, from an answer that was good."""
    return _form(Form(Wording("", "", plain(request.args.get("text", ""))[:5000])))


@route(blueprint, "/new", needs=Permission.MANAGE_TEXTS, methods=POST)
def add() -> ResponseReturnValue:
    """Keep a new one."""
    wording = _wording()
    try:
        texts.add(session(), actor(), wording, utc_now())
    except InvalidInput as error:
        return rejected(_form(Form(wording, error=error.message, wrong=error.field or "")), status_of(error))
    flash(_("Kept. Type / in an answer to use it."), "good")
    return redirect(url_for("texts.overview"), 303)


@route(blueprint, f"/{SAVED}", needs=Permission.MANAGE_TEXTS)
def show(saved_id: int) -> ResponseReturnValue:
    """One saved reply, to be changed."""
    return _form(_stored(saved_id))


@route(blueprint, f"/{SAVED}", needs=Permission.MANAGE_TEXTS, methods=POST)
def change(saved_id: int) -> ResponseReturnValue:
    """Write it anew."""
    wording, version = _wording(), request.form.get("version", type=int, default=-1)
    try:
        texts.change(session(), actor(), saved_id, wording, version, utc_now())
    except (InvalidInput, Conflict) as error:
        now = _stored(saved_id)
        wrong = (error.field or "") if isinstance(error, InvalidInput) else ""
        return rejected(_form(Form(wording, now.version, now.saved, error.message, wrong)), status_of(error))
    flash(_("Changed."), "good")
    return redirect(url_for("texts.overview"), 303)


@route(blueprint, f"/{SAVED}/archive", needs=Permission.MANAGE_TEXTS, methods=POST)
def archive(saved_id: int) -> ResponseReturnValue:
    """Offer it no longer, or again."""
    archived = request.form.get("archived") == "yes"
    texts.archive(session(), actor(), saved_id, archived=archived, now=utc_now())
    flash(
        _("Archived. It stands among the archived ones, and can be brought back.") if archived else _("Offered again.")
    )
    return redirect(url_for("texts.overview", archived=None if archived else "yes"), 303)


def _stored(saved_id: int) -> Form:
    one = queries.one(session(), saved_id)
    if one is None:
        raise NotFound(_("There is no such saved reply."))
    wording = Wording(one.title, one.shortcut, one.text, one.language, one.team_id, one.page_id, one.effects)
    return Form(wording, one.version, one)


def _form(form: Form) -> str:
    return render_template(
        "texts/form.html",
        form=form,
        placeholders=PLACEHOLDERS,
        teams=_teams(),
        pages=_pages(),
        languages=_languages(),
        afterwards=next(key for key, value in AFTERWARDS.items() if value is form.wording.effects.resolve),
    )


def _wording() -> Wording:
    form = request.form
    tags = tuple(dict.fromkeys(filter(None, (plain(one).strip() for one in form.get("tags", "").split(",")))))
    language = form.get("language", "")
    return Wording(
        title=plain(form.get("title", "")),
        shortcut=plain(form.get("shortcut", "")),
        text=plain(form.get("text", "")),
        language=language if language in LANGUAGES else None,
        team_id=form.get("team", type=int),
        page_id=form.get("page", type=int),
        effects=Effects(
            resolve=AFTERWARDS.get(form.get("afterwards", "")),
            team_id=form.get("to_team", type=int),
            tags=tags,
            remedy=form.get("asks_remedy") == "yes",
        ),
    )


def _teams() -> list[tuple[int, str]]:
    return [(team.id, names.shown(team.name)) for team in accounts.teams(session())]


def _pages() -> list[tuple[int, str]]:
    return [(page.id, page.name) for page in pages.pages(session())]


def _languages() -> list[tuple[str, str]]:
    return [(tag, locale().languages.get(tag, tag)) for tag in LANGUAGES]
