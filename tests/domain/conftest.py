"""A small house: two people, one page, a platform in memory, and the runners that work on them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.bootstrap import Services, seed
from app.collecting.runner import Runner as Collector
from app.connectors.ports import Found
from app.connectors.registry import Registry
from app.core.db import Database
from app.core.mail import Mailer
from app.core.sections import Smtp
from app.core.security import SecretBox
from app.inbox.models import Conversation
from app.notifications import queries as notifications
from app.notifications import service as notices
from app.notifications.models import Message
from app.notifications.runner import Runner as Teller
from app.notifications.types import Event
from app.outbox.runner import Runner as Deliverer
from app.pages import service as pages
from app.routing import service as routing
from app.signals import service as signals
from app.signals.types import SignalKind
from tests.domain.platform import Platform


@dataclass
class House:
    db: Database
    box: SecretBox
    platform: Platform
    page_id: int
    ann: Actor
    bob: Actor
    service_team: int
    marketing_team: int

    @property
    def registry(self) -> Registry:
        return Registry([self.platform])

    @property
    def collector(self) -> Collector:
        return Collector(self.db, self.registry, self.box, threads=4, fastest_seconds=30)

    def deliverer(self, lease_seconds: float = 120) -> Deliverer:
        return Deliverer(self.db, self.registry, self.box, lease_seconds)

    def collect(self) -> None:
        """Read the page to its end, and route what it brought."""
        (outcome,) = self.collector.run([self.page_id], force=True)
        assert outcome.code is None, outcome
        with self.db.write() as session:
            routing.route_waiting(session, datetime.now(UTC))


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def house(services: Services, now: datetime) -> House:
    """Everything in place, nothing said yet."""
    seed(services)
    actors = []
    with services.db.write() as session:
        teams = {team.key: team.id for team in accounts.teams(session)}
        for login, role, team in (("ann", Role.AGENT, "customer_service"), ("bob", Role.MARKETER, "marketing")):
            user_id = people.create_user(
                session, login=login, role=role, password="correct horse", now=now, teams=[team]
            )
            actors.append(accounts.actor(session, session.get_one(User, user_id)))
        page_id = pages.add_page(
            session,
            Found("memory", "Our blog", "memory:blog"),
            team_id=teams["marketing"],
            sealed_secret=services.box.seal({"login": "us", "password": "x"}),
            account=None,
            since=None,
            now=now - timedelta(minutes=1),
        )
    return House(
        services.db,
        services.box,
        Platform(),
        page_id,
        actors[0],
        actors[1],
        teams["customer_service"],
        teams["marketing"],
    )


@dataclass
class Desk:
    """The house with a supervisor, and the runner that tells."""

    house: House
    runner: Teller
    eve: Actor
    now: datetime

    def tell(self, kind: SignalKind, **about: object) -> None:
        with self.house.db.write() as session:
            signals.tell(session, kind, self.now, **about)  # type: ignore[arg-type]

    def spread(self) -> None:
        self.runner.spread()

    def told(self, actor: Actor) -> list[Event]:
        with self.house.db.read() as session:
            return [one.event for one in notifications.listed(session, actor.id)]

    def talk(self) -> int:
        self.house.platform.say("Maria", "Where is my order?", self.now - timedelta(minutes=5))
        self.house.collect()
        with self.house.db.read() as session:
            return session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0

    def address(self, actor: Actor, address: str = "someone@example.org") -> None:
        with self.house.db.write() as session:
            notices.set_where_and_when(session, actor, address=address, digest_hour=8, now=self.now)

    def messages(self) -> list[Message]:
        with self.house.db.read() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))


@pytest.fixture
def desk(house: House, services: Services, now: datetime) -> Desk:
    with house.db.write() as session:
        eve = people.create_user(
            session, login="eve", role=Role.SUPERVISOR, password=None, now=now, teams=["customer_service"]
        )
        supervisor = accounts.actor(session, session.get_one(User, eve))
    mailer = Mailer(Smtp(host="127.0.0.1", security="none"))
    runner = Teller(house.db, services.http, house.box, mailer, "https://inbox.example.org", "en")
    return Desk(house, runner, supervisor, now)
