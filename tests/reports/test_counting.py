"""Reports are added up as it happens, and always say what counting everything anew would say."""

import random
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from app.campaigns.models import CampaignPost
from app.core import days
from app.core.db import Base, Database, run_in_bulk, table_of
from app.core.errors import PorchlightError
from app.desk import service as desk_acts
from app.inbox import service as acts
from app.inbox import tags
from app.inbox.models import Conversation, Post
from app.inbox.types import ConversationState
from app.pages.models import Page
from app.replies import service as replies
from app.reports import counting, queries
from app.reports.models import ReportChange, ReportDay, ReportPart, ReportPost, ReportPostChange, ReportTimes
from app.reports.queries import EVERYBODY, Whose
from app.reports.types import By
from app.routing import service as routing
from app.targets.types import Figure
from tests.domain.conftest import Desk, House

KEPT = (ReportDay, ReportTimes, ReportPart, ReportPost)
QUEUES = (ReportChange, ReportPostChange)
HOUR = timedelta(hours=1)


def count(db: Database, now: datetime) -> None:
    more = True
    while more:
        with db.write() as session:
            more = counting.work(session, now)


def kept(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    with db.read() as session:
        return {
            table_of(model).name: sorted((tuple(row) for row in session.execute(select(table_of(model)))), key=repr)
            for model in KEPT
        }


def anew(db: Database, now: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """What counting everything from nothing says."""
    with db.write() as session:
        run_in_bulk(session, *(delete(table_of(model)) for model in (*KEPT, *QUEUES)))
        session.execute(insert(ReportPostChange).from_select(["post_id"], select(CampaignPost.post_id)))
        session.execute(insert(ReportChange).from_select(["conversation_id"], select(Conversation.id)))
    count(db, now)
    return kept(db)


@pytest.fixture
def old_page(house: House, now: datetime) -> House:
    """We have looked after the page for long."""
    with house.db.write() as session:
        session.execute(update(Page).values(created_at=now - timedelta(days=90)))
    return house


def answer(house: House, talk_id: int, at: datetime, *, resolve: bool = False) -> int:
    with house.db.write() as session:
        return replies.send(
            session,
            house.ann,
            talk_id,
            "Hello",
            key=f"{talk_id} {at}",
            version=None,
            resolve=resolve,
            limit=None,
            undo_seconds=60,
            now=at,
        )


def say(house: House, at: datetime, name: str = "Maria", parent: str | None = None) -> tuple[int, str]:
    number = house.platform.say(name, "Where is it?", at, parent=parent, key=f"user:{name}")
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0, number


def random_act(house: House, choose: random.Random, at: datetime) -> None:
    """Something that people, platforms or jobs do."""
    with house.db.read() as session:
        talks = session.scalars(select(Conversation.id)).all()
        posts = session.scalars(select(Post.id)).all()
    talk_id = choose.choice(talks)
    acting: dict[str, Callable[[Any], object]] = {
        "resolve": lambda session: acts.resolve(session, house.ann, talk_id, None, at),
        "reopen": lambda session: acts.reopen(session, house.ann, talk_id, None, at),
        "spam": lambda session: acts.set_aside(session, house.ann, talk_id, None, at),
        "take": lambda session: acts.take(session, house.bob, talk_id, None, at),
        "move": lambda session: routing.correct(
            session, house.ann, talk_id, house.service_team, version=None, reason="x", now=at
        ),
        "undo": lambda session: desk_acts.undo(session, house.ann, None, at),
        "tag": lambda session: tags.put_on(
            session, house.ann, talk_id, [tags.find_or_make(session, choose.choice("ab"), at)], None, at
        ),
        "untag": lambda session: tags.take_off(
            session, house.ann, talk_id, [tags.find_or_make(session, "a", at)], None, at
        ),
    }
    what = choose.choice([*acting, "say", "say", "answer", "answer", "belong", "count"])
    try:
        if what == "say":
            say(house, at, choose.choice(["Maria", "Ken", "Li"]))
        elif what == "answer":
            reply_id = answer(house, talk_id, at, resolve=choose.random() < 0.4)
            if choose.random() < 0.3:
                with house.db.write() as session:
                    replies.undo(session, house.ann, reply_id, at)
        elif what == "belong":
            belong(house, choose.choice(posts), choose.choice([None, 1, 2]))
        elif what == "count":
            count(house.db, at)
        else:
            with house.db.write() as session:
                acting[what](session)
    except PorchlightError:
        pass  # refused, as it would be on a screen


def belong(house: House, post_id: int, campaign_id: int | None) -> None:
    with house.db.write() as session:
        run_in_bulk(session, delete(CampaignPost).where(CampaignPost.post_id == post_id))
        if campaign_id is not None:
            session.add(CampaignPost(post_id=post_id, page_id=house.page_id, campaign_id=campaign_id))


@pytest.fixture
def campaigns(old_page: House, now: datetime) -> None:
    with old_page.db.write() as session:
        for number in (1, 2):
            row: dict[str, Any] = {
                "id": number,
                "name": f"C{number}",
                "goal": "",
                "owner_id": old_page.ann.id,
                "starts_on": now.date(),
                "ends_on": now.date(),
                "zone": "UTC",
                "disciplines": [],
                "version": 1,
                "settled_version": 1,
                "created_at": now,
            }
            session.execute(insert(Base.metadata.tables["campaigns"]).values(row))


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_it_says_what_counting_anew_says(
    old_page: House, campaigns: None, now: datetime, seed: int
) -> None:
    choose = random.Random(seed)
    start = now - timedelta(days=3)
    say(old_page, start)
    for step in range(40):
        random_act(old_page, choose, start + step * HOUR)
    count(old_page.db, now)
    grown = kept(old_page.db)
    assert grown["report_days"]
    assert grown == anew(old_page.db, now)


def test_other_days_count_everything_anew_and_nothing_twice(old_page: House, campaigns: None, now: datetime) -> None:
    choose = random.Random(5)
    evening = (now - timedelta(days=5)).replace(hour=23, minute=30)
    for number in range(5):
        say(old_page, evening, f"V{number}")
    for step in range(20):
        random_act(old_page, choose, evening + step * 3 * HOUR)
    count(old_page.db, now)
    before = kept(old_page.db)
    days.use("Europe/Berlin")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(counting, "AT_ONCE", 2)  # in portions, with work in between
            with old_page.db.write() as session:
                assert counting.work(session, now)
            say(old_page, evening - timedelta(days=1))
            count(old_page.db, now)
        moved = kept(old_page.db)
        assert moved == anew(old_page.db, now) != before
        with old_page.db.read() as session:
            [day] = queries.report(session, EVERYBODY, evening.date(), evening.date()).days
        assert day.counts.opened == 1, "half past eleven of the day before in Greenwich, and no more"
    finally:
        days.use("UTC")


def test_a_late_change_restates_its_day(old_page: House, now: datetime) -> None:
    house, then = old_page, now - timedelta(days=9)
    talk_id, _number = say(house, then)
    answer(house, talk_id, then + 2 * HOUR)
    count(house.db, now)
    day = then.date()

    def teams() -> dict[str, tuple[int, int]]:
        with house.db.read() as session:
            found = queries.lines(session, By.TEAM, day, now.date())
        return {one.key: (one.counts.answered, one.times[Figure.FIRST_REPLY].n) for one in found if one.counts.opened}

    first = next(iter(teams()))
    assert teams() == {first: (1, 1)}
    other = house.service_team if first == str(house.marketing_team) else house.marketing_team
    with house.db.write() as session:
        routing.correct(session, house.ann, talk_id, other, version=None, reason="x", now=now)
    count(house.db, now)
    assert teams() == {str(other): (1, 1)}
    with house.db.write() as session:
        acts.set_aside(session, house.ann, talk_id, None, now)
    count(house.db, now)
    assert teams() == {}
    assert kept(house.db) == {table_of(model).name: [] for model in KEPT}


def test_a_month_by_everything_it_can_be_told_apart_by(old_page: House, campaigns: None, now: datetime) -> None:
    house, then = old_page, now - timedelta(days=5)
    one, _ = say(house, then, "Maria")
    two, _ = say(house, then, "Ken")
    say(house, then, "Li")
    answer(house, one, then + HOUR)
    answer(house, two, then + 3 * HOUR, resolve=True)
    with house.db.write() as session:
        tags.put_on(session, house.ann, one, [tags.find_or_make(session, "late", now)], None, now)
        post_id = session.scalars(select(Post.id)).one()
    belong(house, post_id, 2)
    count(house.db, now)
    first, last = now.date() - timedelta(days=27), now.date()
    with house.db.read() as session:
        report = queries.report(session, EVERYBODY, first, last)
        tables = {by: queries.lines(session, by, first, last) for by in By if by is not By.ALL}
        mine = queries.report(session, Whose(By.AGENT, str(house.ann.id)), first, last)
        platform = queries.report(session, Whose(By.PLATFORM, "memory"), first, last)
    with house.db.write() as session:
        session.add(ReportDay(by=By.TAG, of=9, day=then.date(), comments=1, opened=9, answered=0, settled=0))
        session.flush()
        assert queries.lines(session, By.TAG, first, last, 1) == [], "the busiest has no name any more"
        assert len(queries.lines(session, By.TAG, first, last, 2)) == 1
    assert (report.now.counts.opened, report.now.counts.answered, report.now.counts.comments) == (3, 2, 3)
    assert report.now.times[Figure.FIRST_REPLY].n == 2
    assert report.now.times[Figure.FIRST_REPLY].seconds == 4 * 3600
    assert report.now.times[Figure.RESOLUTION].n == 1
    assert report.before.counts.opened == 0
    assert {one.day for one in report.days if one.counts.opened} == {then.date()}
    assert {by: [line.name for line in lines] for by, lines in tables.items()} == {
        By.AGENT: ["ann"],
        By.TEAM: [tables[By.TEAM][0].name],
        By.PAGE: ["Our blog"],
        By.PLATFORM: ["memory"],
        By.CAMPAIGN: ["C2"],
        By.TAG: ["late"],
    }
    assert tables[By.TAG][0].times[Figure.FIRST_REPLY].seconds == 3600
    assert mine.now.times[Figure.FIRST_REPLY].n == 2
    assert platform.now.counts == report.now.counts == tables[By.PAGE][0].counts


def test_two_at_once_count_once(old_page: House, now: datetime) -> None:
    for name in ("Maria", "Ken", "Li"):
        talk_id, _number = say(old_page, now - HOUR, name)
        answer(old_page, talk_id, now)
    both = [threading.Thread(target=count, args=(old_page.db, now)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    grown = kept(old_page.db)
    assert grown == anew(old_page.db, now)


def test_history_and_what_waits_are_no_answers(desk: Desk) -> None:
    talk_id = desk.talk()
    count(desk.house.db, desk.now)
    with desk.house.db.read() as session:
        report = queries.report(session, EVERYBODY, date(2000, 1, 1), desk.now.date())
        assert session.get_one(Conversation, talk_id).state is ConversationState.NEW
    assert (report.now.counts.opened, report.now.counts.share) == (1, 0.0)
    assert report.now.times[Figure.FIRST_REPLY].n == 0
