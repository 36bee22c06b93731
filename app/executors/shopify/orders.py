"""Orders of a Shopify shop: found by number or e-mail address, and read into what we know of a purchase."""

import re
from datetime import datetime
from typing import Any

from app.core.currencies import units
from app.executors import errors
from app.executors.errors import NotNow
from app.executors.ports import Access, Purchase, PurchaseLine, line_key
from app.executors.shopify import documents
from app.executors.shopify.wire import Wire

Order = dict[str, Any]
BY_ID = "gid://shopify/Order/"
_NUMBER = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9._/-]{0,58}")
_EMAIL = re.compile(r"[^\s\"'\\:()]{1,200}@[^\s\"'\\:()]{1,100}")


def by_number(wire: Wire, access: Access, number: str) -> Order | None:
    """The order of exactly this name, with or without its ``#``, or of this id; None when there is none, or several."""
    wanted = number.strip()
    if wanted.startswith(BY_ID) and wanted.removeprefix(BY_ID).isdecimal():
        found_by_id = wire.read(access, documents.ORDER, {"id": wanted}).get("order")
        return found_by_id if isinstance(found_by_id, dict) else None
    if not _NUMBER.fullmatch(wanted):
        return None
    wanted = wanted.removeprefix("#")
    found = [one for one in _listed(wire, access, f'name:"{wanted}"') if name(one) == wanted]
    return found[0] if len(found) == 1 else None


def by_email(wire: Wire, access: Access, email: str) -> list[Order]:
    """The last orders of exactly this e-mail address."""
    wanted = email.strip().lower()
    if not _EMAIL.fullmatch(wanted):
        return []
    found = _listed(wire, access, f'email:"{wanted}"')
    return [one for one in found if str(one.get("email") or "").strip().lower() == wanted]


def whole(wire: Wire, access: Access, order_id: str) -> Order:
    """One order with its refunds and what can be given back. Raises NotNow when it can't be read."""
    found = wire.read(access, documents.ORDER, {"id": order_id}).get("order")
    if not isinstance(found, dict):
        raise NotNow(errors.BAD_ANSWER, "no order")
    return found


def name(order: Order) -> str:
    """The order's number as people say it."""
    return str(order.get("name") or "").removeprefix("#")


def amount(bag: Any, currency: str) -> int:
    """Money of a bag in the currency the person paid in. Raises ValueError for what can't be understood."""
    money = bag.get("presentmentMoney") if isinstance(bag, dict) else None
    if not isinstance(money, dict) or str(money.get("currencyCode")) != currency:
        raise ValueError("no amount in the order's currency")
    return units(str(money.get("amount")), currency)


def tail(gid: str) -> str:
    """The number at the end of ``gid://shopify/LineItem/123``."""
    return gid.rpartition("/")[2]


def purchase(order: Order) -> Purchase:
    """An order in our words. Raises NotNow for one that can't be understood."""
    try:
        currency = str(order["presentmentCurrencyCode"])
        lines = tuple(
            PurchaseLine(
                line_key(str(one.get("name") or ""), tail(str(one["id"]))),
                int(one["quantity"]),
                amount(one["discountedTotalSet"], currency),
            )
            for one in order["lineItems"]["nodes"]
        )
        return Purchase(
            number=name(order),
            currency=currency,
            paid=amount(order["totalReceivedSet"], currency),
            refunded=amount(order["totalRefundedSet"], currency),
            placed_at=datetime.fromisoformat(str(order["createdAt"])),
            state=str(order.get("displayFinancialStatus") or "").replace("_", " ").lower()[:40],
            lines=lines,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotNow(errors.BAD_ANSWER, f"an order that can't be understood: {error}") from None


def _listed(wire: Wire, access: Access, query: str) -> list[Order]:
    found = wire.read(access, documents.ORDERS, {"query": query}).get("orders")
    nodes = found.get("nodes") if isinstance(found, dict) else None
    if not isinstance(nodes, list) or not all(isinstance(one, dict) for one in nodes):
        raise NotNow(errors.BAD_ANSWER, "no list of orders")
    return nodes
