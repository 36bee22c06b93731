"""The contract suite's page as the product reads it: its database, its runner, the health line it shows."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.collecting.runner import Runner
from app.connectors.connector import Connector
from app.connectors.ports import Found
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.inbox.models import Comment
from app.pages import queries as pages
from app.pages import service
from app.pages.types import ConnectionState
from tests.connectors.stage import Stage


@dataclass
class ReadingHouse:
    """One page at most, connected as a person does it; read when a test says so."""

    db: Database
    box: SecretBox
    stage: Stage | None = None
    page_id: int = 0

    def connect(self, stage: Stage) -> None:
        access, kind = stage.access, stage.connector.kind
        secret = self.box.seal(dict(access.secret)) if access.secret is not None else None
        self.stage = stage
        with self.db.write() as session:
            team = accounts.teams(session)[0].id
            found = Found(kind, "The page", access.url, access.settings)
            self.page_id = service.add_page(
                session, found, team_id=team, sealed_secret=secret, account=None, since=None, now=utc_now()
            )

    def poll(self) -> tuple[ConnectionState, str | None]:
        """Read the page; what is the matter with it then."""
        assert self.stage is not None
        connector: Connector = self.stage.connector
        Runner(self.db, Registry([connector]), self.box, 1, 30).run([self.page_id], force=True)
        with self.db.read() as session:
            page = pages.page(session, self.page_id)
        assert page is not None
        return page.connection_state, page.error_code

    def stored(self) -> int:
        with self.db.read() as session:
            return session.scalar(select(func.count()).select_from(Comment)) or 0
