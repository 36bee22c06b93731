"""A page with comments, and the conversations they became: what the inbox's tests look at."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.accounts import queries as accounts
from app.accounts.models import User
from app.accounts.types import Actor
from app.bootstrap import Services
from app.collecting.runner import Runner as Collector
from app.connectors.ports import Access, Found, Item, Post
from app.core.clock import utc_now
from app.inbox import threads
from app.inbox.models import Comment, Conversation
from app.inbox.views import ConversationView
from app.outbox.models import Delivery
from app.outbox.runner import Runner as Deliverer
from app.pages import service as pages
from app.replies import queries as replies
from app.replies.types import ReplyView
from app.routing import runner as routing
from app.sending.types import SendState
from tests.domain.platform import Platform


@dataclass
class Scene:
    parts: Services
    platform: Platform
    name: str = "Garden blog"
    address: str = "memory:garden"
    settings: dict[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=utc_now)
    page_id: int = 0

    def __post_init__(self) -> None:
        with self.parts.db.write() as session:
            self.page_id = pages.add_page(
                session,
                Found(self.platform.kind, self.name, self.address, self.settings, can_log_in=True),
                team_id=self.team("customer_service"),
                sealed_secret=self.parts.box.seal({"login": "us", "password": "secret"}),
                account=self.platform.check(self.parts_access()),
                since=None,
                now=self.now,
            )

    def parts_access(self) -> Access:
        return Access(self.address, {}, {"login": "us", "password": "secret"})

    def team(self, key: str) -> int:
        with self.parts.db.read() as session:
            found = accounts.team_by_key(session, key)
            assert found is not None
            return found.id

    def actor(self, login: str) -> Actor:
        with self.parts.db.read() as session:
            return accounts.actor(session, session.scalars(select(User).where(User.login == login)).one())

    def say(self, name: str, text: str, *, minutes_ago: float = 5, parent: str | None = None) -> str:
        """A visitor comments at the platform."""
        return self.platform.say(name, text, self.now - timedelta(minutes=minutes_ago), parent=parent)

    def put(self, item: Item) -> str:
        """A comment exactly like this."""
        self.platform.comments[item.external_id] = item
        return item.external_id

    def collect(self) -> None:
        """Read the page to its end."""
        collector = Collector(self.parts.db, self.parts.connectors, self.parts.box, threads=2, fastest_seconds=30)
        (outcome,) = collector.run([self.page_id], force=True)
        assert outcome.code is None, outcome
        routing.run(self.parts.db)

    def heard(self, name: str, text: str, **where: float) -> int:
        """A visitor comments and we read it; answers the conversation's id."""
        number = self.say(name, text, **where)  # type: ignore[arg-type]
        self.collect()
        return self.talk_with(number)

    def talk_with(self, external_id: str) -> int:
        """The conversation a comment belongs to."""
        with self.parts.db.read() as session:
            query = select(Comment.conversation_id).where(
                Comment.page_id == self.page_id, Comment.external_id == external_id
            )
            found = session.scalars(query).one()
            assert found is not None
            return found

    def deliver(self) -> None:
        """Send what is queued now, whatever its time."""
        with self.parts.db.write() as session:
            session.execute(update(Delivery).where(Delivery.state == SendState.QUEUED).values(due_at=self.now))
        Deliverer(self.parts.db, self.parts.connectors, self.parts.box, lease_seconds=120, threads=2).run()

    def talk(self, conversation_id: int, login: str = "agent") -> ConversationView:
        """The conversation as it is stored now."""
        with self.parts.db.read() as session:
            return threads.conversation(session, self.actor(login), conversation_id)

    def version(self, conversation_id: int) -> int:
        """What a form made now would say it has seen."""
        with self.parts.db.read() as session:
            return session.get_one(Conversation, conversation_id).version

    def replies(self, conversation_id: int) -> list[ReplyView]:
        """Our replies, as they are stored now."""
        with self.parts.db.read() as session:
            return replies.replies(session, self.actor("agent"), conversation_id)


def post(title: str = "Spring", url: str | None = "https://b.example/p1") -> Post:
    return Post("p1", url, title)
