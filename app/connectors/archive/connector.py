"""Pages without a platform: what was imported from files, kept to be read and found. See docs/connectors/archive.md."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NoReturn

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import (
    Access,
    Account,
    Batch,
    Capabilities,
    Cursor,
    Found,
    Item,
    Moderation,
    Payload,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.connectors.sign_in import SignIn


class ArchiveConnector:
    """Asks nobody and changes nothing: all there is came by ``porchlight import``."""

    kind = "archive"
    label = "History"
    icon = "history"
    sign_in: SignIn | None = None

    def discover(self, url: str) -> Found | None:
        """Such pages are made by importing, never found at an address."""
        return None

    def check(self, access: Access) -> Account | None:
        return None

    def capabilities(self, access: Access) -> Capabilities:
        return Capabilities()

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        return ()

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        yield Batch((), {}, complete=True)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        yield from ()

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return ()

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        self._refuse()

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        self._refuse()

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Permanent(errors.NOT_SUPPORTED, "imported comments have no page to act on")
