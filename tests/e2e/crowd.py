"""Visitors who comment and agents who answer, all at once; and the reckoning afterwards."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from sqlalchemy import func, select

from app.core.db import Database
from app.inbox.models import Comment, Conversation
from app.outbox.models import Delivery
from app.pages.models import Connection
from app.pages.types import ConnectionState
from app.replies.models import Reply
from app.sending.types import SendState
from tests.e2e.agent import Agent
from tests.e2e.installation import Installation, Porch, wait_until
from tests.servers.wordpress import Site

LOGINS = ("ann", "bob")


@dataclass
class Visitors:
    """People who write under the blog's posts, some to the post, some to one another."""

    site: Site
    posts: list[int]
    chance: random.Random
    written: dict[str, str] = field(default_factory=dict)
    """What readers see of each comment, by number."""
    _under: dict[int, list[int]] = field(default_factory=dict)

    def write(self) -> None:
        """One of them fills in the comment form."""
        count, post, odd = len(self.written), self.chance.choice(self.posts), self.chance.random()
        before = self._under.setdefault(post, [])
        text = f"Gast {count}: wo bleibt <b>es</b>? 🥐 שלום & {odd}"
        answer = self.site.comment(post, text, author=f"Gast {count}", parent=self.chance.choice([0, *before[-5:]]))
        assert answer.comment_id is not None, answer
        before.append(answer.comment_id)
        self.written[str(answer.comment_id)] = f"Gast {count}: wo bleibt es? 🥐 שלום & {odd}"


@dataclass
class Crowd:
    """Everybody, and how to wait for the last of what they began."""

    installation: Installation
    site: Site
    seed: int
    page_id: int = 0

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.visitors = Visitors(self.site, [self.site.post("Brot"), self.site.post("Butter")], chance)
        self.agents: list[Agent] = []
        self._over = threading.Event()

    def prepare(self, address: str) -> None:
        """Connect the blog at ``address``, to be answered by its editor, and let two agents in."""
        for login in LOGINS:
            self.installation.add_user(login)
        self.page_id = self.installation.add_page(address, self.site.users["rita"])

    def come(self, porch: Porch) -> list[Agent]:
        """The agents sign in."""
        self.agents = [Agent(porch.url, login, random.Random(f"{self.seed}{login}")) for login in LOGINS]
        for agent in self.agents:
            agent.sign_in()
        return self.agents

    @contextmanager
    def at_work(self, porch: Porch) -> Iterator[None]:
        """Comments and answers, all the while. Whoever can't go on fails the test."""
        self.come(porch)
        self._over.clear()
        with ThreadPoolExecutor(len(self.agents) + 1) as pool:
            running = [self._keep_going(pool, self.visitors.write, 0.2, 0.8)]
            running += [self._keep_going(pool, _answers(agent), 0.3, 1.0) for agent in self.agents]
            try:
                yield
            finally:
                self._over.set()
            for one in running:
                one.result()

    def stay(self, seconds: float) -> None:
        """Let them work for a while; at once over when one of them can't go on."""
        self._over.wait(seconds)

    def _keep_going(
        self, pool: ThreadPoolExecutor, act: Callable[[], object], shortest: float, longest: float
    ) -> "Future[None]":
        chance = random.Random(self.seed)

        def loop() -> None:
            try:
                while not self._over.wait(chance.uniform(shortest, longest)):
                    act()
            finally:
                self._over.set()

        return pool.submit(loop)

    def wait_until_settled(self, seconds: float) -> None:
        """Wait until nothing is left to be done."""
        database = Database(self.installation.settings.database_url, pool_size=1)
        try:
            wait_until(lambda: not self._left(database), f"everything settled (seed {self.seed})", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; left: {self._left(database)}") from None
        finally:
            database.dispose()

    def _left(self, database: Database) -> dict[str, Any]:
        """What is still to be done."""
        with database.read() as session:
            stored = set(session.scalars(select(Comment.external_id)))
            unsettled = session.execute(
                select(Delivery.state, Delivery.error_code, func.count())
                .where(Delivery.state != SendState.SENT)
                .group_by(Delivery.state, Delivery.error_code)
            ).all()
            unrouted = session.scalar(select(func.count()).where(Conversation.routed_at.is_(None)))
            page = session.get_one(Connection, self.page_id)
            health = None if page.state is ConnectionState.OK else (page.state, page.error_code, page.next_read_at)
        missing = {row["comment_ID"] for row in self.site.truth()} - stored
        left = {"deliveries": unsettled, "unrouted": unrouted, "missing": sorted(missing), "health": health}
        return {name: value for name, value in left.items() if value}

    def reckon(self) -> None:
        """Nothing is lost and nothing is there twice, in either direction."""
        truth = {row["comment_ID"]: row for row in self.site.truth()}
        ours = {number: row for number, row in truth.items() if row["user_id"] == str(self.site.users["rita"].id)}
        exported = self.installation.export()

        assert set(exported) == set(truth)
        assert {number: exported[number]["text"] for number in self.visitors.written} == self.visitors.written
        assert {number for number, line in exported.items() if line["is_us"]} == set(ours)

        replies = self._replies()
        accepted = [text for agent in self.agents for text in agent.accepted]
        assert accepted, "nobody answered anything"
        assert Counter(accepted) == Counter(reply.text for reply, _delivery, _comment in replies)
        standing = {(unescape(row["comment_content"]), row["comment_parent"]) for row in ours.values()}
        assert len(standing) == len(ours), "a reply stands there twice"
        assert standing == {(reply.text, comment) for reply, _delivery, comment in replies}
        assert {delivery.external_id for _reply, delivery, _comment in replies} == set(ours)

    def _replies(self) -> list[Any]:
        database = Database(self.installation.settings.database_url, pool_size=1)
        with database.read() as session:
            talks = session.scalar(select(func.count()).select_from(Conversation))
            query = (
                select(Reply, Delivery, Comment.external_id)
                .join(Delivery, Delivery.id == Reply.delivery_id)
                .join(Comment, Comment.id == Reply.comment_id)
            )
            found = list(session.execute(query).all())
        database.dispose()
        assert talks == len(self.visitors.written), "each visitor is a conversation, and we are none"
        return found


def _answers(agent: Agent) -> Callable[[], object]:
    def answer() -> None:
        agent.answer_one(f'{agent.login} {len(agent.accepted)}: "Kommt" heute -- <i>bald</i> & sicher 🚚')

    return answer
