"""Asking for a remedy from a conversation, changing it, withdrawing it."""

import secrets
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app.accounts.types import Permission
from app.core import pictures
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import route
from app.executors import errors
from app.executors.errors import ExecutorError
from app.executors.ports import Access, Kind, Purchase
from app.inbox import threads
from app.remedies import access, checks, money, policies, proofs, queries, quotes, service, words
from app.remedies import shops as shops_service
from app.remedies.types import Asked, Target
from app.web.inbox import place as places
from app.web.remedies.routes import ID, POST, blueprint, version

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CONVERSATION = "<int(max=9223372036854775807):conversation_id>"


@route(blueprint, f"/ask/{CONVERSATION}", needs=Permission.ASK_REMEDY)
def form(conversation_id: int) -> ResponseReturnValue:
    """The form; the address may name an order, its line and an amount, as the orders beside a thread do."""
    named = request.args
    chosen = places.number(named.get("shop"))
    shop = next((one for one in shops_service.shops(session()) if chosen in (None, one.id)), None)
    blank = Asked(
        kind=Kind.REFUND,
        amount=named.get("amount", "")[:40],
        currency=named.get("currency", "")[:3] or (shop.currency if shop else ""),
        reason="",
        shop_id=shop.id if shop else 0,
        order_number=named.get("order", "")[: checks.LONGEST_NUMBER],
        order_line=named.get("line", "")[: checks.LONGEST_NUMBER],
    )
    return _form(session(), conversation_id, blank)


@route(blueprint, f"/ask/{CONVERSATION}", needs=Permission.ASK_REMEDY, methods=POST, own_transactions=True)
def ask(conversation_id: int) -> ResponseReturnValue:
    """Ask for it; the shop is asked first what was paid, where it can be."""
    now, asked = utc_now(), _typed()
    try:
        asked = _read(asked)
        purchase = _purchase(asked)
        with services().db.write() as writing:
            remedy_id = service.ask(
                writing, actor(), conversation_id, asked, now, key=request.form.get("key", ""), purchase=purchase
            )
            needs = access.remedy(writing, actor(), remedy_id).approvals_needed
    except (Conflict, Forbidden, InvalidInput) as error:
        with services().db.read() as reading:
            return _form(reading, conversation_id, asked, error=error), status_of(error)
    flash(_("Asked for. Somebody has to approve it.") if needs else _("Approved; it needed nobody else."), "good")
    return redirect(url_for("inbox.talk", conversation_id=conversation_id), 303)


@route(blueprint, f"/{ID}/edit", needs=Permission.ASK_REMEDY)
def edit_form(remedy_id: int) -> ResponseReturnValue:
    """The form with what was asked for."""
    one = access.remedy(session(), actor(), remedy_id)
    asked = Asked(
        kind=one.kind,
        amount=money.plain(one.amount, one.currency),
        currency=one.currency,
        reason=one.reason,
        explanation=one.explanation,
        shop_id=one.shop_id,
        order_number=one.order_number,
        order_line=one.order_line,
        target=one.target,
        target_account=one.target_account,
        promised_on=one.promised_on,
        evidence=one.evidence,
    )
    return _form(session(), one.conversation_id, asked, remedy=one)


@route(blueprint, f"/{ID}/edit", needs=Permission.ASK_REMEDY, methods=POST, own_transactions=True)
def edit(remedy_id: int) -> ResponseReturnValue:
    """Ask for something else instead; everything signed so far is void."""
    asked = _typed()
    try:
        asked = _read(asked)
        purchase = _purchase(asked)
        with services().db.write() as writing:
            service.edit(writing, actor(), remedy_id, asked, utc_now(), version=version(), purchase=purchase)
    except (Conflict, Forbidden, InvalidInput) as error:
        with services().db.read() as reading:
            one = access.remedy(reading, actor(), remedy_id)
            body = _form(reading, one.conversation_id, asked, remedy=one, error=error)
        return body, status_of(error)
    flash(_("Changed. It has to be approved anew."), "good")
    return redirect(url_for("remedies.show", remedy_id=remedy_id), 303)


def _typed() -> Asked:
    """What was typed, to be shown again if it can't be taken."""
    given = request.form
    return Asked(
        kind=Kind(given["kind"]) if given.get("kind") in list(Kind) else Kind.REFUND,
        amount=given.get("amount", ""),
        currency=given.get("currency", ""),
        reason=given.get("reason", ""),
        explanation=given.get("explanation", ""),
        shop_id=places.number(given.get("shop")) or 0,
        order_number=given.get("order_number", ""),
        order_line=given.get("order_line", ""),
        paid=given.get("paid", ""),
        line_paid=given.get("line_paid", ""),
        target=Target(given["target"]) if given.get("target") in list(Target) else Target.ORIGINAL,
        target_account=given.get("target_account", ""),
        evidence=[one for one in given.getlist("evidence") if one.strip()],
    )


def _read(typed: Asked) -> Asked:
    """With what is no text. Raises InvalidInput for what no form of ours sends, for no day, and for no picture."""
    given = request.form
    if given.get("kind") not in list(Kind) or (given.get("target") or Target.ORIGINAL) not in list(Target):
        raise InvalidInput(_("Choose what they get."), field="kind")
    day = given.get("promised_on", "").strip()
    try:
        promised = date.fromisoformat(day) if day else None
    except ValueError:
        raise InvalidInput(_("This is no day. Write it like 2027-01-31."), field="promised_on") from None
    sent = [pictures.checked(one.stream.read(pictures.LARGEST + 1)) for one in _files()]
    return replace(typed, promised_on=promised, pictures=sent)


def _files() -> list[FileStorage]:
    """The files that were sent; a field that was left empty sends one without a name. Raises InvalidInput."""
    found = [one for one in request.files.getlist("pictures") if one.filename]
    if len(found) > proofs.MOST_PICTURES:
        raise InvalidInput(
            _("At most %(n)s pictures can be sent with a request.", n=proofs.MOST_PICTURES), field="pictures"
        )
    return found


def _purchase(asked: Asked) -> Purchase | None:
    """What the shop says was paid; no transaction is open meanwhile. Raises InvalidInput."""
    number = asked.order_number.strip()
    with services().db.read() as reading:
        shop = shops_service.shop(reading, asked.shop_id) if asked.shop_id else shops_service.shops(reading)[0]
    executor = services().executors.get(shop.kind)
    if asked.kind not in executor.abilities.kinds:
        raise InvalidInput(_("This can't be carried out there. Choose another place."), field="shop")
    if not number or not executor.abilities.knows_orders:
        return None
    secret = services().box.open(shop.sealed_secret) if shop.sealed_secret else {}
    try:
        found = executor.purchase(Access(shop.settings, secret), number)
    except ExecutorError as error:
        raise InvalidInput(words.failure(error.code), field="order_number") from None
    if found is None:
        raise InvalidInput(words.failure(errors.UNKNOWN_ORDER), field="order_number")
    return found


def _form(
    reading: "Session",
    conversation_id: int,
    asked: Asked,
    *,
    remedy: Any = None,
    error: PorchlightError | None = None,
) -> str:
    talk = threads.conversation(reading, actor(), conversation_id)
    found = shops_service.shops(reading)
    quoted = quotes.choices(reading, conversation_id, remedy.id if remedy else None, asked.evidence)
    return render_template(
        "remedies/ask.html",
        talk=talk,
        asked=asked,
        remedy=remedy,
        shops=found,
        orders={shop.id: services().executors.get(shop.kind).abilities.knows_orders for shop in found},
        reasons=policies.in_force(reading).policy.reasons,
        before=queries.of_person(reading, conversation_id, limit=5),
        links=proofs.links(asked.evidence),
        kept=proofs.pictures(asked.evidence) if remedy else [],
        chosen_again=any(one.filename for one in request.files.values()),
        quotes=quoted,
        chosen=set(asked.evidence) if remedy or error else quotes.likely(quoted),
        mark=proofs.MARK,
        most_pictures=proofs.MOST_PICTURES,
        error=error.message if error else "",
        field=(getattr(error, "field", None) or "") if error else "",
        key=request.form.get("key") or secrets.token_hex(12),
    )
