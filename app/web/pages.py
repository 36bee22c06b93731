"""The pages we look after: how they are, and what can be done about it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.connectors.errors import ConnectorError
from app.core.clock import utc_now
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.routes import route
from app.hooks import addresses as hooks
from app.outbox import queries as outbox
from app.pages import connect, queries, spending, tokens, words
from app.pages import service as pages
from app.pages.types import PageState, PageView, Reach
from app.upkeep import stewards
from app.web.called import called
from app.web.connect import entered, wrong_login

blueprint = Blueprint("pages", __name__, url_prefix="/pages")
ID = "<int(max=2147483647):page_id>"


@route(blueprint, "", needs=Permission.READ_PAGES)
def overview() -> ResponseReturnValue:
    """All pages, those in trouble first."""
    return render_template("pages/overview.html", pages=queries.pages(session()))


@route(blueprint, f"/{ID}", needs=Permission.READ_PAGES)
def show(page_id: int) -> ResponseReturnValue:
    """One page's health."""
    return _show(session(), page_id, {})


@route(blueprint, f"/{ID}/read", needs=Permission.MANAGE_PAGES, methods=("POST",))
def read(page_id: int) -> ResponseReturnValue:
    """Have it read now."""
    page = _page(session(), page_id)
    pages.read_soon(session(), page.id, utc_now())
    flash(_("%(name)s is read now.", name=page.name))
    return redirect(url_for("pages.show", page_id=page.id), 303)


@route(blueprint, f"/{ID}/pause", needs=Permission.MANAGE_PAGES, methods=("POST",))
def pause(page_id: int) -> ResponseReturnValue:
    """Read and send nothing there for now."""
    page = _set(page_id, PageState.PAUSED)
    flash(_("%(name)s is paused.", name=page.name))
    return redirect(url_for("pages.show", page_id=page.id), 303)


@route(blueprint, f"/{ID}/resume", needs=Permission.MANAGE_PAGES, methods=("POST",))
def resume(page_id: int) -> ResponseReturnValue:
    """Take a paused page up again."""
    page = _set(page_id, PageState.ACTIVE)
    flash(_("%(name)s is read again.", name=page.name), "good")
    return redirect(url_for("pages.show", page_id=page.id), 303)


@route(blueprint, f"/{ID}/remove", needs=Permission.MANAGE_PAGES, methods=("POST",))
def remove(page_id: int) -> ResponseReturnValue:
    """Stop looking after it. What was collected stays."""
    page = _set(page_id, PageState.REMOVED)
    flash(_("%(name)s is removed. Its comments are kept.", name=page.name))
    return redirect(url_for("pages.overview"), 303)


@route(blueprint, f"/{ID}/login", needs=Permission.MANAGE_PAGES, methods=("POST",), own_transactions=True)
def change_login(page_id: int) -> ResponseReturnValue:
    """Exchange the credentials, once the platform has accepted the new ones."""
    login, password = request.form.get("login", "").strip(), request.form.get("password", "").strip()
    with services().db.read() as reading:
        page, reach = _page(reading, page_id), queries.reach(reading, page_id)
    sign_in = connect.sign_in(services().connectors, page)
    secret = entered(sign_in, login, password)
    mistakes = {} if secret else {"password": _("Fill in everything that is asked for.")}
    if reach is not None and secret is not None:
        try:
            account = connect.prove(services().connectors, reach, secret)
        except ConnectorError as error:
            mistakes = wrong_login(error, sign_in)
        else:
            with services().db.write() as writing:
                sealed = services().box.seal(secret)
                pages.set_credentials(writing, page.id, sealed, account, utc_now(), by=actor().id)
            flash(_("%(name)s has a new login, and is read now.", name=page.name), "good")
            return redirect(url_for("pages.show", page_id=page.id), 303)
    with services().db.read() as reading:
        return _show(reading, page_id, mistakes, login), 422


@route(blueprint, f"/{ID}/forget-login", needs=Permission.MANAGE_PAGES, methods=("POST",))
def forget_login(page_id: int) -> ResponseReturnValue:
    """From now on the page is only read, by nobody in particular."""
    page = _page(session(), page_id)
    pages.set_credentials(session(), page.id, None, None, utc_now(), by=actor().id)
    flash(_("The login of %(name)s is forgotten.", name=page.name))
    return redirect(url_for("pages.show", page_id=page.id), 303)


@route(blueprint, f"/{ID}/ask-to-call", needs=Permission.MANAGE_PAGES, methods=("POST",))
def ask_to_call(page_id: int) -> ResponseReturnValue:
    """Have the platform asked to tell of comments by itself now, not when its time comes."""
    page = _page(session(), page_id)
    hooks.ask_soon(session(), page.id, utc_now())
    flash(_("%(name)s: the platform is asked now.", name=page.name))
    return redirect(url_for("pages.show", page_id=page.id), 303)


def _page(reading: Any, page_id: int) -> PageView:
    """A page we look after. Raises NotFound."""
    page = queries.page(reading, page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    return page


def _set(page_id: int, state: PageState) -> PageView:
    page = _page(session(), page_id)
    pages.set_state(session(), page.id, state, utc_now(), by=actor().id)
    return page


def _show(reading: Any, page_id: int, mistakes: dict[str, str], login: str = "") -> str:
    page = _page(reading, page_id)
    reach: Reach | None = queries.reach(reading, page_id)
    budget = connect.budget(services().connectors, page.connector, utc_now())
    return render_template(
        "pages/show.html",
        page=page,
        waiting=outbox.waiting_by_page(reading).get(page.id, 0),
        can=connect.capabilities(services().connectors, services().box, reach),
        called=called(reading, page, reach),
        budget=budget,
        used=spending.used(reading, [budget.key]).get(budget.key, 0) if budget else 0,
        ends_at=tokens.ends_at(reading, page.id),
        sign_in=connect.sign_in(services().connectors, page),
        looked_after=stewards.of_pages(reading, [page.id])[page.id],
        shortfalls=words.shortfalls(reach.settings) if reach else [],
        no_private=words.without_private_replies(reach.settings) if reach else "",
        mistakes=mistakes,
        login=login,
    )
