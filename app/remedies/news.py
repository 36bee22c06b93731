"""What shops tell of orders by themselves. Nothing in it is believed: it has us ask the shop what is true now.

So it does not matter how late a call comes, how often, or in which order. Orders that no remedy was asked for are left
alone: whoever asks for one has the shop asked first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.db import Database, changed_rows, insert_or, table_of
from app.executors.ports import Notice, Purchase
from app.hooks.receiving import NotKeptError
from app.remedies import execution, money, orders, shops, steps
from app.remedies.models import Remedy, RemedyOrder, Shop, ShopNews
from app.remedies.shops import ShopView
from app.remedies.types import Kind, State

log = structlog.get_logger()
GATHER = timedelta(seconds=2)
"""Shops tell of one act several times in a row."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
GIVEN_UP = timedelta(days=7)
"""After so long a shop that can't be asked is asked no more; it is when somebody asks for a remedy."""
_UNDER_WAY = (State.EXECUTING, State.UNSURE)
_TO_COME = (State.ASKED, State.APPROVED)


@dataclass(frozen=True, slots=True)
class Told:
    """An order that this process asks a shop about."""

    shop: ShopView
    named: str
    """What ``Executor.purchase`` takes."""
    told_at: datetime
    attempts: int


def keep(database: Database, shop_id: int, notices: Sequence[Notice], now: datetime) -> None:
    """Store what a proved call says, to be asked about. Raises NotKeptError: it should be sent again.

    ``database`` is one that loses patience in well under a second.
    """
    keys = [one.key for one in notices if one.key]
    ids = [one.external_id for one in notices if one.external_id]
    try:
        with database.write() as session:
            execution.look_again(session, shop_id, keys, ids, now)
            hear(session, shop_id, notices, now)
    except (OperationalError, PoolTimeout) as error:
        log.warning("call_not_kept", shop=shop_id, error=type(error).__name__)
        raise NotKeptError from None


def hear(session: Session, shop_id: int, notices: Sequence[Notice], now: datetime) -> int:
    """Keep which orders a shop spoke of, as far as they may concern us; answer how many."""
    numbers = {one.order for one in notices if one.order}
    known = select(RemedyOrder.number).where(RemedyOrder.shop_id == shop_id, RemedyOrder.line == orders.WHOLE)
    ours = set(session.scalars(known.where(RemedyOrder.number.in_(numbers)))) if numbers else set()
    unnamed = {one.order_id for one in notices if one.order_id and not one.order}
    if unnamed and session.scalar(known.limit(1)) is not None:
        ours |= unnamed
    for named in sorted(ours):
        fresh = {"told_at": now, "due_at": now + GATHER, "attempts": 0}
        statement = insert_or(session, table_of(ShopNews)).values(shop_id=shop_id, named=named[:120], **fresh)
        session.execute(statement.on_conflict_do_update(index_elements=["shop_id", "named"], set_=fresh))
    return len(ours)


def due(session: Session, now: datetime, limit: int = 20) -> list[tuple[int, str]]:
    """Orders to ask about now, the longest due first: shop and name."""
    free = or_(ShopNews.lease_until.is_(None), ShopNews.lease_until <= now)
    query = select(ShopNews.shop_id, ShopNews.named).where(ShopNews.due_at <= now, free)
    return [(shop_id, named) for shop_id, named in session.execute(query.order_by(ShopNews.due_at).limit(limit))]


def has_due(session: Session, now: datetime) -> bool:
    """Whether a shop is to be asked."""
    return bool(due(session, now, limit=1))


def claim(session: Session, shop_id: int, named: str, now: datetime, lease_seconds: float) -> Told | None:
    """The right to ask about one order; None when somebody else was quicker."""
    free = or_(ShopNews.lease_until.is_(None), ShopNews.lease_until <= now)
    mine = update(ShopNews).where(ShopNews.shop_id == shop_id, ShopNews.named == named, ShopNews.due_at <= now, free)
    if changed_rows(session, mine.values(lease_until=now + timedelta(seconds=lease_seconds))) != 1:
        return None
    one = session.get_one(ShopNews, (shop_id, named), populate_existing=True)
    return Told(shops.shop(session, shop_id), named, one.told_at, one.attempts)


def record(session: Session, told: Told, purchase: Purchase | None, now: datetime) -> None:
    """The shop said how the order stands. While a refund of ours is under way its share can't be told: asked later."""
    steps.gate(session)
    known = orders.known(session, told.shop.id, purchase.number) if purchase is not None else None
    if purchase is None or known is None:
        return _settle(session, told)
    of_it = (Remedy.shop_id == told.shop.id, Remedy.order_number == purchase.number)
    under_way = select(Remedy.id).where(*of_it, Remedy.kind == Kind.REFUND, Remedy.state.in_(_UNDER_WAY))
    if session.scalar(under_way.limit(1)) is not None:
        return _put_off(session, told, now)
    before = known.elsewhere
    orders.learn(session, session.get_one(Shop, told.shop.id), purchase, now)
    if known.elsewhere != before:
        facts: dict[str, str | int | bool | None] = {"shop": told.shop.id, "elsewhere": known.elsewhere}
        audit.record(session, Entry(Action.ORDER_NOTED, f"shop/{told.shop.id}/order", now, None, facts=facts))
        amount = money.shown(known.elsewhere, known.currency)
        for one in session.scalars(select(Remedy).where(*of_it, Remedy.state.in_(_TO_COME)).order_by(Remedy.id)):
            steps.tell(session, one, "elsewhere", None, now, amount)
    execution.look_again(session, told.shop.id, [], [], now, order=purchase.number)
    return _settle(session, told)


def record_failure(session: Session, told: Told, code: str, now: datetime) -> None:
    """The shop could not be asked: later again, for a week."""
    if now - told.told_at > GIVEN_UP:
        log.warning("order_not_asked_about", shop=told.shop.id, code=code)
        return _settle(session, told)
    return _put_off(session, told, now)


def _settle(session: Session, told: Told) -> None:
    """Done with, unless the shop has spoken of it again meanwhile."""
    one = session.get(ShopNews, (told.shop.id, told.named), with_for_update=True, populate_existing=True)
    if one is not None and one.told_at == told.told_at:
        session.delete(one)
    elif one is not None:
        one.lease_until = None
    session.flush()


def _put_off(session: Session, told: Told, now: datetime) -> None:
    one = session.get(ShopNews, (told.shop.id, told.named), with_for_update=True, populate_existing=True)
    if one is not None:
        one.lease_until, one.attempts = None, told.attempts + 1
        one.due_at = now + min(FIRST_WAIT * 2.0**told.attempts, LONGEST_WAIT)
    session.flush()
