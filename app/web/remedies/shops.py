"""The shops: where remedies are carried out."""

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.executors.errors import ExecutorError
from app.executors.ports import Access
from app.remedies import money, words
from app.remedies import shops as service
from app.web.remedies.routes import POST, blueprint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SHOP = "<int(max=2147483647):shop_id>"


@route(blueprint, "/shops", needs=Permission.MANAGE_SHOPS)
def shops() -> ResponseReturnValue:
    """All of them, and a form for another."""
    return _page(session())


@route(blueprint, "/shops", needs=Permission.MANAGE_SHOPS, methods=POST, own_transactions=True)
def add_shop() -> ResponseReturnValue:
    """Add one, once its settings were proved."""
    given, kind = request.form, request.form.get("kind", "")
    try:
        if kind not in {one.kind for one in services().executors}:
            raise InvalidInput(_("Choose a kind."), field="kind")
        executor = services().executors.get(kind)
        able = executor.abilities
        values = {name: given.get(f"{kind}.{name}", "").strip() for name in (*able.fields, *able.secrets)}
        settings = {name: values[name] for name in able.fields}
        secret = {name: values[name] for name in able.secrets}
        currency = money.known(given.get("currency", ""))
        try:
            executor.check(Access(settings, secret))
        except ExecutorError as error:
            message = words.failure(error.code)
            raise InvalidInput(f"{message} {error.detail}".strip(), field="kind") from None
        with services().db.write() as writing:
            service.add(
                writing,
                actor(),
                kind=kind,
                name=given.get("name", ""),
                currency=currency,
                settings=settings,
                sealed_secret=services().box.seal(secret) if secret else None,
                by_hand=able.by_hand,
                now=utc_now(),
            )
    except (Conflict, InvalidInput) as error:
        with services().db.read() as reading:
            return _page(reading, error=error), status_of(error)
    flash(_("Added."), "good")
    return redirect(url_for("remedies.shops"), 303)


@route(blueprint, f"/shops/{SHOP}", needs=Permission.MANAGE_SHOPS, methods=POST)
def change_shop(shop_id: int) -> ResponseReturnValue:
    """Switch one on or off for new requests, or change its currency."""
    active = request.form.get("active") == "yes"
    try:
        service.change(
            session(), actor(), shop_id, currency=request.form.get("currency", ""), active=active, now=utc_now()
        )
    except (Conflict, InvalidInput) as error:
        return rejected(_page(session(), error=error), status_of(error))
    flash(_("Changed."), "good")
    return redirect(url_for("remedies.shops"), 303)


def _page(reading: "Session", *, error: PorchlightError | None = None) -> str:
    return render_template(
        "remedies/shops.html",
        shops=service.shops(reading, all_of_them=True),
        kinds=list(services().executors),
        labels={one.kind: one.label for one in services().executors},
        error=error.message if error else "",
        given=request.form,
    )
