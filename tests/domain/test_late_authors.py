"""A comment that came without its author gets them when a later reading brings them: the comment, its conversation,
its history, and the question where it belongs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.collecting import service as collecting
from app.connectors.hooks import News
from app.connectors.ports import Author, Item, Post
from app.contacts import care, joining
from app.contacts import queries as contacts
from app.contacts.models import Contact, Identity
from app.contacts.types import DO_NOT_CONTACT, Mark, MarkKind
from app.core.errors import NotFound
from app.inbox import changes, intake, lookups, persons, service, threads
from app.inbox.arrivals import Arrival, Different, Stored
from app.inbox.models import Comment, Conversation, ConversationEvent
from app.inbox.types import EventKind
from app.routing import anew, queries, versions
from app.routing.models import RoutingCause
from app.routing.types import Cause
from app.web.present import history
from tests.domain.conftest import House

POST = Post("p1", "https://b.example/p1", "Spring")
EVA = Author("Eva Berg", "user:eva", url="https://eva.example/", email="eva@eva.example")
NOBODY = Author()


@pytest.fixture
def say(house: House, now: datetime) -> Callable[..., Item]:
    def said(number: str, author: Author = NOBODY, text: str = "Monday it is", **more: object) -> Item:
        return Item(number, POST, author, text, now - timedelta(minutes=5), **more)  # type: ignore[arg-type]

    return said


def store(house: House, items: Sequence[Item], now: datetime) -> Stored:
    with house.db.write() as session:
        return collecting._store(session, [Arrival(house.page_id, house.marketing_team, items)], now)[0]


def talk_of(session: Session, number: str) -> Conversation:
    return session.scalars(select(Conversation).join(Comment).where(Comment.external_id == number)).one()


def who_wrote(house: House, number: str) -> tuple[str, str, str]:
    """As the comment says, as its conversation's contact is shown, and by which key."""
    with house.db.read() as session:
        comment = session.scalars(select(Comment).where(Comment.external_id == number)).one()
        own = session.get_one(Contact, talk_of(session, number).contact_id)
        key = session.get_one(Identity, comment.identity_id).key
        return comment.author_name, session.get_one(Contact, own.head_id).name, key


def everything(house: House) -> list[list[tuple[object, ...]]]:
    with house.db.read() as session:
        tables = (Contact, Identity, Comment, Conversation, ConversationEvent, RoutingCause)
        return [
            [tuple(row) for row in session.execute(select(table.__table__).order_by(table.__table__.c.id))]
            for table in tables
        ]


def test_the_author_comes_later_once_and_stays(house: House, say: Callable[..., Item], now: datetime) -> None:
    store(house, [say("c")], now)
    with house.db.read() as session:
        before = talk_of(session, "c")
    came = store(house, [say("c", EVA)], now)
    assert (came.changed_comments, came.known_comments, came.conversations) == (1, 0, (before.id,))
    assert [(one.conversation_id, one.what) for one in came.new_facts] == [(before.id, Different.AUTHOR)]
    assert who_wrote(house, "c") == ("Eva Berg", "Eva Berg", "user:eva")
    with house.db.read() as session:
        after = talk_of(session, "c")
        (line,) = threads.record(session, house.ann, after.id).events
        (person,) = session.scalars(select(Identity))
        (row,) = contacts.contact(session, house.ann, after.contact_id).identities
    assert (after.id, after.contact_id, after.author_known) == (before.id, before.contact_id, False)
    assert after.version == before.version + 1
    assert line.kind is EventKind.IDENTIFIED
    assert history.event(line).text == "The page now says that Eva Berg wrote this."
    assert (person.email_key, person.site_key, row.email) == ("eva@eva.example", "eva.example", "eva@eva.example")
    stood = everything(house)
    for again in (say("c", EVA), say("c"), say("c", Author("Somebody else", "user:x")), say("c", EVA)):
        assert store(house, [again], now).changed_comments == 0
        assert everything(house) == stood


def test_where_it_belongs_is_asked_anew_once(house: House, say: Callable[..., Item], now: datetime) -> None:
    store(house, [say("old", EVA, "Sunday it is")], now - timedelta(hours=1))
    store(house, [say("c")], now)
    rule = '[[rule]]\nname = "Met before"\nauthor_known = true\nteam = "customer_service"\n'
    with house.db.write() as session:
        versions.install(session, rule, now)
    for _again in range(2):
        store(house, [say("c", EVA)], now)
        with house.db.write() as session:
            anew.route_anew(session, now)
    with house.db.read() as session:
        talk = talk_of(session, "c")
        steps = queries.explain(session, talk.id)
        causes = session.scalars(select(RoutingCause.cause).where(RoutingCause.conversation_id == talk.id)).all()
    assert causes == [Cause.AUTHOR]
    assert [(step.cause, step.rule) for step in steps[1:]] == [(Cause.AUTHOR, "Met before")]
    assert talk.team_id == house.service_team


def test_somebody_we_know_takes_the_place_of_nobody(house: House, say: Callable[..., Item], now: datetime) -> None:
    store(house, [say("old", EVA)], now - timedelta(hours=1))
    store(house, [say("c")], now)
    with house.db.read() as session:
        nobody = talk_of(session, "c").contact_id
    # Their next words come along with the news, and join the conversation.
    store(house, [say("c", EVA), say("d", EVA, parent="c")], now)
    with house.db.read() as session:
        old, late = talk_of(session, "old"), talk_of(session, "c")
        assert talk_of(session, "d").id == late.id
        assert (late.contact_id, late.author_known, late.comment_count) == (old.contact_id, True, 2)
        assert persons.count(session, old.contact_id) == 2
        assert len(session.scalars(select(Identity)).all()) == 1
        with pytest.raises(NotFound):
            contacts.contact(session, house.ann, nobody)


def test_two_conversations_in_one_thread_both_stay(house: House, say: Callable[..., Item], now: datetime) -> None:
    """Work may have been done in either: no words move. What they say next joins the first."""
    first, second = say("a"), say("b", parent="a")
    store(house, [first, second], now)
    store(house, [replace(first, author=EVA), replace(second, author=EVA)], now)
    store(house, [say("e", EVA, parent="b")], now)
    assert who_wrote(house, "a") == who_wrote(house, "b") == ("Eva Berg", "Eva Berg", "user:eva")
    with house.db.read() as session:
        one, two, three = (talk_of(session, number) for number in "abe")
        assert one.id == three.id != two.id
        assert one.contact_id == two.contact_id
        assert len(contacts.contact(session, house.ann, one.contact_id).identities) == 1
    stood = everything(house)
    assert store(house, [replace(first, author=EVA), replace(second, author=EVA)], now).changed_comments == 0
    assert everything(house) == stood


def test_a_name_alone_is_somebody_in_this_thread_only(house: House, say: Callable[..., Item], now: datetime) -> None:
    store(house, [say("a"), say("b")], now)
    store(house, [say("a", Author("Anna")), say("b", Author("Anna"))], now)
    assert who_wrote(house, "a") == ("Anna", "Anna", "name:anna@a")
    with house.db.read() as session:
        assert talk_of(session, "a").contact_id != talk_of(session, "b").contact_id


def test_what_people_said_of_nobody_holds_for_who_it_is(house: House, say: Callable[..., Item], now: datetime) -> None:
    """Also with a person we know: shown under them, and to be taken back like any join."""
    store(house, [say("old", EVA)], now - timedelta(hours=1))
    store(house, [say("c"), say("d")], now)
    with house.db.write() as session:
        nobody = talk_of(session, "c").contact_id
        care.mark(session, house.ann, nobody, DO_NOT_CONTACT, now)
        care.rename(session, house.ann, talk_of(session, "d").contact_id, "The lady of the letter", now)
    store(house, [say("c", EVA), say("d", Author("Tom", "user:tom"))], now)
    assert who_wrote(house, "c") == ("Eva Berg", "Eva Berg", "user:eva")
    assert who_wrote(house, "d") == ("Tom", "The lady of the letter", "user:tom")
    with house.db.write() as session:
        old = talk_of(session, "old")
        assert persons.must_not_be_contacted(session, old.id)
        assert [one.id for one in contacts.contact(session, house.ann, old.contact_id).members] == [nobody]
        joining.separate(session, house.ann, nobody, now)
    store(house, [say("c", EVA)], now)
    with house.db.read() as session:
        assert session.get_one(Contact, nobody).merged_into_id is None


def test_a_remedy_keeps_the_contact_it_names(house: House, say: Callable[..., Item], now: datetime) -> None:
    store(house, [say("old", EVA)], now - timedelta(hours=1))
    store(house, [say("c")], now)
    with house.db.write() as session:
        talk = talk_of(session, "c")
        service.record(session, talk, EventKind.REMEDY, house.ann, now, {})
    store(house, [say("c", EVA)], now)
    assert who_wrote(house, "c") == ("Eva Berg", "Eva Berg", "user:eva")
    with house.db.read() as session:
        head = session.get_one(Contact, talk.contact_id).head_id
        assert head == talk_of(session, "old").contact_id


def test_whom_people_joined_nobody_with_stays(house: House, say: Callable[..., Item], now: datetime) -> None:
    store(house, [say("old", EVA), say("tom", Author("Tom", "user:tom"))], now - timedelta(hours=1))
    store(house, [say("c")], now)
    with house.db.write() as session:
        tom, nobody = talk_of(session, "tom").contact_id, talk_of(session, "c").contact_id
        joining.join(session, house.ann, kept_id=tom, joined_id=nobody, kept_version=1, joined_version=1, now=now)
        care.mark(session, house.ann, tom, Mark(MarkKind.TAG, "regular"), now)
    store(house, [say("c", EVA)], now)
    assert who_wrote(house, "c") == ("Eva Berg", "Tom", "user:eva")
    with house.db.read() as session:
        assert session.get_one(Contact, nobody).merged_into_id == tom


def test_told_by_the_platform_and_found_at_a_second_look(house: House, say: Callable[..., Item], now: datetime) -> None:
    """Even where the call is older than our last reading; nothing was known of an author then."""
    for number in ("n1", "n2"):
        house.platform.comments[number] = say(number)
    house.collect()
    with house.db.write() as session:
        news = News([say("n1", EVA)], [], learned_at=now - timedelta(hours=1))
        collecting.store_told(session, house.page_id, house.marketing_team, news, now)
    house.platform.comments["n2"] = say("n2", EVA)
    (outcome,) = house.collector.reconcile([house.page_id])
    assert outcome.code is None
    for number in ("n1", "n2"):
        assert who_wrote(house, number) == ("Eva Berg", "Eva Berg", "user:eva")


def test_two_who_bring_the_same_author_are_one(house: House, say: Callable[..., Item], now: datetime) -> None:
    """Both saw the comment without its author; the other was quicker."""
    items = [say("c"), say("d")]
    store(house, items, now)
    store(house, [say("old", EVA)], now)
    named = [say("c", EVA), say("d", Author(key="user:7"))]
    with house.db.read() as session:
        known = lookups.known_comments(session, [(house.page_id, "c"), (house.page_id, "d")])
    store(house, named, now)
    stood = everything(house)
    with house.db.write() as session:
        pairs = [(item, known[house.page_id, item.external_id]) for item in named]
        assert changes.apply_changes(session, house.page_id, pairs, now=now).count == 0
    assert everything(house) == stood


def test_history_brings_none_and_a_stranger_never_becomes_us(
    house: House, say: Callable[..., Item], now: datetime
) -> None:
    store(house, [say("c")], now)
    with house.db.write() as session:
        collecting.store_history(session, house.page_id, house.marketing_team, [say("c", EVA)], now)
    store(house, [say("c", Author("Our brand", "user:1", is_us=True))], now)
    assert who_wrote(house, "c") == ("", "", "comment:c")


def test_a_known_comment_costs_no_statement(house: House, say: Callable[..., Item], now: datetime) -> None:
    """With or without an author; and forty late ones cost what two do."""
    nameless = [say(f"c{number}") for number in range(42)]
    named = [replace(one, author=replace(EVA, key=f"user:{one.external_id}")) for one in nameless]
    store(house, nameless, now)

    def cost(items: Sequence[Item]) -> int:
        counted: list[object] = []
        listener = lambda *_arguments: counted.append(None)  # noqa: E731
        event.listen(house.db.engine, "before_cursor_execute", listener)
        with house.db.write() as session:
            intake.store(session, [Arrival(house.page_id, house.marketing_team, items)], now)
        event.remove(house.db.engine, "before_cursor_execute", listener)
        return len(counted)

    plain = cost(nameless[:1])
    assert cost(nameless) == plain
    two = cost(named[:2])
    assert cost(named[2:]) == two
    assert cost(named) == plain
