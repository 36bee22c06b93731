"""Asking platforms to call us, again before they would stop, and to call no more once a page is removed. No transaction
is open while one is asked."""

from dataclasses import dataclass

import structlog

from app.connectors.errors import ConnectorError
from app.connectors.hooks import Hook, Subscriber
from app.connectors.ports import Access
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox, new_token
from app.hooks import queries, rules, service
from app.hooks.types import Candidate, Place

log = structlog.get_logger()
AT_ONCE = 1_000


def address(public_url: str, kind: str, place: str) -> str:
    """Where a platform calls us; the route stands in ``app.web.hooks``."""
    return f"{public_url}/hooks/{kind}/{place}"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """``public_url`` is where platforms reach us; without one none is asked."""

    db: Database
    connectors: Registry
    box: SecretBox
    public_url: str | None

    def run(self) -> int:
        """Ask wherever that is due; answer how many were asked."""
        kinds = [kind for kind in self.connectors.kinds() if self.connectors.subscriber(kind) is not None]
        if self.public_url is None or not kinds:
            return 0
        with self.db.read() as session:
            found = queries.to_subscribe(session, kinds, utc_now(), AT_ONCE)
            left = queries.to_leave(session, kinds, AT_ONCE)
        return sum(self._ask(one, self.public_url) for one in found) + sum(
            self._leave(one, self.public_url) for one in left
        )

    def _leave(self, one: Place, public_url: str) -> bool:
        """Ask a removed page's platform to call no more; answer whether it was asked. The address stays open for its
        asking back, and is closed with that, or when it was asked often enough: then the lease runs out by itself."""
        connector, now = self.connectors.subscriber(one.kind), utc_now()
        with self.db.write() as session:
            due = service.leave(session, one.page_id, now)
        if not due or connector is None:
            return False
        hook = Hook(self.box.open(one.sealed_secret), one.place, one.page_url, one.settings, leaving=True)
        try:
            connector.unsubscribe(hook, address(public_url, one.kind, one.place))
        except ConnectorError as error:
            log.warning("not_unsubscribed", page=one.page_id, code=error.code)
        return True

    def _ask(self, one: Candidate, public_url: str) -> bool:
        """Whether the platform was asked: not where there is nothing to ask for."""
        connector = self.connectors.subscriber(one.kind)
        wanted = connector.wants(Access(one.url, one.settings)) if connector is not None else None
        if connector is None or wanted is None:
            if one.before:  # it could be subscribed to once
                with self.db.write() as session:
                    service.close_hook(session, one.page_id)
            return False
        self._open_and_ask(connector, one, dict(wanted), public_url)
        return True

    def _open_and_ask(self, connector: Subscriber, one: Candidate, wanted: dict[str, str], public_url: str) -> None:
        """The address is open before the platform is asked: it asks back at once. The secret stays the same when asked
        again, so that what is on its way can still be proved."""
        tries = int(one.before.get(service.TRIES, 0))
        secret = self.box.open(one.sealed_secret) if one.sealed_secret else {"secret": new_token()}
        now = utc_now()
        with self.db.write() as session:
            place = service.open_hook(
                session,
                one.page_id,
                now,
                sealed_secret=self.box.seal(secret),
                settings={**wanted, service.TRIES: tries + 1},
                renew_at=rules.ask_again_at(now, tries),
            )
        try:
            connector.subscribe(Hook(secret, place, one.url, wanted), address(public_url, one.kind, place))
        except ConnectorError as error:
            log.warning("not_subscribed", page=one.page_id, code=error.code)
        else:
            log.info("subscription_asked_for", page=one.page_id)
