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
from app.core.errors import ConfigError
from app.core.security import SecretBox, new_token
from app.hooks import addresses, queries, rules
from app.hooks.types import Candidate, Place
from app.pages.types import PageState

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
        subscribers = {kind: self.connectors.subscriber(kind) for kind in self.connectors.kinds()}
        kinds = [kind for kind, one in subscribers.items() if one is not None]
        charging = [kind for kind, one in subscribers.items() if one is not None and one.charges]
        if self.public_url is None or not kinds:
            return 0
        with self.db.read() as session:
            found = queries.to_subscribe(session, kinds, utc_now(), AT_ONCE)
            left = queries.to_leave(session, kinds, AT_ONCE)
            left += queries.to_leave(session, charging, AT_ONCE, PageState.PAUSED)
        return sum(self._ask(one, self.public_url) for one in found) + sum(
            self._leave(one, self.public_url) for one in left
        )

    def _leave(self, one: Place, public_url: str) -> bool:
        """Ask a page's platform to call no more; answer whether it was asked. Where it asks back the address stays open
        for that, and is closed with it, or when it was asked often enough: then the lease runs out by itself."""
        connector, now = self.connectors.subscriber(one.kind), utc_now()
        with self.db.write() as session:
            due = addresses.leave(session, one.page_id, now)
        if not due or connector is None:
            return False
        hook = Hook(self.box.open(one.sealed_secret), one.place, one.page_url, one.settings, leaving=True)
        try:
            settled = connector.unsubscribe(hook, self._address(connector, one.place, public_url))
        except ConnectorError as error:
            log.warning("not_unsubscribed", page=one.page_id, code=error.code)
            return True
        if settled:
            with self.db.write() as session:
                addresses.close_hook(session, one.page_id)
        return True

    def _ask(self, one: Candidate, public_url: str) -> bool:
        """Whether the platform was asked: not where there is nothing to ask for."""
        connector = self.connectors.subscriber(one.kind)
        try:
            access = Access(one.url, one.settings, self.box.open(one.sealed_access) if one.sealed_access else None)
        except ConfigError as error:  # the page's health says so too
            log.error("secret_not_opened", kind=one.kind, page=one.page_id, why=error.message)
            return False
        wanted = connector.wants(access) if connector is not None else None
        if connector is None or wanted is None:
            if one.before:  # it could be subscribed to once
                with self.db.write() as session:
                    addresses.close_hook(session, one.page_id)
            return False
        return self._open_and_ask(connector, one, access, dict(wanted), public_url)

    def _open_and_ask(
        self, connector: Subscriber, one: Candidate, access: Access, wanted: dict[str, str], public_url: str
    ) -> bool:
        """Whether it was asked, and not by another worker. The address is open before the platform is asked: it asks
        back at once. The secret stays the same when asked again, so that what is on its way can still be proved."""
        tries = int(one.before.get(rules.ASKED, 0))
        secret = self.box.open(one.sealed_secret) if one.sealed_secret else {"secret": new_token()}
        now = utc_now()
        with self.db.write() as session:
            if not addresses.turn_to_ask(session, one.page_id, now):
                return False
            place = addresses.open_hook(
                session,
                one.page_id,
                now,
                sealed_secret=self.box.seal(secret),
                settings={**wanted, rules.ASKED: tries + 1},
                renew_at=rules.ask_again_at(now, tries),
            )
        hook = Hook(secret, place, one.url, wanted)
        try:
            lasts = connector.subscribe(hook, self._address(connector, place, public_url), access)
        except ConnectorError as error:
            log.warning("not_subscribed", page=one.page_id, code=error.code)
            with self.db.write() as session:
                addresses.record_refused(session, one.page_id, error.code, error.detail)
            return True
        log.info("subscription_asked_for", page=one.page_id)
        if lasts is not None:
            with self.db.write() as session:
                addresses.record_confirmed(session, one.page_id, now, lasts)
        return True

    def _address(self, connector: Subscriber, place: str, public_url: str) -> str:
        """Where the platform is to call: the address all pages of the kind share, where there is one."""
        shared = connector.shared_hook()
        return address(public_url, connector.kind, shared.place if shared is not None else place)
