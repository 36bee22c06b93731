"""Carrying deliveries out, several pages at a time."""

from dataclasses import dataclass

from app.connectors import errors
from app.connectors.connector import Connector
from app.connectors.ports import Access, Moderation
from app.connectors.private import PrivateReplier
from app.connectors.registry import Registry
from app.core.db import Database
from app.core.security import SecretBox
from app.outbox.carrying import deliveries
from app.outbox.models import Delivery
from app.outbox.types import Act, Errand
from app.sending.runner import Carrier, Recorder, looked_up, sent
from app.sending.types import Claimed


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through what is due, several pages at a time, one act a page at a time."""

    db: Database
    connectors: Registry
    box: SecretBox
    lease_seconds: float
    threads: int = 8

    def run(self) -> int:
        """Work until nothing is due, or for a while; answer how many acts were tried."""
        return self.carrier().work_through(self.threads)

    def carrier(self) -> Carrier[Delivery, Errand]:
        """What carries one delivery out."""
        return Carrier(self.db, self.box, self.lease_seconds, deliveries, self._ask)

    def _ask(self, access: Access, claimed: Claimed[Errand]) -> Recorder:
        connector = self.connectors.get(claimed.connector)
        look_up = claimed.look_up and claimed.what.act.speaks  # changing a state twice is harmless
        return self._look_up(connector, access, claimed) if look_up else self._send(connector, access, claimed)

    def _send(self, connector: Connector, access: Access, claimed: Claimed[Errand]) -> Recorder:
        act, target, text = claimed.what.act, claimed.what.target, claimed.what.text
        if act.speaks:
            say = _private(connector).reply_privately if act is Act.PRIVATE_REPLY else connector.reply
            return sent(deliveries, claimed, say(access, target, text, key=claimed.key))
        status = connector.moderate(access, target, Moderation(act.value))
        return lambda session, now: deliveries.record_moderated(session, claimed, status, now)

    def _look_up(self, connector: Connector, access: Access, claimed: Claimed[Errand]) -> Recorder:
        act, target, text = claimed.what.act, claimed.what.target, claimed.what.text
        find = _private(connector).look_up_private if act is Act.PRIVATE_REPLY else connector.look_up
        found = find(access, target, text, key=claimed.key, since=claimed.first_sent_at)
        return looked_up(deliveries, claimed, found)


def _private(connector: Connector) -> PrivateReplier:
    """The connector as one that answers in private. Raises Permanent when it is none (any more)."""
    if not isinstance(connector, PrivateReplier):
        raise errors.Permanent(errors.NOT_SUPPORTED, "no private replies here")
    return connector
