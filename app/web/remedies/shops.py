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

SHORTEST_SECRET, LONGEST_SECRET = 8, 500
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


@route(blueprint, f"/shops/{SHOP}/calls", needs=Permission.MANAGE_SHOPS, methods=POST)
def prove_calls(shop_id: int) -> ResponseReturnValue:
    """Enter the secret that a shop signs its calls with."""
    shop = service.shop(session(), shop_id)
    name = services().executors.get(shop.kind).abilities.calls_with
    given = request.form.get("secret", "").strip()
    if not name or not SHORTEST_SECRET <= len(given) <= LONGEST_SECRET:
        error = InvalidInput(_("A secret has at least %(n)s characters.", n=SHORTEST_SECRET), field="secret")
        return rejected(_page(session(), error=error), status_of(error))
    known = services().box.open(shop.sealed_secret) if shop.sealed_secret else {}
    service.seal(session(), actor(), shop_id, services().box.seal({**known, name: given}), name, utc_now())
    flash(_("Kept. Calls that are signed with it are believed from now on."), "good")
    return redirect(url_for("remedies.shops"), 303)


def _page(reading: "Session", *, error: PorchlightError | None = None) -> str:
    all_of_them = service.shops(reading, all_of_them=True)
    return render_template(
        "remedies/shops.html",
        shops=all_of_them,
        kinds=list(services().executors),
        labels={one.kind: one.label for one in services().executors},
        calls_with={one.kind: one.abilities.calls_with for one in services().executors},
        called_by=[one.id for one in all_of_them if _is_called_by(one)],
        error=error.message if error else "",
        given=request.form,
    )


def _is_called_by(shop: service.ShopView) -> bool:
    """Whether there is a secret to prove its calls with."""
    name = services().executors.get(shop.kind).abilities.calls_with
    return bool(name and shop.sealed_secret and services().box.open(shop.sealed_secret).get(name))
