"""The demonstration beside real work: it lives like the real thing, never mixes with it, and goes without a trace."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from app import bootstrap
from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import Team, TeamMember, User
from app.accounts.types import Actor, Role
from app.bootstrap import Services
from app.collecting import service as collecting
from app.collecting.runner import Runner as Collector
from app.collecting.types import Load
from app.connectors.ports import Access, Found, Status
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Base, Database
from app.core.errors import Conflict, InvalidInput
from app.demo import cast, service
from app.inbox import service as inbox
from app.inbox import threads
from app.inbox.models import Comment, CommentVersion, Conversation
from app.inbox.types import ConversationState
from app.outbox.models import Delivery
from app.outbox.runner import Runner as Deliverer
from app.pages import leases
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.models import Page
from app.replies import service as replies
from app.reports import counting
from app.reviews.models import Review
from app.reviews.types import ReviewState
from app.routing import service as routing
from app.routing import versions
from app.search import service as search
from app.sending.types import SendState
from tests.domain.conftest import House

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def demo(house: House, services: Services, now: datetime) -> Services:
    """The demonstration, begun just now in the house where real work goes on."""
    return begin(services, now)


def begin(services: Services, start: datetime) -> Services:
    bootstrap.open_demo_platform(services.settings, start)
    assert service.add(services.db, services.connectors, start) is not None
    return services


def everything(db: Database) -> Rows:
    """All rows of all tables, in an order of their own, once search index and reports have caught up."""
    while True:
        with db.write() as session:
            if not search.index_waiting(session) and not counting.work(session, utc_now()):
                break
    with db.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(table.select())), key=repr)
            for table in Base.metadata.sorted_tables
        }


def collector(services: Services) -> Collector:
    return Collector(services.db, services.connectors, services.box, threads=2, fastest_seconds=30)


def demo_pages(services: Services) -> dict[str, int]:
    with services.db.read() as session:
        return {page.url: page.id for page in page_queries.pages(session) if page.demo}


def talk_of(services: Services, address: str, comment: str) -> int:
    with services.db.read() as session:
        place = threads.locate(session, demo_pages(services)[address], comment)
    assert place is not None
    return place[1]


def settle(services: Services) -> None:
    """What workers do: deliver and read what the platform shows then."""
    Deliverer(services.db, services.connectors, services.box, 120).run()
    for outcome in collector(services).run(list(demo_pages(services).values()), force=True):
        assert outcome.code is None, outcome


def test_two_pages_three_teams_five_people_all_marked(demo: Services) -> None:
    with demo.db.read() as session:
        shown = [page for page in page_queries.pages(session) if page.demo]
        assert [(page.connector, page.error_code) for page in shown] == [("demo", None)] * 2
        assert all(page.last_read_at and page.name.endswith("(demo)") for page in shown)
        assert [(team.key, team.demo) for team in accounts.teams(session)] == [
            ("customer_service", False),
            ("marketing", False),
            ("demo_pr", True),
        ]
        hired = list(session.scalars(select(User).where(User.demo)))
        assert len(hired) == 5
        assert all(one.name.endswith("(demo)") and one.role is not Role.ADMIN for one in hired)
        assert len(session.scalars(select(Comment.id)).all()) == 120
        talks = list(session.scalars(select(Conversation)))
        assert all(talk.routed_at for talk in talks)
        used = {
            name for (name,) in session.execute(select(Team.key).join(Conversation, Conversation.team_id == Team.id))
        }
        assert used == {"customer_service", "marketing", "demo_pr"}
        assert {talk.language for talk in talks} >= {"de", "en", "th", "ar"}
        states = Counter(talk.state for talk in talks)
        assert set(states) == set(ConversationState)
        assert not accounts.admin_exists(session), "the demonstration is no substitute for setting up"


def test_added_twice_it_is_there_once(demo: Services, now: datetime) -> None:
    before = everything(demo.db)
    bootstrap.open_demo_platform(demo.settings, now)
    assert service.add(demo.db, demo.connectors, now) is None
    assert everything(demo.db) == before


def test_nobody_can_sign_in_as_somebody_of_the_demonstration(demo: Services, now: datetime) -> None:
    with demo.db.write() as session:
        for one in cast.PEOPLE:
            assert people.sign_in(session, one.login, "demo", now=now, days=1) is None
            with pytest.raises(Conflict):
                people.set_password(session, one.login, "a password that would do", utc_now(), by=None)


def test_comments_go_on_arriving_with_edits_and_deletions(house: House, services: Services, now: datetime) -> None:
    bootstrap.open_demo_platform(services.settings, now - timedelta(minutes=8))
    begin(services, now - timedelta(minutes=8))
    settle(services)
    with services.db.read() as session:
        early = len(session.scalars(select(Comment.id)).all())
        assert early > 120
        assert session.scalars(select(CommentVersion)).all() == []
    later = begin_again_at(services, now - timedelta(hours=20))
    settle(later)
    with services.db.read() as session:
        known = {one.external_id: one for one in session.scalars(select(Comment))}
    assert known["wp-443"].text.startswith("Edited text")
    assert len(known) > 318


def begin_again_at(services: Services, start: datetime) -> Services:
    service.remove(services.db)
    bootstrap.close_demo_platform(services.settings)
    return begin(services, start)


def test_answers_reach_the_platform_once_and_are_recognised_when_they_come_back(demo: Services) -> None:
    settle(demo)
    settle(demo)
    answers = [deed for deed in cast.DEEDS if deed.act in (cast.Act.ANSWER, cast.Act.SETTLE)]
    with demo.db.read() as session:
        sent = list(session.scalars(select(Delivery)))
        assert {one.state for one in sent} == {SendState.SENT}
        assert len(sent) == len(answers) + 1
        ours = session.scalars(select(Comment).where(Comment.is_us, Comment.external_id.like("reply-%"))).all()
        assert sorted(one.text for one in ours) == sorted(deed.text for deed in answers)
        assert all(one.conversation_id for one in ours)
        approved = session.scalar(select(Comment.status).where(Comment.external_id == "isso-416"))
        assert approved is Status.LIVE


def test_removing_it_leaves_everything_real_as_it_was_row_for_row(
    house: House, services: Services, now: datetime
) -> None:
    first = house.platform.say("Kim", "Where is my parcel?", now - timedelta(hours=2))
    house.platform.say("Lee", "I love it", now - timedelta(hours=1), parent=first)
    house.collect()
    with house.db.write() as session:
        place = threads.locate(session, house.page_id, first)
        assert place is not None
        inbox.take(session, house.ann, place[1], None, now)
        inbox.add_note(session, house.ann, place[1], "Asked the courier", now)
        routing.correct(session, house.bob, place[1], house.marketing_team, version=None, reason="A reporter", now=now)
        answer(session, house.bob, place[1], "On its way", now)
    house.deliverer().run()
    house.collect()
    before = everything(house.db)

    begin(services, now)
    settle(services)
    admin = join_the_demo(services, now)
    work_in_the_demo(services, house.ann, now)
    remains = everything(house.db)
    assert all(len(remains[name]) > len(rows) for name, rows in before.items() if rows and name in WRITTEN)
    remove_admin = people_who_stay(services.db, admin)

    assert service.remove(services.db)
    bootstrap.close_demo_platform(services.settings)
    after = everything(house.db)
    remove_admin(after)
    assert after == before
    assert not (services.settings.data_dir / "demo").exists()
    assert not service.remove(services.db)


WRITTEN = frozenset(
    {
        "pages",
        "connections",
        "posts",
        "contacts",
        "identities",
        "comments",
        "conversations",
        "conversation_events",
        "notes",
        "routing_decisions",
        "deliveries",
        "replies",
        "users",
        "teams",
        "team_members",
    }
)
"""Tables in which the house has rows and the demonstration adds some."""


def answer(session: Any, actor: Actor, talk_id: int, text: str, now: datetime) -> int:
    return replies.send(
        session,
        actor,
        talk_id,
        text,
        key=f"k{talk_id}",
        version=None,
        resolve=False,
        limit=None,
        undo_seconds=0,
        now=now,
    )


def join_the_demo(services: Services, now: datetime) -> int:
    """An admin who sets up while the demonstration is there is in all teams, in its team too."""
    with services.db.write() as session:
        token = people.new_setup_link(session, now)
        assert token
        signed_in = people.set_up(session, token, login="root", name="Root", password="correct horse", now=now, days=1)
        assert len(signed_in.actor.team_ids) == 3
    return signed_in.actor.id


def work_in_the_demo(services: Services, actor: Actor, now: datetime) -> None:
    """Somebody real tries everything in the demonstration."""
    with services.db.write() as session:
        talk_id = talk_of(services, cast.TRAVEL, "nlu-01062")
        inbox.take(session, actor, talk_id, None, now)
        inbox.add_note(session, actor, talk_id, "So this is a note", now)
        answer(session, actor, talk_id, "So this is an answer", now)
        other = talk_of(services, cast.TRAVEL, "nlu-01290")
        pia = session.scalar(select(User.id).where(User.login == cast.PIA))
        inbox.assign(session, actor, other, pia, None, now)
        team = accounts.team_by_key(session, cast.TEAM_KEY)
        assert team
        routing.correct(session, actor, other, team.id, version=None, reason="To see", now=now)


def people_who_stay(db: Database, user_id: int) -> Callable[[Rows], None]:
    """Take somebody who came meanwhile, and what is theirs, out of all rows: they are real and stay."""
    with db.read() as session:
        names = [team.id for team in accounts.teams(session) if not team.demo]
        member_of = session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user_id)).all()
        assert len(member_of) == 3

    def take_out(rows: Rows) -> None:
        users = [row for row in rows["users"] if row[0] == user_id]
        assert len(users) == 1
        memberships = [row for row in rows["team_members"] if row[1] == user_id]
        assert sorted(row[0] for row in memberships) == sorted(names)
        rows["users"] = [row for row in rows["users"] if row[0] != user_id]
        rows["team_members"] = [row for row in rows["team_members"] if row[1] != user_id]
        rows["sessions"] = [row for row in rows["sessions"] if row[1] != user_id]
        joined = [row for row in rows["audit_log"] if f"user/{user_id}" in row]
        assert len(joined) == 1
        rows["audit_log"] = [row for row in rows["audit_log"] if row not in joined]

    return take_out


def test_a_page_taken_out_by_hand_goes_too(demo: Services, now: datetime) -> None:
    with demo.db.write() as session:
        session.execute(update(Page).where(Page.url == cast.BAKERY).values(state="removed"))
    assert service.remove(demo.db)
    with demo.db.read() as session:
        assert session.scalars(select(Page.id).where(Page.demo)).all() == []


def test_nothing_real_can_be_given_to_the_demonstration(house: House, demo: Services, now: datetime) -> None:
    comment = house.platform.say("Kim", "Where is my parcel?", now - timedelta(hours=2))
    house.collect()
    before = everything(house.db)
    with house.db.read() as session:
        place = threads.locate(session, house.page_id, comment)
        team = accounts.team_by_key(session, cast.TEAM_KEY)
        dana = session.scalar(select(User.id).where(User.login == cast.DANA))
    assert place
    assert team
    found = Found("memory", "Another blog", "memory:other")
    rules = '[[rule]]\nname = "All to PR"\nwords = ["parcel"]\nteam = "demo_pr"\n'
    attempts: list[tuple[type[Exception], Callable[[Any], Any]]] = [
        (Conflict, lambda s: inbox.assign(s, house.ann, place[1], dana, None, now)),
        (Conflict, lambda s: routing.correct(s, house.ann, place[1], team.id, version=None, reason="", now=now)),
        (
            Conflict,
            lambda s: pages.add_page(s, found, team_id=team.id, sealed_secret=None, account=None, since=None, now=now),
        ),
        (InvalidInput, lambda s: versions.install(s, rules, now)),
    ]
    for refusal, attempt in attempts:
        with pytest.raises(refusal), house.db.write() as session:
            attempt(session)
    assert everything(house.db) == before


def test_visitors_of_the_demonstration_are_never_taken_for_real_people(
    house: House, demo: Services, now: datetime
) -> None:
    house.platform.say("Petra Kühn", "Same name, same key, another house", now, key="person-1")
    house.collect()
    with house.db.read() as session:
        talks = select(Conversation.contact_id, Conversation.page_id)
        contacts: dict[int, set[int]] = {}
        for contact_id, page_id in session.execute(talks):
            contacts.setdefault(contact_id, set()).add(page_id)
    assert all(len(page_ids) == 1 for page_ids in contacts.values())


def test_a_reader_at_work_while_it_is_removed_stores_nothing(demo: Services, now: datetime) -> None:
    page_id = demo_pages(demo)[cast.TRAVEL]
    with demo.db.write() as session:
        claim = leases.claim_read(session, page_id, now, force=True)
    assert claim
    connector = demo.connectors.get("demo")
    batches = list(connector.collect(Access(claim.url, claim.settings), None, since=None, now=now))
    assert service.remove(demo.db)
    for batch in batches:
        with demo.db.write() as session:
            assert collecting.store_loads(session, [Load(claim, batch)], now) == [None]
    with demo.db.read() as session:
        assert session.scalars(select(Comment.id)).all() == []


def test_it_can_be_removed_while_workers_read_and_answer(house: House, services: Services, now: datetime) -> None:
    house.platform.say("Kim", "Where is my parcel?", now - timedelta(hours=2))
    house.collect()
    before = everything(house.db)
    begin(services, now - timedelta(minutes=30))
    page_ids = list(demo_pages(services).values())
    gone, failures = threading.Event(), list[BaseException]()

    def keep(work: Callable[[], object]) -> None:
        try:
            while not gone.is_set():
                work()
        except Exception as error:  # noqa: BLE001 (all of them are told below)
            failures.append(error)

    reader, deliverer = collector(services), Deliverer(services.db, services.connectors, services.box, 120, threads=2)
    threads = [
        threading.Thread(target=keep, args=(lambda: reader.run(page_ids, force=True),)),
        threading.Thread(target=keep, args=(lambda: reader.reconcile(page_ids),)),
        threading.Thread(target=keep, args=(deliverer.run,)),
    ]
    for thread in threads:
        thread.start()
    try:
        assert service.remove(services.db)
    finally:
        gone.set()
        for thread in threads:
            thread.join(60)
    assert failures == []
    assert everything(house.db) == before


def test_reviews_of_nothing_but_the_demonstration_go_with_it(services: Services, now: datetime) -> None:
    begin(services, now)
    with services.db.write() as session:
        span = {"first": now.date(), "last": now.date()}
        session.add(Review(**span, state=ReviewState.OPEN, prepared_at=now, words="", facts={}))
    assert service.remove(services.db)
    with services.db.read() as session:
        assert session.scalars(select(Review.id)).all() == []


def test_removal_takes_a_fixed_number_of_statements(demo: Services) -> None:
    statements: list[str] = []
    listener = lambda _c, _cursor, statement, *_rest: statements.append(statement)  # noqa: E731
    event.listen(demo.db.engine, "before_cursor_execute", listener)
    assert service.remove(demo.db)
    assert len(statements) < 35, "bulk statements, whatever the number of comments"


def test_without_an_open_platform_nothing_is_added(services: Services, now: datetime) -> None:
    before = everything(services.db)
    with pytest.raises(Exception, match="platform"):
        service.add(services.db, services.connectors, now)
    assert everything(services.db) == before


def test_an_unknown_address_is_never_offered_to_the_pretend_platform(services: Services) -> None:
    registry: Registry = services.connectors
    assert "demo" not in [connector.kind for connector in registry]
    assert registry.get("demo").kind == "demo"
