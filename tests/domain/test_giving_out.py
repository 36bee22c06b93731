"""Whatever people, clocks and conversations do: nobody is given more than they can take on, nothing is given twice, and
after a sweep nothing is left that somebody at work could take.

One example is one transaction that is rolled back at its end. ``PORCHLIGHT_INTERLEAVINGS=10000`` runs that many.
"""

import os
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.core.ids import new_id
from app.duty import giving, service
from app.duty.models import Duty
from app.duty.service import TermsTyped, WayTyped
from app.duty.types import Availability
from app.inbox import service as inbox
from app.inbox import tags
from app.inbox.models import Conversation, ConversationEvent, ConversationTag, Tag
from app.inbox.types import ConversationState, EventKind, Priority
from tests.domain.conftest import House
from tests.domain.test_interleavings import Kept

EXAMPLES = int(os.environ.get("PORCHLIGHT_INTERLEAVINGS", "40"))
STEPS = 25
SWEEP = timedelta(seconds=10)
START = datetime(2026, 5, 1, 12, tzinfo=UTC)
WHO = st.sampled_from([0, 1, 2])
TEAM = st.sampled_from([0, 1])
LANGUAGES = st.sampled_from([None, "en", "de", "fr"])
BACK = (EventKind.GIVEN_BACK, EventKind.NOT_IN_TIME)
SKILLS = st.sampled_from([None, "billing", "press"])


class Shift(RuleBasedStateMachine):
    db: ClassVar[Kept]
    boss: ClassVar[Actor]
    crew: ClassVar[list[Actor]]
    teams: ClassVar[list[int]]
    first: ClassVar[int]
    """A conversation; the others are made like it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.talks: list[int] = []
        self.session = self.db.opened()
        for team_id, mode, back_after in zip(self.teams, ("round_robin", "least_loaded"), ("", "1"), strict=True):
            service.set_way(self.session, self.boss, team_id, WayTyped(mode, back_after, "", ""), START)

    def teardown(self) -> None:
        """Nothing of it stays."""
        self.session.rollback()
        self.session.close()

    @rule(team=TEAM, language=LANGUAGES, skill=SKILLS, count=st.integers(1, 4))
    def come(self, team: int, language: str | None, skill: str | None, count: int) -> None:
        like = self.session.get_one(Conversation, self.first)
        for _one in range(count):
            talk_id = new_id()
            self.session.add(
                Conversation(
                    id=talk_id, page_id=like.page_id, post_id=like.post_id, identity_id=like.identity_id,
                    contact_id=like.contact_id, thread_root=f"t{talk_id}", state=ConversationState.NEW,
                    priority=Priority.NORMAL, team_id=self.teams[team], assignee_id=None, routed_at=self.now,
                    waiting_since=self.now, sort_at=self.now, news_at=self.now, opened_at=self.now,
                    language=language, snippet="?", comment_count=1, version=1, author_known=False,
                )
            )  # fmt: skip
            self.session.flush()
            if skill:
                tag_id = tags.find_or_make(self.session, skill, self.now)
                self.session.add(ConversationTag(conversation_id=talk_id, tag_id=tag_id))
            self.talks.append(talk_id)

    @rule(who=WHO, availability=st.sampled_from(list(Availability)))
    def say(self, who: int, availability: Availability) -> None:
        service.say(self.session, self.crew[who], availability, self.now)

    @rule(who=WHO)
    def be_seen(self, who: int) -> None:
        service.seen(self.session, self.crew[who], self.now)

    @rule(who=WHO, capacity=st.integers(1, 4), language=LANGUAGES, skill=SKILLS, per_hour=st.sampled_from(["", "2"]))
    def agree(self, who: int, capacity: int, language: str | None, skill: str | None, per_hour: str) -> None:
        typed = TermsTyped(str(capacity), language or "", skill or "", "", per_hour)
        service.set_terms(self.session, self.boss, self.crew[who].id, typed, self.now)

    @rule(who=WHO, at=st.integers(0, 50))
    def take_by_hand(self, who: int, at: int) -> None:
        if self.talks:
            inbox.take(self.session, self.crew[who], self.talks[at % len(self.talks)], None, self.now)

    @rule(who=WHO, at=st.integers(0, 50), state=st.sampled_from(["resolve", "reopen", "release"]))
    def settle(self, who: int, at: int, state: str) -> None:
        if not self.talks:
            return
        talk_id = self.talks[at % len(self.talks)]
        if state == "resolve":
            inbox.resolve(self.session, self.crew[who], talk_id, None, self.now)
        elif state == "reopen":
            inbox.reopen(self.session, self.crew[who], talk_id, None, self.now)
        else:
            inbox.assign(self.session, self.crew[who], talk_id, None, None, self.now)

    @rule(seconds=st.integers(1, 130))
    def time_passes(self, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now = min(self.now + SWEEP, until)
            self.sweep()

    def sweep(self) -> None:
        """What the job does until nothing moves, looked at after each of its transactions."""
        for _turn in range(20):
            before, given, back = self.owners(), self.told(EventKind.GIVEN_OUT), self.told(*BACK)
            lapsed = self.lapsed()
            moved = giving.work(self.session, self.now)
            self.session.info.clear()
            after = self.owners()
            given, back = self.told(EventKind.GIVEN_OUT) - given, self.told(*BACK) - back
            lapsed |= self.lapsed()
            load = Counter(owner for owner in after.values() if owner)
            for talk_id, times in given.items():
                assert times == 1, "given twice"
                assert before[talk_id] is None or back[talk_id], "taken from somebody who had it"
                assert (talk_id, after[talk_id]) not in lapsed, "given back to who let it lie"
                assert load[after[talk_id] or 0] <= self.duty(after[talk_id] or 0).capacity, (
                    "more than they can take on"
                )
                assert not self.had_enough(after[talk_id] or 0, but=1), "more than they are given within an hour"
            if not moved:
                break
        else:
            raise AssertionError("the job never comes to rest")
        self.nothing_is_left()

    def nothing_is_left(self) -> None:
        """Found out without any of the code that gives out."""
        load = Counter(owner for owner in self.owners().values() if owner)
        for one in self.crew:
            duty = self.session.get(Duty, one.id)
            here = duty is not None and duty.availability is Availability.ONLINE
            if (
                duty is None
                or not here
                or self.now - duty.seen_at > timedelta(minutes=2)
                or load[one.id] >= duty.capacity
                or self.had_enough(one.id)
            ):
                continue
            for talk in self.session.scalars(
                select(Conversation).where(
                    Conversation.id.in_(self.talks),
                    Conversation.state == ConversationState.NEW,
                    Conversation.assignee_id.is_(None),
                    Conversation.team_id.in_(sorted(one.team_ids)),
                )
            ):
                members = (self.session.get(Duty, other.id) for other in self.crew if talk.team_id in other.team_ids)
                team = [other for other in members if other is not None]
                skills = {skill for other in team for skill in other.skills}
                spoken = any(not other.languages or talk.language in other.languages for other in team)
                speaks = not duty.languages or talk.language in duty.languages
                able = self.tagged(talk.id) & skills <= set(duty.skills)
                if (talk.id, one.id) in self.lapsed():
                    continue
                assert not (able and (speaks or talk.language is None or not spoken)), (
                    "left, and somebody could take it"
                )

    def owners(self) -> dict[int, int | None]:
        """Whose each conversation is that waits for us."""
        query = select(Conversation.id, Conversation.assignee_id).where(
            Conversation.id.in_(self.talks), Conversation.state == ConversationState.NEW
        )
        return dict(self.session.execute(query).all())

    def had_enough(self, user_id: int, *, but: int = 0) -> bool:
        """Whether somebody was given as many within the last hour as they are to be given; ``but`` that many fewer."""
        duty = self.duty(user_id)
        name = next(one.name for one in self.crew if one.id == user_id)
        given = select(ConversationEvent).where(
            ConversationEvent.kind == EventKind.GIVEN_OUT, ConversationEvent.at > self.now - timedelta(hours=1)
        )
        lately = sum(one.data["to"] == name for one in self.session.scalars(given))
        return duty.per_hour is not None and lately - but >= duty.per_hour

    def lapsed(self) -> set[tuple[int, int]]:
        """Who did not answer what in time, within the last day."""
        query = select(ConversationEvent).where(ConversationEvent.kind == EventKind.NOT_IN_TIME)
        late = query.where(ConversationEvent.at > self.now - timedelta(days=1))
        people = {one.name: one.id for one in self.crew}
        return {(one.conversation_id, people[one.data["from"]]) for one in self.session.scalars(late)}

    def told(self, *kinds: EventKind) -> "Counter[int]":
        """How often that happened to each conversation."""
        query = select(ConversationEvent.conversation_id).where(ConversationEvent.kind.in_(kinds))
        return Counter(self.session.scalars(query))

    def duty(self, user_id: int) -> Duty:
        found = self.session.get(Duty, user_id)
        return found or Duty(user_id=user_id, capacity=20, languages=[], skills=[])

    def tagged(self, talk_id: int) -> set[str]:
        query = select(Tag.key).join(ConversationTag, ConversationTag.tag_id == Tag.id)
        return set(self.session.scalars(query.where(ConversationTag.conversation_id == talk_id)))


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: each step is decided by what stands in the tables; two workers at once: ``test_duty``."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def test_any_order_of_steps_gives_out_what_can_be_given(house: House, now: datetime) -> None:
    house.platform.say("Vera", "Where is my order?", START - timedelta(hours=1))
    house.collect()
    with house.db.write() as session:
        boss = people.create_user(session, login="boss", role=Role.SUPERVISOR, password=None, now=now)
        both = people.create_user(
            session, login="cay", role=Role.AGENT, password=None, now=now, teams=["customer_service", "marketing"]
        )
        Shift.boss, cay = (accounts.actor(session, session.get_one(User, one)) for one in (boss, both))
        Shift.first = session.scalars(select(Conversation.id)).one()
        inbox.resolve(session, house.ann, Shift.first, None, now)
    Shift.crew = [house.ann, house.bob, cay]
    Shift.teams = [house.service_team, house.marketing_team]
    Shift.db = Kept(house.db.engine.url.render_as_string(hide_password=False))
    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    try:
        run_state_machine_as_test(Shift, settings=few)
    finally:
        Shift.db.dispose()
