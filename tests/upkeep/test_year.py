"""The story of the tumbleweed: a year on five pages with three campaigns and gaps between them, by the clock.

Two pages have no plan and decay through the states, on the days that are documented, when their campaigns end; three
are kept alive by one. Every comment in the gaps has somebody who answers for it in time, and no campaign ends without
heirs.
"""

import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.campaigns import service as campaigns
from app.campaigns.types import CampaignTyped, HandOverTyped
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import Author, Batch, Found, Item, Post
from app.core.errors import Conflict, InvalidInput
from app.duty import service as duty
from app.duty.types import Availability
from app.inbox import service as inbox
from app.inbox.models import Conversation, Wait
from app.inbox.types import ConversationState
from app.pages import leases
from app.pages import service as pages
from app.routing import service as routing
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from app.upkeep import belonging, boards, handing_over, keeping, plans, pulses, rolling, stewards
from app.upkeep.models import PageDay
from app.upkeep.types import Life, PlanTyped
from tests.domain.conftest import House

STEP = timedelta(days=2)
PROMISED = timedelta(hours=96)
DECAY = {Life.ALIVE: 0, Life.QUIETING: 0, Life.AT_RISK: 30, Life.GHOST_TOWN: 60}
"""From how many days without a word of ours a page is that; fewer comments than usual make it quiet sooner."""
PLAN = PlanTyped("7", "96", "", "14", "30", "60")


@dataclass
class Year:
    """The year, as it goes by."""

    house: House
    now: datetime
    page_ids: list[int] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    said: int = 0
    lives: dict[int, list[tuple[Life, int]]] = field(default_factory=dict)
    """What each page became, and after how many days without a word of ours."""
    spoke: dict[int, datetime] = field(default_factory=dict)

    def connect(self) -> None:
        """Four more pages."""
        with self.house.db.write() as session:
            self.page_ids = [self.house.page_id] + [
                pages.add_page(
                    session,
                    Found("memory", f"Page {number}", f"memory:{number}"),
                    team_id=self.house.marketing_team,
                    sealed_secret=None,
                    account=None,
                    since=None,
                    now=self.now,
                )
                for number in range(4)
            ]

    def say(self, page_id: int, *, ours: bool = False, post: str = "p") -> None:
        """Somebody, or we, say something there."""
        self.said += 1
        if ours:
            self.spoke[page_id] = self.now
        author = Author("Us", "us", is_us=True) if ours else Author(f"V{self.said}", f"v{self.said}")
        item = Item(f"c{self.said}", Post(post), author, "When do you open?", self.now - timedelta(minutes=5))
        with self.house.db.write() as session:
            claim = leases.claim_read(session, page_id, self.now, force=True)
            assert claim is not None
            batch = Batch([item], {"n": self.said}, complete=True)
            collecting.store_loads(session, [Load(claim, batch, None, timedelta(seconds=30))], self.now)

    def look_after(self) -> None:
        """What is done at least once a minute: a page's first comments are routed after they were stored."""
        with self.house.db.write() as session:
            routing.route_waiting(session, self.now)
            while belonging.work(session, self.now) | rolling.work(session, self.now):
                pass
            pulses.take(session, self.now)
            keeping.work(session, self.now)
            handing_over.give_heirs(session, self.now)
            keeping.give_stewards(session, self.now)
            nobodys = select(Conversation.id).where(
                Conversation.state == ConversationState.NEW,
                Conversation.assignee_id.is_(None),
                Conversation.waiting_since <= self.now - PROMISED,
            )
            assert session.scalars(nobodys).all() == [], "every comment has somebody within what is promised"
        with self.house.db.read() as session:
            for row in boards.board(session, self.now):
                if row.verdict is not None:
                    seen = self.lives.setdefault(row.page.id, [])
                    if not seen or seen[-1][0] is not row.verdict.life:
                        seen.append((row.verdict.life, (self.now - self.spoke.get(row.page.id, self.now)).days))

    def answer_own(self) -> None:
        """Bob, who looks after pages, answers what is his."""
        with self.house.db.write() as session:
            duty.say(session, self.house.bob, Availability.ONLINE, self.now)
            mine = select(Conversation).where(
                Conversation.state == ConversationState.NEW, Conversation.assignee_id == self.house.bob.id
            )
            talks = session.scalars(mine).all()
            for talk in talks:
                inbox.resolve(session, self.house.bob, talk.id, None, self.now)
        for page_id in {talk.page_id for talk in talks}:
            self.say(page_id, ours=True)

    def campaign_answers(self, page_ids: list[int]) -> None:
        """While a campaign runs, those who run it answer."""
        with self.house.db.write() as session:
            waiting = select(Conversation).where(
                Conversation.state == ConversationState.NEW, Conversation.page_id.in_(page_ids)
            )
            for talk in session.scalars(waiting).all():
                inbox.resolve(session, self.house.ann, talk.id, None, self.now)

    def post_where_due(self) -> None:
        """Bob does his tasks."""
        with self.house.db.read() as session:
            due = [one.page.id for one in boards.tasks(session, user_id=self.house.bob.id) if one.kind == "post"]
        for page_id in due:
            self.say(page_id, post=f"post-{self.said}")

    def campaign(self, name: str, first: int, last: int, page_ids: list[int]) -> int:
        day = self.now.date()
        with self.house.db.write() as session:
            return campaigns.add(
                session,
                self.house.bob,
                CampaignTyped(
                    name,
                    "Be seen",
                    self.house.bob.id,
                    (day + timedelta(days=first)).isoformat(),
                    (day + timedelta(days=last)).isoformat(),
                    "Europe/Berlin",
                    frozenset(page_ids),
                    frozenset({"social"}),
                ),
                self.now,
            )

    def sign(self, campaign_id: int, page_ids: list[int]) -> None:
        bob = self.house.bob.id
        heirs = HandOverTyped(dict.fromkeys(page_ids, bob), bob, bob, bob, "", "A post a week", None)
        with pytest.raises(InvalidInput), self.house.db.write() as session:
            handing_over.sign(
                session, self.house.bob, campaign_id, HandOverTyped({}, bob, bob, bob, "", "x", None), self.now
            )
        with self.house.db.write() as session:
            handing_over.sign(session, self.house.bob, campaign_id, heirs, self.now)


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: a year is long, and what is asked of the database is tried on both elsewhere."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def assert_decays(story: list[tuple[Life, int]]) -> None:
    """Through all states in order, as documented, as exactly as this year looks; the next campaign brings it back."""
    lives = [life for life, _silent in story]
    end = lives.index(Life.GHOST_TOWN)
    assert lives[end - 3 : end + 2] == [*DECAY, Life.ALIVE], story
    for life, silent in story:
        assert DECAY[life] <= silent, story
        if life in (Life.AT_RISK, Life.GHOST_TOWN):
            assert silent <= DECAY[life] + STEP.days, story


def test_a_year_with_and_without_a_plan(house: House, now: datetime) -> None:
    year = Year(house, now)
    year.connect()
    kept, left = year.page_ids[:3], year.page_ids[3:]
    with house.db.write() as session:
        for page_id in kept:
            stewards.appoint(session, house.bob, page_id, house.bob.id, None, now)
            plans.keep(session, house.bob, page_id, PLAN, now)
        with pytest.raises(Conflict):  # a plan needs somebody who keeps it
            plans.keep(session, house.bob, left[0], PLAN, now)
        for page_id in left:  # somebody looks after them, with no plan
            stewards.appoint(session, house.bob, page_id, house.bob.id, None, now)
    spans = [(0, 60, year.page_ids), (150, 200, kept), (280, 320, year.page_ids)]
    running = [(year.campaign(f"C{first}", first, last, on), last, on) for first, last, on in spans]
    begin = now
    while year.now < begin + timedelta(days=365):
        year.now += STEP
        day = (year.now - begin).days
        for page_id in year.page_ids:
            busy = any(first <= day <= last and page_id in on for first, last, on in spans)
            if busy and year.dice.random() < 0.5:  # campaigns post and answer by themselves
                year.say(page_id, post=f"post-{day // 5}")
                year.say(page_id, ours=True, post=f"post-{day // 5}")
            elif page_id in kept and year.dice.random() < 0.3:
                year.say(page_id)
        year.campaign_answers(left)
        year.look_after()
        year.answer_own()
        year.post_where_due()
        for campaign_id, last, on in [one for one in running if day >= one[1] + 3]:
            year.sign(campaign_id, list(on))
            running.remove((campaign_id, last, on))
    assert not running

    for page_id in kept:
        assert {life for life, _silent in year.lives[page_id]} <= {Life.ALIVE, Life.QUIETING}, year.lives[page_id]
    for page_id in left:
        assert_decays(year.lives[page_id])

    with house.db.read() as session:
        late = [
            wait
            for wait, page_id in session.execute(
                select(Wait, Conversation.page_id).join(Conversation, Conversation.id == Wait.conversation_id)
            )
            if page_id in kept and wait.until - wait.since > PROMISED
        ]
        assert late == []
        days = session.scalars(select(PageDay).where(PageDay.page_id.in_(kept))).all()
        assert sum(one.answered for one in days) > 50
        assert sum(one.in_time for one in days) == sum(one.answered for one in days)
        kinds = {row.kind for row in session.scalars(select(SignalRow)) if house.bob.id in row.people}
        assert {SignalKind.KEEP_ALIVE, SignalKind.PAGE_GIVEN} <= kinds
