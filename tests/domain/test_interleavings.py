"""Two agents at one conversation, in any order: nothing written is lost, nothing answered twice unseen, and nothing
overwritten in silence.

Each example is one interleaving, in one transaction that is rolled back at its end; each step is a savepoint of its
own, as each request is a transaction. ``PORCHLIGHT_INTERLEAVINGS=10000``, as ``make ordeal`` sets it, runs that many,
in about eight minutes.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.db import Database
from app.core.errors import Conflict
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.outbox.models import Delivery
from app.replies import service as replies
from app.replies.models import Reply
from app.sending.types import SendState
from app.writing import rules
from app.writing import service as writing
from app.writing.models import Claim, Draft
from app.writing.types import Voice, Words
from tests.domain.conftest import House

EXAMPLES = int(os.environ.get("PORCHLIGHT_INTERLEAVINGS", "120"))
STEPS = 14
WHO = st.sampled_from([0, 1])
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Desk:
    """What one agent has before them: a version of the conversation, and a text that is kept with every letter."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.seen = 0
        self.text = ""
        self.revision = 0
        self.typed: list[str] = []


class Kept(Database):
    """A database whose transactions a test ends itself."""

    def opened(self) -> Session:
        """A transaction that writes and is never committed."""
        return self._writers()


class TwoAgents(RuleBasedStateMachine):
    db: ClassVar[Kept]
    actors: ClassVar[tuple[Actor, Actor]]
    talk_id: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.count = 0
        self.desks = [Desk(actor) for actor in self.actors]
        self.made_by: dict[int, Desk] = {}
        """Who brought the conversation to each version; those that nobody at a desk made are not there."""
        self.session = self.db.opened()
        for desk in self.desks:
            self.look(desk)

    def teardown(self) -> None:
        """Nothing of it stays."""
        self.session.rollback()
        self.session.close()

    # What an agent does.

    @rule(who=WHO)
    def open(self, who: int) -> None:
        self.look(self.desks[who])

    @rule(who=WHO)
    def type(self, who: int) -> None:
        desk = self.desks[who]
        self.count += 1
        word = f"<{desk.actor.login}{self.count}>"
        desk.typed.append(word)
        desk.text += word
        with self.request(desk):
            kept = writing.keep(
                self.session,
                desk.actor,
                self.talk_id,
                Voice.REPLY,
                Words(desk.text),
                revision=desk.revision,
                now=self.now,
            )
        desk.revision = kept.revision
        assert kept.mine is (self.writer() == desk.actor.id)

    @rule(who=WHO, resolve=st.booleans())
    def send(self, who: int, resolve: bool) -> None:
        desk = self.desks[who]
        if not desk.text:
            return
        others = self.writer() not in (None, desk.actor.id)
        self.count += 1

        def send() -> None:
            replies.send(
                self.session,
                desk.actor,
                self.talk_id,
                desk.text,
                key=f"key{self.count}",
                version=desk.seen,
                resolve=resolve,
                limit=None,
                undo_seconds=10,
                now=self.now,
            )

        if self.attempt(desk, send):
            assert not others, "answered while a colleague was writing"
            desk.text, desk.revision = "", 0

    @rule(who=WHO)
    def take(self, who: int) -> None:
        desk = self.desks[who]
        if self.attempt(desk, lambda: writing.take(self.session, desk.actor, self.talk_id, desk.seen, self.now)):
            assert self.writer() in (None, desk.actor.id)

    @rule(who=WHO, to=st.sampled_from([0, 1, None]))
    def reassign(self, who: int, to: int | None) -> None:
        desk = self.desks[who]
        person = None if to is None else self.desks[to].actor.id
        self.attempt(desk, lambda: inbox.assign(self.session, desk.actor, self.talk_id, person, desk.seen, self.now))

    @rule(who=WHO)
    def resolve(self, who: int) -> None:
        desk = self.desks[who]
        self.attempt(desk, lambda: inbox.resolve(self.session, desk.actor, self.talk_id, desk.seen, self.now))

    @rule(who=WHO)
    def reopen(self, who: int) -> None:
        desk = self.desks[who]
        self.attempt(desk, lambda: inbox.reopen(self.session, desk.actor, self.talk_id, desk.seen, self.now))

    @rule(who=WHO)
    def undo(self, who: int) -> None:
        """Take one's latest reply back; the text is before one again, with what was begun since."""
        desk = self.desks[who]
        query = (
            select(Reply.id).join(Delivery).where(Reply.author_id == desk.actor.id, Delivery.state == SendState.QUEUED)
        )
        latest = self.session.scalar(query.order_by(Reply.id.desc()).limit(1))
        if latest is not None:
            with self.request(desk):
                replies.undo(self.session, desk.actor, latest, self.now)
            self.look(desk)

    @rule(who=WHO)
    def go_on_with_theirs(self, who: int) -> None:
        desk, other = self.desks[who], self.desks[1 - who]
        if other.text:
            with self.request(desk):
                writing.continue_from(self.session, desk.actor, self.talk_id, other.actor.id, Voice.REPLY, self.now)
            self.look(desk)

    # What happens meanwhile.

    @rule(seconds=st.sampled_from([1, 30, 100]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_person_says_more(self) -> None:
        with self.request():
            talk = self.session.get_one(Conversation, self.talk_id)
            talk.version += 1
            talk.state, talk.waiting_since = ConversationState.NEW, self.now
            self.session.flush()

    # What always holds.

    @invariant()
    def nothing_written_is_lost(self) -> None:
        kept = dict(self.session.execute(select(Draft.user_id, Draft.text)).all())
        said = self.session.scalars(
            select(Reply.text).join(Delivery).where(Delivery.state != SendState.CANCELLED)
        ).all()
        for desk in self.desks:
            everywhere = kept.get(desk.actor.id, "") + "".join(said)
            assert [word for word in desk.typed if word not in everywhere] == []
            assert kept.get(desk.actor.id, "") == desk.text

    @invariant()
    def one_person_answers_at_a_time(self) -> None:
        claims = self.session.scalars(select(Claim).where(Claim.until > self.now)).all()
        assert len(claims) <= 1

    # Helpers.

    def look(self, desk: Desk) -> None:
        """The screen as it is now."""
        self.session.expire_all()
        desk.seen = self.version()
        draft = self.session.get(Draft, (self.talk_id, desk.actor.id, Voice.REPLY))
        desk.text, desk.revision = (draft.text, draft.revision) if draft else ("", 0)

    def writer(self) -> int | None:
        claim = self.session.get(Claim, self.talk_id)
        return claim.user_id if claim and rules.holds(claim.until, self.now) else None

    def attempt(self, desk: Desk, act: Callable[[], Any]) -> bool:
        """Do it. It is refused when, and only when, others have changed something that the agent has not seen, or a
        colleague is writing; and then nothing at all has changed. The agent goes on with the form as it was."""
        before = self.everything()
        fresh = all(self.made_by.get(version) is desk for version in range(desk.seen + 1, before[0] + 1))
        try:
            with self.request(desk):
                act()
        except Conflict as error:
            code = error.code
        else:
            code = ""
        if code:
            self.session.expire_all()
            assert self.everything() == before
            assert code == ("claimed" if fresh else "stale")
            return False
        assert fresh, "done without having seen what changed"
        return True

    def version(self) -> int:
        return self.session.get_one(Conversation, self.talk_id).version

    def everything(self) -> tuple[Any, ...]:
        """All that another agent may have done."""
        talk = self.session.get_one(Conversation, self.talk_id)
        drafts = self.session.execute(select(Draft.user_id, Draft.text, Draft.revision).order_by(Draft.user_id)).all()
        sent = self.session.scalars(select(Delivery.state).order_by(Delivery.id)).all()
        return (talk.version, talk.state, talk.assignee_id, talk.waiting_since, self.writer(), drafts, sent)

    @contextmanager
    def request(self, desk: Desk | None = None) -> Iterator[None]:
        """One request: all or nothing."""
        self.session.info.clear()
        before = self.version()
        with self.session.begin_nested():
            yield
        if desk is not None:
            self.made_by |= dict.fromkeys(range(before + 1, self.version() + 1), desk)


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: each step is decided by what stands in the tables."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def test_any_order_of_two_agents_steps(house: House, now: datetime) -> None:
    house.platform.say("Vera", "Where is my order?", START - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        talk_id = session.scalars(select(Conversation.id)).one()
    TwoAgents.db = Kept(house.db.engine.url.render_as_string(hide_password=False))
    TwoAgents.actors = (house.ann, house.bob)
    TwoAgents.talk_id = talk_id
    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    try:
        run_state_machine_as_test(TwoAgents, settings=few)
    finally:
        TwoAgents.db.dispose()
