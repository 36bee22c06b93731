"""Who and what remedies are tried with: two agents, two supervisors, an admin, conversations, a shop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import TeamMember, User
from app.accounts.types import Actor, Role
from app.audit import queries as audit
from app.connectors.ports import Status
from app.contacts import service as contacts
from app.contacts.types import Sighting
from app.core.db import Database
from app.core.ids import new_id
from app.core.security import SecretBox
from app.executors.registry import Executors
from app.inbox.models import Comment, Conversation, Post
from app.inbox.types import ConversationState, Priority
from app.pages.models import Page
from app.pages.types import PageState
from app.remedies import by_hand, policies, service, shops, signing
from app.remedies.models import Remedy, RemedyExecution, RemedyOrder, Shop
from app.remedies.runner import Runner
from app.remedies.types import Asked, Kind, State, Verdict
from tests.remedies.till import Till

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef0123456789a="
CAST = {
    "ann": Role.AGENT,
    "ben": Role.AGENT,
    "sue": Role.SUPERVISOR,
    "sam": Role.SUPERVISOR,
    "ada": Role.ADMIN,
}
ASKED = Asked(
    Kind.REFUND, "60.00", "EUR", "broken", "It came in pieces", order_number="A-1001", paid="100.00", shop_id=0
)


@dataclass
class Stage:
    db: Database
    till: Till = field(default_factory=Till)
    now: datetime = START
    ids: dict[str, int] = field(default_factory=dict)
    talks: list[int] = field(default_factory=list)
    shop_id: int = 0
    hand_id: int = 0
    team_id: int = 0
    keys: Iterator[str] = field(default_factory=lambda: (f"form-{number}" for number in range(10**9)))

    def set_up(self, talks: int = 2) -> "Stage":
        """Put everybody in place."""
        with self.db.write() as session:
            team = accounts.teams(session)[0]
            self.team_id = team.id
            for login, role in CAST.items():
                self.ids[login] = self.hire(session, login, role)
            page = Page(name="Blog", connector="memory", url="memory:x", team_id=team.id, **_page_rest(self.now))
            session.add(page)
            source = resources.files("app.remedies").joinpath("default_policy.toml").read_text(encoding="utf-8")
            policies.seed(session, source, self.now - timedelta(days=9))
            shops.seed(session, self.now)
            till = Shop(kind="till", name="Till", by_hand=False, currency="EUR", settings={}, created_at=self.now)
            session.add(till)
            session.flush()
            self.shop_id, self.hand_id = till.id, shops.shops(session)[0].id
            for number in range(talks):
                self.talks.append(_talk(session, page.id, team.id, number, self.now))
        return self

    def hire(self, session: Session, login: str, role: Role) -> int:
        user = User(login=login, name=login.title(), role=role, created_at=self.now)
        session.add(user)
        session.flush()
        session.add(TeamMember(team_id=self.team_id, user_id=user.id))
        session.flush()
        return user.id

    def actor(self, login: str, *, proved: bool = True) -> Actor:
        """Somebody as they are now, just signed in."""
        with self.db.read() as session:
            found = accounts.person(session, self.ids[login])
        return replace(found, proved_at=self.now if proved else None)

    def do(self, work: Callable[[Session], Any]) -> Any:
        """In one transaction."""
        with self.db.write() as session:
            return work(session)

    def sql(self, statement: Executable) -> Any:
        """One statement of one's own, around all services."""
        return self.do(lambda session: session.execute(statement))

    def asked(self, **changes: Any) -> Asked:
        return replace(ASKED, **{"shop_id": self.shop_id, **changes})

    def ask(self, who: str = "ann", talk: int = 0, key: str | None = None, **changes: Any) -> int:
        given, actor, asked = key or next(self.keys), self.actor(who), self.asked(**changes)
        found: int = self.do(lambda s: service.ask(s, actor, self.talks[talk], asked, self.now, key=given))
        return found

    def edit(self, who: str, remedy_id: int, version: int | None = None, **changes: Any) -> None:
        actor, seen = self.actor(who), version or self.remedy(remedy_id).version
        asked = self.asked(**changes)
        self.do(lambda s: service.edit(s, actor, remedy_id, asked, self.now, version=seen))

    def decide(self, who: str, remedy_id: int, *, refuse: bool = False, version: int | None = None) -> State:
        actor, seen = self.actor(who), version or self.remedy(remedy_id).version
        verdict = Verdict.REFUSE if refuse else Verdict.APPROVE
        state: State = self.do(
            lambda s: signing.decide(s, actor, remedy_id, verdict, "because", self.now, version=seen)
        )
        return state

    def withdraw(self, who: str, remedy_id: int) -> None:
        actor = self.actor(who)
        self.do(lambda s: service.withdraw(s, actor, remedy_id, "changed my mind", self.now))

    def again(self, who: str, remedy_id: int) -> None:
        actor = self.actor(who)
        self.do(lambda s: by_hand.again(s, actor, remedy_id, self.now))

    def run(self, lease_seconds: float = 30) -> int:
        """Let a worker go through what is due."""
        return self.runner(lease_seconds).run()

    def runner(self, lease_seconds: float = 30) -> Runner:
        return Runner(self.db, Executors([self.till]), SecretBox(KEY), lease_seconds, clock=lambda: self.now)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def remedy(self, remedy_id: int) -> Remedy:
        with self.db.read() as session:
            return session.get_one(Remedy, remedy_id)

    def state(self, remedy_id: int) -> State:
        return self.remedy(remedy_id).state

    def execution(self, remedy_id: int) -> RemedyExecution:
        with self.db.read() as session:
            query = select(RemedyExecution).where(RemedyExecution.remedy_id == remedy_id)
            return session.scalars(query.order_by(RemedyExecution.version.desc())).first()  # type: ignore[return-value]

    def order(self, number: str = "A-1001") -> RemedyOrder:
        with self.db.read() as session:
            return session.scalars(select(RemedyOrder).where(RemedyOrder.number == number)).one()

    def heard(self, words: str, talk: int = 0, **changes: Any) -> int:
        """The person of a conversation says something; answers the comment's id."""
        place, at = self.talk(talk), self.now - timedelta(hours=1)
        comment = Comment(
            id=new_id(),
            page_id=place.page_id,
            external_id=f"e{new_id()}",
            post_id=place.post_id,
            conversation_id=place.id,
            thread_root=place.thread_root,
            content_hash="",
            first_seen_at=at,
            changed_at=at,
            verify_at=at,
            **{
                "author_name": "Eva",
                "is_us": False,
                "text": words,
                "url": "https://blog.example/1#c1",
                "status": Status.LIVE,
                "published_at": at,
                **changes,
            },
        )
        self.do(lambda s: s.add(comment))
        return comment.id

    def order_numbers(self) -> set[str]:
        with self.db.read() as session:
            return set(session.scalars(select(RemedyOrder.number)))

    def talk(self, at: int = 0) -> Conversation:
        with self.db.read() as session:
            return session.get_one(Conversation, self.talks[at])

    def audit(self, remedy_id: int) -> list[str]:
        with self.db.read() as session:
            return [line.action.rpartition(":")[2] for line in audit.about(session, f"remedy/{remedy_id}")]


def _talk(session: Session, page_id: int, team_id: int, number: int, now: datetime) -> int:
    seen = Sighting(f"page:{page_id}", f"p{number}", f"Person {number}", email=f"p{number}@x.example")
    ((_place, known),) = contacts.recognise(session, [seen], now).items()
    post = Post(id=new_id(), page_id=page_id, external_id=f"post{number}")
    session.add(post)
    session.flush()
    talk = Conversation(
        id=new_id(),
        page_id=page_id,
        post_id=post.id,
        identity_id=known.id,
        contact_id=known.contact_id,
        thread_root=f"c{number}",
        state=ConversationState.NEW,
        priority=Priority.NORMAL,
        team_id=team_id,
        sort_at=now,
        news_at=now,
        waiting_since=now,
        opened_at=now,
        snippet="It is broken",
        comment_count=1,
        version=1,
        author_known=False,
    )
    session.add(talk)
    session.flush()
    return talk.id


def _page_rest(now: datetime) -> dict[str, Any]:
    return {"state": PageState.ACTIVE, "created_at": now}
