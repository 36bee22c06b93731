"""Orders of a WooCommerce shop: found by number or e-mail address, and read into what we know of a purchase."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from app.core.currencies import units
from app.core.http import Http
from app.executors import errors
from app.executors.errors import NotNow, Refused
from app.executors.ports import Access, Purchase, PurchaseLine, line_key
from app.executors.woocommerce.wire import PER_PAGE, read

LAST = 10
PAGES = 20
_LONGEST = 60

Order = dict[str, Any]


def by_number(http: Http, access: Access, number: str) -> Order | None:
    """The order that the shop itself calls so: its id, or what a plug-in numbers orders by."""
    wanted = number.strip().removeprefix("#").strip()
    if not wanted or len(wanted) > _LONGEST:
        return None
    if wanted.isascii() and wanted.isdigit():
        known = _by_id(http, access, wanted)
        if known is not None and _number(known) == wanted:
            return known
    found = [one for one in _list(http, access, {"search": wanted, "per_page": LAST}) if _number(one) == wanted]
    return found[0] if len(found) == 1 else None


def by_email(http: Http, access: Access, email: str) -> list[Order]:
    """The last orders whose billing address has exactly this e-mail address; the shop's own search is wider."""
    wanted = email.strip().lower()
    params: dict[str, str | int] = {"search": wanted, "per_page": LAST, "orderby": "date", "order": "desc"}
    found = _list(http, access, params) if wanted else []
    return [one for one in found if str((one.get("billing") or {}).get("email") or "").strip().lower() == wanted]


def placed_since(http: Http, access: Access, since: datetime, customer: int) -> Iterator[Order]:
    """All orders made since then (by a customer, unless that is 0), oldest first.

    Raises NotNow when there are more than can be looked through.
    """
    after = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for page in range(1, PAGES + 1):
        params: dict[str, str | int] = {
            "after": after,
            "per_page": PER_PAGE,
            "page": page,
            "orderby": "date",
            "order": "asc",
            "status": "any",
        }
        if customer:
            params["customer"] = customer
        found = _list(http, access, params)
        yield from found
        if len(found) < PER_PAGE:
            return
    raise NotNow(errors.BAD_ANSWER, "more orders than can be looked through")


def refunds(http: Http, access: Access, order_id: int) -> Iterator[dict[str, Any]]:
    """All refunds of an order. Raises NotNow when there are more than can be looked through."""
    for page in range(1, PAGES + 1):
        found = _listed(read(http, access, f"/orders/{order_id}/refunds", {"per_page": PER_PAGE, "page": page}))
        yield from found
        if len(found) < PER_PAGE:
            return
    raise NotNow(errors.BAD_ANSWER, "more refunds than can be looked through")


def purchase(order: Order) -> Purchase:
    """An order in our words. Raises NotNow for one that can't be understood."""
    try:
        currency = str(order["currency"]).upper()
        given_back = sum(abs(units(str(one["total"]), currency)) for one in order.get("refunds") or [])
        paid = units(str(order["total"]), currency) if order.get("date_paid") else 0
        lines = tuple(_line(one, currency) for one in order.get("line_items") or [])
        return Purchase(
            number=_number(order),
            currency=currency,
            paid=paid,
            refunded=given_back,
            placed_at=_moment(order.get("date_created_gmt")),
            state=str(order.get("status") or "")[:40],
            lines=lines,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotNow(errors.BAD_ANSWER, f"an order that can't be understood: {error}") from None


def _line(item: dict[str, Any], currency: str) -> PurchaseLine:
    tax = str(item.get("total_tax") or "0")
    paid = units(str(item["total"]), currency) + units(tax, currency)
    return PurchaseLine(line_key(str(item.get("name") or ""), str(int(item["id"]))), int(item["quantity"]), paid)


def _by_id(http: Http, access: Access, order_id: str) -> Order | None:
    try:
        found = read(http, access, f"/orders/{int(order_id)}")
    except Refused as error:
        if error.code == errors.UNKNOWN_ORDER:
            return None
        raise
    if not isinstance(found, dict):
        raise NotNow(errors.BAD_ANSWER, "no order")
    return found


def _number(order: Order) -> str:
    return str(order.get("number") or order.get("id") or "").removeprefix("#")


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _list(http: Http, access: Access, params: dict[str, str | int]) -> list[Order]:
    return _listed(read(http, access, "/orders", params))


def _listed(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotNow(errors.BAD_ANSWER, "no list")
    return found


def purchases(found: Sequence[Order]) -> list[Purchase]:
    """Several of them."""
    return [purchase(one) for one in found]
