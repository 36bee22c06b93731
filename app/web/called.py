"""How a page's platform tells of comments by itself, for the page's screen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import url_for

from app.edge.context import services
from app.hooks import queries as hooks
from app.pages import connect, words
from app.pages.types import PageState, PageView, Reach


class Way(StrEnum):
    """``by_hand``: a person enters our address there. ``no_address``: we would ask, but have none that is reached from
    outside. ``soon``: a worker asks within a minute. ``asked``: not confirmed yet. ``told``: it tells by itself.
    ``refused``: it could not be asked."""

    BY_HAND = "by_hand"
    NO_ADDRESS = "no_address"
    SOON = "soon"
    ASKED = "asked"
    TOLD = "told"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Called:
    """``address``: where the platform calls us, where a person has to know it. ``why``: why it could not be asked."""

    way: Way
    address: str = ""
    why: str = ""
    detail: str = ""


def called(reading: Any, page: PageView, reach: Reach | None) -> Called | None:
    """How it is; None where the platform tells of nothing by itself."""
    standing = hooks.standing(reading, page.id)
    if standing is not None:
        if standing.code is None:
            return Called(Way.TOLD if standing.confirmed else Way.ASKED)
        why = words.advice(standing.code, standing.detail)
        return Called(Way.REFUSED, why=f"{why.what} {why.do}".strip(), detail=standing.detail)
    subscriber = services().connectors.subscriber(page.connector)
    if subscriber is not None and reach is not None and subscriber.wants(connect.access(services().box, reach)):
        if page.state is not PageState.ACTIVE:
            return None
        return Called(Way.SOON if services().settings.web.public_url else Way.NO_ADDRESS)
    place = _place(reading, page)
    if place is None:
        return None
    path = url_for("hooks.called", kind=page.connector, place=place)
    return Called(Way.BY_HAND, services().settings.public_url + path)


def _place(reading: Any, page: PageView) -> str | None:
    receiver = services().connectors.receiver(page.connector)
    shared = receiver.shared_hook() if receiver is not None else None
    if shared is not None:
        return shared.place
    own = hooks.of_page(reading, page.id) if receiver is not None else None
    return own.place if own is not None else None
