"""Promise 1: what the platform showed us is stored once, and every later change is followed."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.campaigns.models import Campaign, CampaignPage, CampaignPost
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors import errors
from app.connectors.ports import Author, Batch, Item, Post, Status
from app.contacts.models import Contact
from app.core.clock import utc_now
from app.core.events import Changed
from app.inbox import intake, queries, rules, threads
from app.inbox import service as inbox
from app.inbox.arrivals import Arrival
from app.inbox.models import Comment, CommentVersion, Conversation, ConversationTag, RawPayload, Tag
from app.inbox.models import Post as PostRow
from app.inbox.types import ConversationState, EventKind, ListFilter, Row
from app.pages import leases
from app.pages import queries as page_queries
from app.pages.models import Connection
from app.pages.types import ConnectionState
from tests.domain.conftest import House
from tests.domain.platform import US

POST = Post("p1", "https://b.example/p1", "Spring")


def _count(house: House, model: type) -> int:
    with house.db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _talks(house: House, state: ConversationState = ConversationState.NEW) -> list[Row]:
    with house.db.read() as session:
        return queries.rows(session, ListFilter(state))


def test_a_comment_is_stored_once_however_often_it_is_shown(house: House, now: datetime) -> None:
    for number in range(5):
        house.platform.say("Eva", f"Hello {number}", now - timedelta(minutes=number))
    house.collect()
    house.collect()
    assert _count(house, Comment) == 5
    assert _count(house, Contact) == 1


def test_a_walk_that_breaks_off_goes_on_where_it_was(house: House, now: datetime) -> None:
    for number in range(6):
        house.platform.say("Eva", f"Hello {number}", now)
    house.platform.fail_after.append(errors.Transient(errors.TIMED_OUT))
    (outcome,) = house.collector.run([house.page_id], force=True)
    assert (outcome.new, outcome.code) == (2, errors.TIMED_OUT)
    with house.db.read() as session:
        page = page_queries.page(session, house.page_id)
        assert page is not None
        assert page.connection_state is ConnectionState.FAILING
        assert page.last_read_at is None
        cursor = session.get_one(Connection, house.page_id).cursor
    assert cursor == {"done": 2}
    house.collect()
    assert _count(house, Comment) == 6
    with house.db.read() as session:
        page = page_queries.page(session, house.page_id)
        assert page is not None
        assert page.connection_state is ConnectionState.OK
        assert page.last_read_at is not None


@pytest.mark.parametrize("named", [True, False])
def test_a_platform_that_wants_to_be_left_alone_is_not_asked_about_old_comments(house: House, named: bool) -> None:
    with house.db.read() as session:
        before = session.get_one(Connection, house.page_id).next_verify_at
    until = utc_now() + timedelta(hours=2) if named else None
    house.platform.fail_before.append(errors.RateLimited(errors.RATE_LIMITED, retry_at=until))
    house.platform.say("Eva", "Hello", utc_now())
    house.collector.run([house.page_id], force=True)
    with house.db.read() as session:
        connection = session.get_one(Connection, house.page_id)
    if until is None:
        assert connection.next_verify_at == before
    else:
        assert until <= connection.next_read_at <= until + timedelta(seconds=15), "and not all pages at one moment"
        assert connection.next_verify_at == connection.next_read_at


def test_the_batch_and_the_cursor_are_one_transaction(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.platform.say("Eva", "Hello", now)

    def full_disk(*_arguments: object, **_named: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(intake, "keep_payloads", full_disk)
        (outcome,) = house.collector.run([house.page_id], force=True)
    assert outcome.code == "internal"
    assert _count(house, Comment) == 0
    with house.db.read() as session:
        assert session.get_one(Connection, house.page_id).cursor is None
    house.collect()
    assert _count(house, Comment) == 1


def test_one_person_in_one_thread_is_one_conversation(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Where is it?", now - timedelta(hours=2))
    house.platform.say("Eva", "Anybody?", now - timedelta(hours=1), parent=first)
    house.platform.say("Tom", "Mine is late too", now, parent=first)
    house.platform.say("Eva", "Something else", now)
    house.collect()
    assert sorted(row.comments for row in _talks(house)) == [1, 1, 2]


def test_waiting_since_is_the_first_unanswered_word(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Where is it?", now - timedelta(hours=2))
    house.platform.say("Eva", "Anybody?", now - timedelta(hours=1), parent=first)
    house.collect()
    (row,) = _talks(house)
    assert row.at == now - timedelta(hours=2)


def test_an_answer_given_at_the_platform_settles_the_conversation(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Where is it?", now - timedelta(hours=2))
    house.platform.comments["us"] = Item("us", POST, US, "On its way!", now - timedelta(hours=1), parent=first)
    house.collect()
    assert _talks(house) == []
    assert len(_talks(house, ConversationState.WAITING)) == 1


def test_words_after_our_answer_wait_again(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Where is it?", now - timedelta(hours=3))
    house.platform.comments["us"] = Item("us", POST, US, "On its way!", now - timedelta(hours=2), parent=first)
    house.platform.say("Eva", "Still not here", now - timedelta(hours=1), parent="us")
    house.collect()
    (row,) = _talks(house)
    assert row.at == now - timedelta(hours=1)


def test_a_new_word_reopens_what_was_done(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Thanks", now - timedelta(hours=3))
    house.collect()
    with house.db.write() as session:
        inbox.resolve(session, house.ann, _talks(house)[0].id, None, now)
    house.platform.say("Eva", "One more thing", now, parent=first)
    house.collect()
    assert [row.at for row in _talks(house)] == [now]


def test_an_edit_keeps_the_earlier_text(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "I like it", now - timedelta(hours=1))
    house.collect()
    house.platform.comments[first] = replace(house.platform.comments[first], text="I hate it")
    house.collector.reconcile([house.page_id])
    with house.db.read() as session:
        (comment,) = threads.thread(session, house.ann, _talks(house)[0].id)
        assert (comment.text, comment.earlier_texts) == ("I hate it", ("I like it",))
        assert comment.edited_at is not None
    assert _talks(house)[0].snippet == "I hate it"


def test_a_deletion_is_followed_and_closes_what_nobody_asks_any_more(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Oops", now - timedelta(hours=1))
    house.collect()
    del house.platform.comments[first]
    house.collector.reconcile([house.page_id])
    assert _talks(house) == []
    (row,) = _talks(house, ConversationState.DONE)
    with house.db.read() as session:
        assert threads.thread(session, house.ann, row.id)[0].status is Status.DELETED
        assert [event.kind for event in threads.record(session, house.ann, row.id).events] == [EventKind.VANISHED]


def test_a_post_that_goes_into_the_trash_and_comes_back_is_followed(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Lovely", now - timedelta(hours=1))
    house.collect()
    (talk,) = (row.id for row in _talks(house))
    there = house.platform.comments[first]
    gone = replace(there, status=Status.TRASH, post=replace(there.post, status=Status.TRASH))
    for comment, status in ((gone, Status.TRASH), (there, Status.LIVE)):
        house.platform.comments[first] = comment
        house.collector.reconcile([house.page_id])
        with house.db.read() as session:
            assert threads.conversation(session, house.ann, talk).post_status is status


def test_a_second_look_comes_less_often_as_a_comment_ages(house: House, now: datetime) -> None:
    waits = [
        page_rules_next(now, now - age) - now
        for age in (timedelta(0), timedelta(days=1), timedelta(days=5), timedelta(days=30), timedelta(days=900))
    ]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)


def page_rules_next(now: datetime, published_at: datetime) -> datetime:
    from app.pages import rules as page_rules

    return page_rules.next_verify(now, published_at)


def test_strangers_with_the_same_name_stay_strangers(house: House, now: datetime) -> None:
    for number in range(3):
        external_id = f"g{number}"
        house.platform.comments[external_id] = Item(external_id, POST, Author(name="Anna"), "Hi", now)
    for number in range(2):
        external_id = f"e{number}"
        house.platform.comments[external_id] = Item(external_id, POST, Author(), "no name", now)
    house.collect()
    assert _count(house, Contact) == 5


def test_a_parent_that_comes_late_joins_the_thread(house: House, now: datetime) -> None:
    def store(*items: Item) -> None:
        with house.db.write() as session:
            intake.store(session, [Arrival(house.page_id, house.marketing_team, items)], now)

    eva, tom = Author("Eva", "user:eva"), Author("Tom", "user:tom")
    store(Item("c", POST, eva, "child", now, parent="b"))
    store(Item("b", POST, tom, "parent", now, parent="a"))
    store(Item("a", POST, eva, "root", now - timedelta(hours=1)))
    with house.db.read() as session:
        roots = set(session.scalars(select(Comment.thread_root)))
    assert roots == {"a"}


def test_open_lists_are_told_who_waits_and_where_that_stands(house: House, now: datetime) -> None:
    def told(*items: Item) -> list[Changed]:
        with house.db.write() as session:
            intake.store(session, [Arrival(house.page_id, house.marketing_team, items)], now)
            return [one for one in session.info["after_commit"] if one.kind in ("inbox", "news")]

    eva = Author("Eva", "user:eva")
    (first,) = told(Item("a", POST, eva, "Where is it?", now))
    where = (("page", house.page_id), ("team", house.marketing_team), ("assignee", 0))
    sort = (("kind", ("first",)), ("language", ()), ("platform", (house.platform.kind,)))
    (row,) = _talks(house)
    assert first == Changed("news", row.id, (*where, *sort, ("tag", ()), ("campaign", ()), ("target", ())))
    message = json.loads(first.encode())
    assert (message["kind"], message["stands"]["kind"]) == ("news", ["first"])
    with house.db.write() as session:
        inbox.take(session, house.ann, row.id, None, now)
        session.add_all(Tag(id=one, key=f"t{one}", name=f"T{one}", created_at=now) for one in (1, 2))
        session.flush()
        session.add_all(ConversationTag(conversation_id=row.id, tag_id=one) for one in (1, 2))
        session.add(
            Campaign(
                id=5, name="Spring", goal="", owner_id=house.ann.id, starts_on=now.date(), ends_on=now.date(),
                zone="UTC", disciplines=[], created_at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add(CampaignPage(campaign_id=5, page_id=house.page_id))
    (again,) = told(Item("b", POST, eva, "Still waiting", now, parent="a"))
    assert again.stands[:-1] == (*where[:2], ("assignee", house.ann.id), *sort), "a post may come to belong to one"
    assert dict(again.stands)["tag"] in {(1, 2), (2, 1)}
    with house.db.write() as session:
        (post_id,) = session.scalars(select(PostRow.id))
        session.add(CampaignPost(post_id=post_id, page_id=house.page_id, campaign_id=5))
    (third,) = told(Item("d", POST, eva, "Hello?", now, parent="a"))
    assert dict(third.stands)["campaign"] == (5,)
    assert told(Item("a", POST, eva, "Where is my parcel?", now)) == [Changed("inbox")], "an edit moves nobody up"
    crowd = [Item(f"c{number}", POST, Author(f"C{number}", f"user:c{number}"), "Me too", now) for number in range(21)]
    assert told(*crowd) == [Changed("inbox")]


def test_replaying_kept_answers_brings_back_what_was_lost(house: House, now: datetime) -> None:
    lost = house.platform.say("Eva", "Do not lose me", now)
    house.collect()
    with house.db.write() as session:
        comment = session.scalars(select(Comment)).one()
        session.delete(comment)
    assert _count(house, RawPayload) == 1
    outcome = house.collector.replay(house.page_id)
    assert outcome.new == 1
    with house.db.read() as session:
        assert session.scalars(select(Comment.external_id)).one() == lost


def test_replaying_never_undoes_what_was_learned_later(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "first", now)
    house.collect()
    old = house.platform.comments[first]
    house.platform.comments[first] = replace(old, text="second")
    house.collector.reconcile([house.page_id])
    house.platform.comments[first] = old
    house.collector.replay(house.page_id)
    with house.db.read() as session:
        assert session.scalars(select(Comment.text)).one() == "second"
        assert session.scalars(select(CommentVersion.text)).all() == ["first"]


def test_two_readers_of_one_page_do_not_meet(house: House, now: datetime) -> None:
    with house.db.write() as session:
        held = leases.claim_read(session, house.page_id, now, force=True)
    assert held is not None
    assert house.collector.run([house.page_id], force=True) == []
    with house.db.write() as session:
        assert leases.claim_read(session, house.page_id, now + timedelta(minutes=6), force=True) is not None
    with house.db.write() as session:
        assert collecting.store_loads(session, [Load(held, Batch([], {"done": 9}))], now) == [None]


def test_wrong_credentials_stop_the_page_and_say_so(house: House, now: datetime) -> None:
    house.platform.fail_before.append(errors.AuthExpired(errors.WRONG_CREDENTIALS, "revoked"))
    (outcome,) = house.collector.run([house.page_id], force=True)
    assert outcome.code == errors.WRONG_CREDENTIALS
    with house.db.read() as session:
        page = page_queries.page(session, house.page_id)
        assert page is not None
        assert page.connection_state is ConnectionState.STOPPED
        assert page_queries.due(session, now + timedelta(days=9), 10) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 30), max_size=6))
def test_order_and_repetition_change_nothing(house: House, seed: int, cuts: list[int]) -> None:
    """Shuffled, cut into any batches, some given twice: the same comments, threads and counts come out."""
    from app.core.clock import utc_now

    now = utc_now()
    chance = random.Random(seed)
    prefix = f"{uuid4()}."
    items = []
    for number in range(30):
        parent = f"{prefix}{chance.randrange(number)}" if number and chance.random() < 0.5 else None
        author = Author(f"P{number % 4}", f"user:{prefix}{number % 4}")
        items.append(
            Item(f"{prefix}{number}", POST, author, f"t{number}", now - timedelta(seconds=100 - number), parent=parent)
        )
    roots = {item.external_id: _root(items, item) for item in items}
    sizes = list(cuts)
    shuffled = items * 2
    chance.shuffle(shuffled)
    while shuffled:
        size = sizes.pop() if sizes else len(shuffled)
        part, shuffled = shuffled[:size], shuffled[size:]
        with house.db.write() as session:
            intake.store(session, [Arrival(house.page_id, house.marketing_team, part)], now)
    with house.db.read() as session:
        stored = {
            row.external_id: row.thread_root
            for row in session.execute(
                select(Comment.external_id, Comment.thread_root).where(Comment.external_id.startswith(prefix))
            )
        }
        counted = session.scalar(
            select(func.sum(Conversation.comment_count)).where(
                Conversation.id.in_(select(Comment.conversation_id).where(Comment.external_id.startswith(prefix)))
            )
        )
    assert stored == roots
    assert counted == 30


def _root(items: list[Item], item: Item) -> str:
    by_id = {one.external_id: one for one in items}
    while item.parent:
        item = by_id[item.parent]
    return item.external_id


def test_links_in_a_circle_end() -> None:
    links = {"a": "b", "b": "c", "c": "a"}
    assert {rules.root_of(one, links, lambda _id: None) for one in links} == {"a"}
