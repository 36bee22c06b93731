"""Where remedies are carried out: added and changed by admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.remedies import money
from app.remedies.models import Shop

BY_HAND = "manual"


@dataclass(frozen=True, slots=True)
class ShopView:
    """A shop as screens and runners see it."""

    id: int
    kind: str
    name: str
    by_hand: bool
    currency: str
    settings: Mapping[str, Any]
    sealed_secret: bytes | None
    active: bool


def seed(session: Session, now: datetime) -> None:
    """Every installation can carry remedies out by hand."""
    if session.scalar(select(Shop.id).limit(1)) is None:
        session.add(Shop(kind=BY_HAND, name="By hand", by_hand=True, currency="EUR", settings={}, created_at=now))
        session.flush()


def shops(session: Session, *, all_of_them: bool = False) -> list[ShopView]:
    """Shops that can be chosen, oldest first."""
    query = select(Shop).order_by(Shop.id)
    return [_view(one) for one in session.scalars(query if all_of_them else query.where(Shop.active))]


def shop(session: Session, shop_id: int) -> ShopView:
    """One shop. Raises NotFound."""
    found = session.get(Shop, shop_id)
    if found is None:
        raise NotFound(_("There is no such shop."))
    return _view(found)


def add(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    name: str,
    currency: str,
    settings: Mapping[str, Any],
    sealed_secret: bytes | None,
    by_hand: bool,
    now: datetime,
) -> int:
    """Add a shop whose settings were proved; answer its id. Raises InvalidInput, Conflict."""
    name = name.strip()[:120]
    if not name:
        raise InvalidInput(_("Give it a name."), field="name")
    if session.scalar(select(Shop.id).where(Shop.name == name)):
        raise Conflict(_("There is a shop of this name already."), code="taken")
    fresh = Shop(
        kind=kind,
        name=name,
        by_hand=by_hand,
        currency=money.known(currency),
        settings=dict(settings),
        sealed_secret=sealed_secret,
        created_at=now,
    )
    session.add(fresh)
    session.flush()
    audit.record(session, Entry(Action.SHOP_ADDED, f"shop/{fresh.id}", now, actor.id, facts={"kind": kind}))
    return fresh.id


def change(session: Session, actor: Actor, shop_id: int, *, currency: str, active: bool, now: datetime) -> None:
    """Switch a shop on or off for new requests, and choose what its forms begin with. The last one stays on."""
    found = session.get(Shop, shop_id)
    if found is None:
        raise NotFound(_("There is no such shop."))
    others = session.scalar(select(Shop.id).where(Shop.active, Shop.id != shop_id).limit(1))
    if not active and others is None:
        raise Conflict(_("One has to stay: without any, nothing could be carried out."), code="last")
    found.currency, found.active = money.known(currency), active
    session.flush()
    facts: dict[str, str | int | bool | None] = {"active": active, "currency": found.currency}
    audit.record(session, Entry(Action.SHOP_CHANGED, f"shop/{shop_id}", now, actor.id, facts=facts))


def seal(session: Session, actor: Actor, shop_id: int, sealed_secret: bytes, name: str, now: datetime) -> None:
    """Keep a shop's secrets with another value for ``name``. Raises NotFound."""
    found = session.get(Shop, shop_id, with_for_update=True)
    if found is None:
        raise NotFound(_("There is no such shop."))
    found.sealed_secret = sealed_secret
    session.flush()
    audit.record(session, Entry(Action.SHOP_CHANGED, f"shop/{shop_id}", now, actor.id, facts={"secret": name}))


def _view(one: Shop) -> ShopView:
    return ShopView(one.id, one.kind, one.name, one.by_hand, one.currency, one.settings, one.sealed_secret, one.active)
