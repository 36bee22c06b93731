"""What was paid for an order, and never giving back more than that: over all remedies and all departments."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.accounts.models import User
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.db import changed_rows, insert_or, table_of
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.executors.ports import Kind, Purchase, PurchaseLine
from app.remedies import money, rules
from app.remedies.models import Remedy, RemedyOrder, Shop
from app.remedies.types import HOLDS_MONEY, Asked, State

WHOLE = ""
"""The line that stands for the whole order."""


class _TooMuchError(Exception):
    """Ends the savepoint."""


def as_the_shop_says(asked: Asked, purchase: Purchase) -> Asked:
    """The order and line by the names the shop gives them, however they were typed: one order is counted once.

    Raises InvalidInput for a line that the order does not have, and for a replacement that does not say of what.
    """
    line, named = "", asked.order_line.strip()
    if purchase.lines and (named or asked.kind is Kind.REPLACEMENT):
        found = purchase.line(named) if named else purchase.lines[0] if len(purchase.lines) == 1 else None
        if found is None:
            known = ", ".join(one.key for one in purchase.lines[:10])
            raise InvalidInput(_("Name one line of the order: %(lines)s.", lines=known), field="order_line")
        line = found.key
    return replace(asked, order_number=purchase.number, order_line=line or named)


def as_noted(session: Session, shop: Shop, asked: Asked) -> Asked:
    """The order and line as they were first noted, where people alone know orders: "a-1001" and "# A-1001" are one.

    A program gets what was typed: it may tell them apart.
    """
    if not shop.by_hand or not asked.order_number.strip():
        return asked
    here = RemedyOrder.shop_id == shop.id
    number = _spelled(session, RemedyOrder.number, here, asked.order_number)
    line = _spelled(session, RemedyOrder.line, here & (RemedyOrder.number == number), asked.order_line)
    return replace(asked, order_number=number, order_line=line)


def _spelled(session: Session, column: InstrumentedAttribute[str], where: ColumnElement[bool], typed: str) -> str:
    """The spelling that is known already, else the one that was typed."""
    wanted = rules.folded(typed)
    plainly = func.lower(func.ltrim(func.replace(column, " ", ""), "#"))
    known_as = session.scalar(select(column).where(where, plainly == wanted).limit(1)) if wanted else None
    return known_as if known_as is not None else rules.spelled(typed)


def set_aside(
    session: Session,
    shop: Shop,
    asked: Asked,
    remedy: Remedy,
    purchase: Purchase | None,
    user_id: int,
    now: datetime,
) -> None:
    """Remember what was paid, and take what is asked for from it. Raises InvalidInput, Conflict."""
    if not remedy.order_number:
        return
    bought = purchase.line(remedy.order_line) if purchase and remedy.order_line else None
    if purchase is not None:
        learn(session, shop, purchase, now)
    if purchase is not None and bought is not None:
        _learn_line(session, shop, purchase, bought, now)
    for line, typed, field in ((WHOLE, asked.paid, "paid"), (remedy.order_line, asked.line_paid, "line_paid")):
        known = purchase is not None if line == WHOLE else bought is not None
        if line == WHOLE and field == "line_paid":
            continue
        paid = _paid(typed, remedy.currency, field) if typed.strip() and not known else None
        note(session, shop, remedy.order_number, remedy.currency, line=line, paid=paid, actor_id=user_id, now=now)
    take(session, shop.id, remedy.order_number, remedy.order_line, remedy.amount, remedy.currency)


def _paid(typed: str, currency: str, field: str) -> int:
    try:
        return money.parsed(typed, currency)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=field) from None


def note(
    session: Session,
    shop: Shop,
    number: str,
    currency: str,
    *,
    line: str = WHOLE,
    paid: int | None,
    actor_id: int,
    now: datetime,
) -> None:
    """Remember what was paid, as somebody typed it; ``paid`` None: it has to be known already.

    What is known is not overwritten by typing. Raises InvalidInput.
    """
    noted = known(session, shop.id, number, line)
    field = "line_paid" if line else "paid"
    if noted is None:
        if paid is None:
            raise InvalidInput(
                _("What was paid for this? Enter the amount, so that never more is given back."), field=field
            )
        _insert(session, shop.id, number, line, currency, paid, by_shop=False, actor_id=actor_id, now=now)
        facts: dict[str, str | int | bool | None] = {
            "shop": shop.id,
            "paid": paid,
            "currency": currency,
            "whole": line == WHOLE,
        }
        audit.record(session, Entry(Action.ORDER_NOTED, f"shop/{shop.id}/order", now, actor_id, facts=facts))
        noted = known(session, shop.id, number, line)
    if noted is None or noted.currency != currency:
        raise InvalidInput(
            _("This order was paid in %(currency)s.", currency=noted.currency if noted else "?"), field="currency"
        )
    if paid is not None and paid != noted.paid and not noted.by_shop:
        raise InvalidInput(
            _("%(amount)s was noted as paid for this before.", amount=money.shown(noted.paid, noted.currency)),
            field=field,
        )


def learn(session: Session, shop: Shop, purchase: Purchase, now: datetime) -> None:
    """Remember what the shop itself says was paid; what was given back outside of Porchlight is no longer there."""
    done = (State.EXECUTED, State.TOLD)
    ours = session.scalars(
        select(Remedy.amount).where(
            Remedy.shop_id == shop.id,
            Remedy.order_number == purchase.number,
            Remedy.kind == Kind.REFUND,  # nothing else is money that the shop has given back
            Remedy.state.in_(done),
        )
    )
    elsewhere = max(0, purchase.refunded - sum(ours))
    left = max(0, purchase.paid - elsewhere)
    if known(session, shop.id, purchase.number) is None:
        _insert(session, shop.id, purchase.number, WHOLE, purchase.currency, left, by_shop=True, actor_id=None, now=now)
    row = known(session, shop.id, purchase.number)
    if row is not None:
        row.paid, row.elsewhere, row.currency = max(row.taken, left), elsewhere, purchase.currency
        row.by_shop, row.noted_at = True, now
    session.flush()


def _learn_line(session: Session, shop: Shop, purchase: Purchase, line: PurchaseLine, now: datetime) -> None:
    row = known(session, shop.id, purchase.number, line.key)
    if row is None:
        _insert(
            session,
            shop.id,
            purchase.number,
            line.key,
            purchase.currency,
            line.paid,
            by_shop=True,
            actor_id=None,
            now=now,
        )
        return
    row.paid, row.currency, row.by_shop = max(row.taken, line.paid), purchase.currency, True
    row.noted_at = now
    session.flush()


def take(session: Session, shop_id: int, number: str, line: str, amount: int, currency: str) -> None:
    """Take from what was paid, in one statement that can't take more. Raises Conflict that says what is left."""
    lines = {WHOLE, line}
    guarded = (
        update(RemedyOrder)
        .where(
            RemedyOrder.shop_id == shop_id,
            RemedyOrder.number == number,
            RemedyOrder.line.in_(lines),
            RemedyOrder.currency == currency,
            RemedyOrder.taken + amount <= RemedyOrder.paid,
        )
        .values(taken=RemedyOrder.taken + amount)
    )
    try:
        with session.begin_nested() if len(lines) > 1 else nullcontext():  # one row is changed or not
            if changed_rows(session, guarded) != len(lines):
                raise _TooMuchError
    except _TooMuchError:  # one of order and line had enough: neither is touched
        raise _too_much(session, shop_id, number, line, currency) from None


def give_back(session: Session, shop_id: int, number: str, line: str, amount: int) -> None:
    """What was taken for a remedy that is not given after all."""
    session.execute(
        update(RemedyOrder)
        .where(RemedyOrder.shop_id == shop_id, RemedyOrder.number == number, RemedyOrder.line.in_({WHOLE, line}))
        .values(taken=RemedyOrder.taken - amount)
        .execution_options(synchronize_session=False)
    )


def _too_much(session: Session, shop_id: int, number: str, line: str, currency: str) -> Conflict:
    left = min(
        session.scalars(
            select(RemedyOrder.paid - RemedyOrder.taken).where(
                RemedyOrder.shop_id == shop_id, RemedyOrder.number == number, RemedyOrder.line.in_({WHOLE, line})
            )
        ),
        default=0,
    )
    names = session.scalars(
        select(User.name)
        .join(Remedy, Remedy.requester_id == User.id)
        .where(Remedy.shop_id == shop_id, Remedy.order_number == number, Remedy.state.in_(HOLDS_MONEY))
        .distinct()
        .order_by(User.name)
    ).all()
    text = _("More than was paid: %(left)s is left of this order.", left=money.shown(max(0, left), currency))
    if names:
        text += " " + _("Asked for before by %(names)s.", names=", ".join(names))
    return Conflict(text, code="more_than_paid")


def known(session: Session, shop_id: int, number: str, line: str = WHOLE) -> RemedyOrder | None:
    """What is remembered of an order or line, as the database has it now."""
    query = select(RemedyOrder).where(
        RemedyOrder.shop_id == shop_id, RemedyOrder.number == number, RemedyOrder.line == line
    )
    return session.scalar(query.execution_options(populate_existing=True))


def _insert(
    session: Session,
    shop_id: int,
    number: str,
    line: str,
    currency: str,
    paid: int,
    *,
    by_shop: bool,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Two may note the same order at the same time: the first counts."""
    statement = insert_or(session, table_of(RemedyOrder)).values(
        id=new_id(),
        shop_id=shop_id,
        number=number,
        line=line,
        currency=currency,
        paid=paid,
        taken=0,
        by_shop=by_shop,
        noted_by_id=actor_id,
        noted_at=now,
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["shop_id", "number", "line"]))
