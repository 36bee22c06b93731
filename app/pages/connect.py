"""Connecting a page: find out what an address is, look before anything is stored, prove the credentials.

Talks to the platform and to nothing else; no transaction may be open meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.connectors import errors
from app.connectors.connector import Connector
from app.connectors.meter import Budget, Metered
from app.connectors.ports import Access, Account, Capabilities, Found, Item
from app.connectors.publishing import PostForm
from app.connectors.registry import Registry
from app.connectors.sign_in import SignIn
from app.connectors.typed import asking_once
from app.core.patience import patience
from app.core.security import SecretBox
from app.pages.types import PageView, Reach

PREVIEW = 5
PATIENCE_SECONDS = 20.0
"""How long a site may keep somebody waiting who connects or checks it, over all requests of one step."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One kind of page an address was tried as, and why it is not."""

    label: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """``found`` is None when nothing recognised the address; ``tried`` says what was asked."""

    found: Found | None
    tried: tuple[Tried, ...]


def discover(connectors: Registry, url: str, kind: str | None = None) -> Discovery:
    """Offer an address to all connectors in order, or to one kind; what stands there is asked for once. Raises KeyError
    for a kind that is not installed."""
    with asking_once(), patience(PATIENCE_SECONDS):
        return _discovered(connectors, url, kind)


def _discovered(connectors: Registry, url: str, kind: str | None) -> Discovery:
    offered: Sequence[Connector] = [connectors.get(kind)] if kind else list(connectors)
    tried: list[Tried] = []
    for connector in offered:
        try:
            found = connector.discover(url)
        except errors.ConnectorError as error:
            tried.append(Tried(connector.label, error.code, error.detail))
            continue
        if found is not None:
            return Discovery(found, tuple(tried))
        tried.append(Tried(connector.label, errors.NOT_SUPPORTED, ""))
    return Discovery(None, tuple(tried))


def check(connectors: Registry, found: Found, secret: Mapping[str, str] | None) -> Account | None:
    """Prove the credentials; None without any. Raises ConnectorError."""
    with patience(PATIENCE_SECONDS):
        return connectors.get(found.kind).check(Access(found.url, found.settings, secret))


def preview(
    connectors: Registry, found: Found, account: Account | None, secret: Mapping[str, str] | None, now: datetime
) -> Sequence[Item]:
    """The newest few comments as they would be taken. Raises ConnectorError."""
    settings = {**found.settings, **(account.settings if account else {})}
    access = Access(found.url, settings, secret)
    with patience(PATIENCE_SECONDS):
        return connectors.get(found.kind).latest(access, count=PREVIEW, now=now)


def recheck(connectors: Registry, box: SecretBox, reach: Reach, now: datetime) -> Account | None:
    """Ask a connected page for its newest comment, and prove its credentials if it has any. Raises ConnectorError."""
    secret = box.open(reach.sealed_secret) if reach.sealed_secret else None
    access = Access(reach.url, reach.settings, secret)
    connector = connectors.get(reach.connector)
    with patience(PATIENCE_SECONDS):
        account = connector.check(access)
        connector.latest(access, count=1, now=now)
    return account


def prove(connectors: Registry, reach: Reach, secret: Mapping[str, str]) -> Account | None:
    """Prove other credentials for a connected page. Raises ConnectorError."""
    with patience(PATIENCE_SECONDS):
        return connectors.get(reach.connector).check(Access(reach.url, reach.settings, secret))


def sign_in(connectors: Registry, page: PageView) -> SignIn | None:
    """What a connected page asks people for; None when it can only be read or its connector is not installed."""
    installed = page.can_log_in and page.connector in connectors.kinds()
    return connectors.get(page.connector).sign_in if installed else None


def budget(connectors: Registry, kind: str, now: datetime) -> Budget | None:
    """What may be spent at a platform now; None where nothing is charged."""
    connector = connectors.get(kind) if kind in connectors.kinds() else None
    return connector.budget(now) if isinstance(connector, Metered) else None


def login_would_answer(connectors: Registry, reach: Reach | None) -> bool:
    """Whether a page that is read without a login could be answered from here with one. Asks nobody."""
    if reach is None or reach.sealed_secret or reach.connector not in connectors.kinds():
        return False
    anyone = Access(reach.url, reach.settings, {"login": "", "password": ""})
    return connectors.get(reach.connector).capabilities(anyone).reply


def capabilities(connectors: Registry, box: SecretBox, reach: Reach | None) -> Capabilities:
    """What can be done at a connected page; nothing when its connector is not installed. Asks nobody."""
    if reach is None or reach.connector not in connectors.kinds():
        return Capabilities()
    return connectors.get(reach.connector).capabilities(access(box, reach))


def access(box: SecretBox, reach: Reach) -> Access:
    """A page's connection as its connector sees it."""
    return Access(reach.url, reach.settings, box.open(reach.sealed_secret) if reach.sealed_secret else None)


def post_form(connectors: Registry, box: SecretBox, reach: Reach | None) -> PostForm | None:
    """What posts look like at a connected page; None where nothing can be published from here. Asks nobody."""
    publisher = connectors.publisher(reach.connector) if reach is not None else None
    if reach is None or publisher is None:
        return None
    return publisher.publishes(access(box, reach))
