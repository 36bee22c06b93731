"""Carrying publications out, one after another: posts are few."""

from dataclasses import dataclass

from app.connectors import errors
from app.connectors.ports import Access
from app.connectors.publishing import NewPost
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.library import holding
from app.library.delivering import publications
from app.sending.runner import Carrier, Recorder, looked_up, sent
from app.sending.types import Claimed


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through what is due."""

    db: Database
    connectors: Registry
    box: SecretBox
    lease_seconds: float
    threads: int = 4

    def run(self) -> int:
        """Let go what nothing stands against any more, then work until nothing is due, or for a while; answer how many
        were tried."""
        with self.db.write() as session:
            holding.look_again(session, utc_now())
        carrier = Carrier(self.db, self.box, self.lease_seconds, publications, self._ask)
        return carrier.work_through(self.threads)

    def _ask(self, access: Access, claimed: Claimed[NewPost]) -> Recorder:
        publisher = self.connectors.publisher(claimed.connector)
        if publisher is None:
            raise errors.Permanent(errors.NOT_SUPPORTED, f"{claimed.connector} takes no posts")
        if claimed.look_up:
            found = publisher.look_up_post(access, claimed.what, key=claimed.key, since=claimed.first_sent_at)
            return looked_up(publications, claimed, found)
        posted = publisher.publish(access, claimed.what, key=claimed.key, since=claimed.first_sent_at)
        return sent(publications, claimed, posted)
