"""The posts themselves: listed, written, looked at by somebody else, retired."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.campaigns.types import Named
from app.core import days, i18n
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.library import previewing, publishing, queries, service
from app.library.types import Place, PostTyped, PostView, Preview, Variant, Words
from app.pages import connect
from app.pages import queries as pages
from app.web.inbox.place import number
from app.web.library.routes import ID, POST, blueprint
from app.web.present import library as words
from app.web.texts import LANGUAGES

PREVIEWS = 12
"""So many pages of one post are shown as their platforms would; a post meant for more is looked at page by page."""
FURTHEST = 2**31 - 1


@route(blueprint, "", needs=Permission.READ_PAGES)
def overview() -> ResponseReturnValue:
    """All posts, or those for one page; before them what is under way, and what that page could use now."""
    page_id = number(request.args.get("page"))
    retired = request.args.get("show") == "retired"
    rows, more = queries.posts(
        session(), page_id=page_id, retired=retired, after=number(request.args.get("after"), FURTHEST)
    )
    suggested = queries.suggestions(session(), [page_id], utc_now()).get(page_id) if page_id else None
    return render_template(
        "library/overview.html",
        rows=rows,
        more=more,
        retired=retired,
        page_id=page_id,
        pages=[(page.id, page.name) for page in queries.pages(session())],
        suggested=suggested,
        under_way=queries.under_way(session()),
        pick=lambda known: publishing.words_for(known, i18n.language()),
        say=words,
    )


@route(blueprint, "/add", needs=Permission.ANSWER)
def add_form() -> ResponseReturnValue:
    """The form for a new one; ``page`` in the address chooses where it may be published."""
    page_id = number(request.args.get("page"))
    return _form(PostTyped("", (), page_ids=frozenset({page_id} if page_id else ())), None, {})


@route(blueprint, "/add", needs=Permission.ANSWER, methods=POST)
def add() -> ResponseReturnValue:
    """Keep a new one."""
    typed = _typed()
    try:
        post_id = service.add(session(), actor(), typed, utc_now())
    except InvalidInput as error:
        return rejected(_form(typed, None, {error.field or "name": error.message}), 422)
    flash(_("It is in the library."), "good")
    return redirect(url_for("library.show", post_id=post_id), 303)


@route(blueprint, f"/{ID}", needs=Permission.READ_PAGES)
def show(post_id: int) -> ResponseReturnValue:
    """One post: its words, as each platform would show them, where it may go out, and what became of it."""
    return page_of(post_id, Asked())


@route(blueprint, f"/{ID}/change", needs=Permission.ANSWER)
def change_form(post_id: int) -> ResponseReturnValue:
    """The form to write it otherwise."""
    one = queries.post(session(), post_id)
    season = one.row.season
    typed = PostTyped(
        name=one.row.name,
        words=one.row.words,
        variants=one.variants,
        link=one.link,
        image=one.image,
        page_ids=frozenset(page.id for page in one.row.pages),
        season_first="{:02}-{:02}".format(*season.first) if season else "",
        season_last="{:02}-{:02}".format(*season.last) if season else "",
        pause_days=str(one.row.pause_days),
        needs_approval=one.needs_approval,
    )
    return _form(typed, one, {})


@route(blueprint, f"/{ID}/change", needs=Permission.ANSWER, methods=POST)
def change(post_id: int) -> ResponseReturnValue:
    """Write it otherwise; what was approved is not approved any more."""
    typed = _typed()
    try:
        service.change(session(), actor(), post_id, typed, version(), utc_now())
    except (Conflict, InvalidInput) as error:
        errors = {getattr(error, "field", None) or "": error.message}
        return rejected(_form(typed, queries.post(session(), post_id), errors), status_of(error))
    flash(_("Saved."), "good")
    return redirect(url_for("library.show", post_id=post_id), 303)


@route(blueprint, f"/{ID}/approve", needs=Permission.APPROVE_REPLIES, methods=POST)
def approve(post_id: int) -> ResponseReturnValue:
    """Let it go out."""
    try:
        service.approve(session(), actor(), post_id, version(), utc_now())
    except Conflict as error:
        return rejected(page_of(post_id, Asked(errors={"": error.message})), status_of(error))
    flash(_("Approved. Its author is told."), "good")
    return redirect(url_for("library.show", post_id=post_id), 303)


@route(blueprint, f"/{ID}/refuse", needs=Permission.APPROVE_REPLIES, methods=POST)
def refuse(post_id: int) -> ResponseReturnValue:
    """Not like this."""
    try:
        service.refuse(session(), actor(), post_id, request.form.get("remark", ""), version(), utc_now())
    except (Conflict, InvalidInput) as error:
        errors = {getattr(error, "field", None) or "": error.message}
        return rejected(page_of(post_id, Asked(errors=errors)), status_of(error))
    flash(_("Its author is told, with your reason."))
    return redirect(url_for("library.show", post_id=post_id), 303)


@route(blueprint, f"/{ID}/retire", needs=Permission.ANSWER, methods=POST)
def retire(post_id: int) -> ResponseReturnValue:
    """Use it no more, or again."""
    back = request.form.get("back") == "yes"
    service.retire(session(), actor(), post_id, utc_now(), back=back)
    flash(_("It can be used again.") if back else _("Nobody is offered it any more. It can be taken back."))
    return redirect(url_for("library.show", post_id=post_id), 303)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form for publishing said, where it is shown again."""

    page_id: int | None = None
    at: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(12))
    errors: dict[str, str] = field(default_factory=dict)


def page_of(post_id: int, asked: Asked) -> str:
    """The screen of one post."""
    one = queries.post(session(), post_id)
    chosen = publishing.words_for(one.row.words, request.values.get("language") or i18n.language())
    page_id, places = asked.page_id or number(request.args.get("page")), _places(one.row.pages)
    over, more = queries.published(session(), post_id=post_id, after=number(request.args.get("after"), 2**63 - 1))
    return render_template(
        "library/show.html",
        one=one,
        row=one.row,
        chosen=chosen,
        previews=_previews(one, chosen, places, page_id),
        page_id=page_id,
        places=[(place.page.id, place.page.name) for place in places if place.form],
        asked=asked,
        zone=i18n.zone() or days.zone(),
        own_zone=i18n.zone() is not None,
        out_of_season=one.row.season is not None and not one.row.season.holds(days.of(utc_now())),
        under_way=queries.under_way(session(), post_id),
        over=over,
        more=more,
        may_decide=one.author.id != actor().id,
        say=words,
    )


def _previews(one: PostView, chosen: Words, places: Sequence[Place], page_id: int | None) -> list[Preview]:
    """As the platforms of its pages would show it, each platform at least once: those where something can be published
    first."""
    meant = [place for place in places if page_id in (None, place.page.id)] or places
    first = {place.connector: place.page.id for place in reversed(meant)}
    meant = sorted(meant, key=lambda place: first[place.connector] != place.page.id)
    found = [previewing.preview(place, one, chosen) for place in meant[:PREVIEWS]]
    return sorted(found, key=lambda preview: preview.place.form is None)


def _places(known: Sequence[Named]) -> list[Place]:
    """These pages with what posts look like there. One statement."""
    reached = pages.pages_in_reach(session(), [page.id for page in known])
    connectors = services().connectors
    found = []
    for one in known:
        page, reach = reached[one.id]
        connector = connectors.get(page.connector) if page.connector in connectors.kinds() else None
        label, icon = (connector.label, connector.icon) if connector else (page.connector, "globe")
        found.append(Place(one, page.connector, label, icon, connect.post_form(connectors, services().box, reach)))
    return found


def _platforms(places: Sequence[Place], typed: PostTyped) -> dict[str, str]:
    """Kinds of platforms that a post may have other words for, each with its name: those it can be published on, and
    those it has words for already."""
    own = {one.connector for one in typed.variants}
    return {place.connector: place.platform for place in places if place.form or place.connector in own} | {
        kind: kind for kind in own - {place.connector for place in places}
    }


def version() -> int:
    """Of the post that somebody saw."""
    return request.form.get("version", type=int, default=-1)


def _typed() -> PostTyped:
    form = request.form
    given = [(tag, plain(form.get(f"title-{tag}", "")), plain(form.get(f"text-{tag}", ""))) for tag in LANGUAGES]
    kinds = services().connectors.kinds()
    own = [(tag, kind, plain(form.get(f"text-{tag}-{kind}", ""))) for tag in LANGUAGES for kind in kinds]
    return PostTyped(
        name=form.get("name", ""),
        words=tuple(Words(*one) for one in given if one[1].strip() or one[2].strip()),
        variants=tuple(Variant(*one) for one in own if one[2].strip()),
        link=form.get("link", ""),
        image=form.get("image", ""),
        page_ids=frozenset(found for one in form.getlist("pages") if (found := number(one)) is not None),
        season_first=form.get("season_first", ""),
        season_last=form.get("season_last", ""),
        pause_days=form.get("pause_days", ""),
        needs_approval=form.get("needs_approval") == "yes",
    )


def _form(typed: PostTyped, one: PostView | None, errors: dict[str, str]) -> str:
    known = {words.language: words for words in typed.words}
    first = (i18n.language(), *known)
    places = _places(queries.pages(session()))
    return render_template(
        "library/form.html",
        one=one,
        typed=typed,
        errors={name if name != "text-" else f"text-{i18n.language()}": text for name, text in errors.items()},
        places=places,
        platforms=_platforms(places, typed),
        own={(one.language, one.connector): one.text for one in typed.variants},
        languages=[
            (tag, str(i18n.locale().languages.get(tag, tag)), known.get(tag, Words(tag, "", "")))
            for tag in sorted(LANGUAGES, key=lambda tag: (tag not in first, LANGUAGES.index(tag)))
        ],
        shown=set(first),
        others={f"{name}-{tag}" for tag in LANGUAGES if tag not in first for name in ("title", "text")},
    )
