"""Everything that is written is found, as it stands now, alike on both databases."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Author, Item, Post
from app.contacts.models import Contact
from app.inbox import service as inbox
from app.inbox.models import Comment, ConversationTag, Tag
from app.pages.models import Page
from app.pages.types import PageState
from app.replies import queries as reply_queries
from app.replies import service as replies
from app.search import looking, queries, rules, service
from app.search.models import SearchEntry, SearchWaiting
from app.search.rules import Patience
from app.search.types import Asked, Found, Kind, Term, Trouble
from tests.domain.conftest import House

Find = Callable[..., Found]


def index(house: House) -> int:
    """Let the worker do what it has to."""
    done = 0
    while True:
        with house.db.write() as session:
            count = service.index_waiting(session, 40)
        done += count
        if not count:
            return done


def found(house: House, text: str, *, after: int | None = None, limit: int = 50) -> Found:
    with house.db.read() as session:
        return queries.search(session, house.ann, rules.read(text, datetime.now(UTC)), after=after, limit=limit)


def said(house: House, text: str) -> list[str]:
    """What is found, newest first within each conversation, names of contacts among it."""
    return [
        "".join(piece.text for piece in (hit.pieces if hit.kind is not Kind.CONTACT else hit.author))
        for group in found(house, text).groups
        for hit in group.hits
    ]


def hear(house: House, text: str, *, name: str = "Eva", minutes: float = 10, key: str | None = None) -> str:
    return house.platform.say(name, text, datetime.now(UTC) - timedelta(minutes=minutes), key=key)


def read(house: House) -> None:
    house.collect()
    index(house)


def talk(house: House, external_id: str) -> int:
    with house.db.read() as session:
        found = session.scalar(select(Comment.conversation_id).where(Comment.external_id == external_id))
        assert found is not None
        return found


def answer(house: House, talk_id: int, text: str, now: datetime) -> int:
    with house.db.write() as session:
        return replies.send(
            session, house.ann, talk_id, text, key="once-and-only", version=None, resolve=False, limit=None,
            undo_seconds=60, now=now,
        )  # fmt: skip


def test_what_arrives_is_found_and_what_is_edited_is_found_as_it_is_now(house: House) -> None:
    number = hear(house, "Where is my parcel?")
    read(house)
    assert said(house, "parcel") == ["Where is my parcel?"]
    item = house.platform.comments[number]
    house.platform.comments[number] = Item(
        number, Post("p1"), Author("Eva", key="user:Eva"), "Where is my MÖBEL?", item.published_at
    )
    with house.db.write() as session:
        session.execute(update(Comment).values(text="Where is my MÖBEL?"))
    index(house)
    assert said(house, "parcel") == []
    assert said(house, "mobel") == ["Where is my MÖBEL?"]
    assert said(house, "moebel") == []
    assert said(house, "möbel") == ["Where is my MÖBEL?"]


def test_our_replies_and_notes_are_found_and_a_reply_taken_back_is_not(house: House, now: datetime) -> None:
    number = hear(house, "Hello?")
    read(house)
    where = talk(house, number)
    with house.db.write() as session:
        inbox.add_note(session, house.bob, where, "They sound cross", now)
    reply_id = answer(house, where, "We are terribly sorry", now)
    index(house)
    assert said(house, "cross") == ["They sound cross"]
    assert said(house, "sorry from:ann is:reply") == ["We are terribly sorry"]
    assert said(house, "has:note hello") == said(house, "has:reply hello") == ["Hello?"]
    with house.db.write() as session:
        replies.undo(session, house.ann, reply_id, now)
    index(house)
    assert said(house, "sorry") == []
    with house.db.read() as session:
        assert len(reply_queries.replies(session, house.ann, where)) == 0


def test_contacts_are_found_by_all_we_know_of_them(house: House) -> None:
    hear(house, "Hi", name="Zoë Quinn", key="mailto:zoe@wonder.example")
    read(house)
    assert said(house, "is:person zoe") == ["Zoë Quinn"]
    with house.db.write() as session:
        session.execute(update(Contact).values(name="Zoë Quist"))
    index(house)
    assert said(house, "is:person quist") == ["Zoë Quist"]
    (group,) = found(house, "is:contact quist").groups
    assert group.row is not None
    assert group.row.snippet == "Hi"


def test_what_is_removed_is_gone_from_the_index_too(house: House) -> None:
    hear(house, "Where is my parcel?")
    read(house)
    with house.db.write() as session:
        inbox.remove_pages(session, [house.page_id])
    assert said(house, "parcel") == []  # at once
    index(house)
    with house.db.read() as session:
        assert (
            session.scalar(select(func.count()).select_from(SearchEntry).where(SearchEntry.kind == Kind.COMMENT)) == 0
        )


def test_nothing_of_a_transaction_that_failed_is_indexed(house: House) -> None:
    hear(house, "Hello?")
    read(house)

    def fail(session: Session) -> None:
        session.execute(update(Comment).values(text="never"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), house.db.write() as session:
        fail(session)
    assert index(house) == 0
    assert said(house, "never") == []


def test_indexing_twice_or_after_the_index_was_lost_is_the_same(house: House) -> None:
    for number in range(5):
        hear(house, f"parcel {number}", minutes=5 + number)
    read(house)
    before = said(house, "parcel")
    with house.db.write() as session:
        session.execute(delete(SearchEntry))
        ids = session.scalars(select(Comment.id)).all()
        session.add_all(SearchWaiting(kind=Kind.COMMENT, source_id=one) for one in (*ids, *ids, 123456))
    index(house)
    assert said(house, "parcel") == before == [f"parcel {number}" for number in range(5)]


def test_the_same_moment_makes_no_two_entries_one(house: House, now: datetime) -> None:
    at = now - timedelta(minutes=1)
    for number in range(3):
        house.platform.say(f"Person {number}", f"same moment {number}", at)
    house.collect()
    with house.db.write() as session:  # the same low bits too
        for place, comment_id in enumerate(session.scalars(select(Comment.id)).all()):
            session.execute(update(Comment).where(Comment.id == comment_id).values(id=(place + 1) << 21))
            session.add(SearchWaiting(kind=Kind.COMMENT, source_id=(place + 1) << 21))
    index(house)
    assert sorted(said(house, "moment")) == [f"same moment {number}" for number in range(3)]


def test_pages_of_results_go_on_without_a_gap(house: House) -> None:
    for number in range(23):
        hear(house, f"parcel {number}", name=f"Person {number}", minutes=1 + number)
    read(house)
    seen: list[str] = []
    after = None
    while True:
        part = found(house, "parcel", after=after, limit=5)
        seen += [hit.pieces[1].text for group in part.groups for hit in group.hits]
        after = part.after
        if after is None:
            break
    assert seen == [f" {number}" for number in range(23)]


def test_hits_of_one_conversation_stand_together(house: House) -> None:
    first = hear(house, "parcel one", minutes=30)
    hear(house, "parcel elsewhere", name="Max", minutes=20)
    house.platform.say("Eva", "parcel two", datetime.now(UTC) - timedelta(minutes=10), parent=first)
    read(house)
    assert [len(group.hits) for group in found(house, "parcel").groups] == [2, 1]


def test_filters_look_at_the_conversation_as_it_is_now(house: House, now: datetime) -> None:
    number = hear(house, "hello please")
    read(house)
    where = talk(house, number)
    assert said(house, "hello is:new team:marketing page:blog") == ["hello please"]
    for none in ("hello is:done", "hello team:service", "hello is:mine", "hello after:2099", "hello before:2020"):
        assert said(house, none) == []
    with house.db.write() as session:
        inbox.take(session, house.ann, where, None, now)
        inbox.resolve(session, house.ann, where, None, now)
    assert said(house, "hello is:done is:mine after:1d") == ["hello please"]
    assert said(house, "hello -is:done") == []


def test_tags_are_looked_up_by_their_names(house: House, now: datetime) -> None:
    number = hear(house, "hello there")
    read(house)
    where = talk(house, number)
    with house.db.write() as session:
        session.add(Tag(id=1, key="late delivery", name="Late delivery", created_at=now))
        session.flush()
        session.add(ConversationTag(conversation_id=where, tag_id=1))
    assert said(house, "hello tag:delivery") == ["hello there"]
    assert said(house, "hello has:remedy") == []
    assert [one.trouble for one in found(house, "hello tag:vip").problems] == [Trouble.NO_TAG]


def test_names_nobody_knows_find_nothing_and_say_so(house: House) -> None:
    hear(house, "parcel")
    read(house)
    for text, trouble in (("parcel page:nowhere", Trouble.NO_PAGE), ("parcel team:nobody", Trouble.NO_TEAM)):
        result = found(house, text)
        assert result.groups == ()
        assert [problem.trouble for problem in result.problems] == [trouble]


def test_a_page_that_was_removed_can_still_be_named(house: House) -> None:
    hear(house, "parcel")
    read(house)
    with house.db.write() as session:
        session.execute(update(Page).values(state=PageState.REMOVED))
    assert said(house, "parcel page:blog") == ["parcel"]


SYLLABLES = ["wo", "bleibt", "mein", "paket", "größe", "grosse", "café", "ok", "7", "Ünal", "unal", "你好", "a-b"]
NAMES = ["Eva", "Max Moritz", "Wo"]


@pytest.fixture
def library(house: House) -> tuple[House, list[tuple[str, str]]]:
    """Sixty comments of a few words, newest first."""
    chance = random.Random(11)
    made = [
        (chance.choice(NAMES), " ".join(chance.choice(SYLLABLES) for _ in range(chance.randint(1, 6))))
        for _ in range(60)
    ]
    for number, (name, text) in enumerate(made):
        hear(house, f"{text}", name=name, minutes=1 + number, key=f"user:{number}")
    read(house)
    return house, made


def holds(term: Term, entry: list[str]) -> bool:
    """What the databases should answer, one position after the other."""

    def at(place: int, phrase: tuple[str, ...]) -> bool:
        part = entry[place : place + len(phrase)]
        return len(part) == len(phrase) and all(
            have.startswith(want) if term.begins and last else have == want
            for have, want, last in zip(part, phrase, [*[False] * (len(phrase) - 1), True], strict=True)
        )

    return any(at(place, phrase) for phrase in term.phrases for place in range(len(entry))) is not term.negated


QUERY = st.lists(
    st.one_of(
        st.sampled_from(SYLLABLES),
        st.sampled_from(SYLLABLES).map("-{}".format),
        st.sampled_from(["pak*", "gro*", "caf*", "-ble*", "from:eva", "-from:max", 'from:"max moritz"', "from:mor*"]),
        st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=3).map(lambda some: f'"{" ".join(some)}"'),
    ),
    min_size=1,
    max_size=3,
)


PATIENCE = [
    rules.QUICK,
    Patience(first=7, most=11, index_seconds=1),
    Patience(first=7, most=11, index_seconds=-1),  # the index is never worth it
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERY, st.sampled_from(["is:comment", "is:comment is:new"]), st.sampled_from(PATIENCE))
def test_both_databases_find_what_the_words_say(
    library: tuple[House, list[tuple[str, str]]], parts: list[str], narrowed: str, patience: Patience
) -> None:
    """However far one answer looks, going on brings everything, each once and in its order."""
    house, made = library
    asked = rules.read(" ".join([*parts, narrowed]), datetime.now(UTC))
    entries = [rules.entry_words(Kind.COMMENT, name, text, house.page_id) for name, text in made]
    expected = [made[at][1] for at, entry in enumerate(entries) if all(holds(term, entry) for term in asked.terms)]
    assert everything(house, asked, patience) == expected


def everything(house: House, asked: Asked, patience: Patience) -> list[str]:
    texts: list[str] = []
    after = None
    with house.db.read() as session:
        while True:
            result = queries.search(session, house.ann, asked, after=after, limit=20, patience=patience)
            texts += ["".join(piece.text for piece in hit.pieces) for group in result.groups for hit in group.hits]
            assert result.looked_to is None or result.after is not None
            after = result.after
            if after is None:
                return texts


def test_what_the_index_takes_too_long_for_is_looked_through(
    library: tuple[House, list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, made = library
    if house.db.engine.dialect.name == "sqlite":
        return  # FTS5 answers in order and has nothing to give up
    given_up = []

    def limit_time(session: Session, seconds: float) -> None:
        given_up.append(seconds)
        session.execute(select(func.set_config("statement_timeout", "10ms", True)))
        session.execute(select(func.pg_sleep(10)))

    monkeypatch.setattr(looking, "_limit_time", limit_time)
    asked = rules.read('"mein paket" is:comment', datetime.now(UTC))
    expected = [said for _name, said in made if "mein paket" in said]
    assert expected
    assert everything(house, asked, Patience(first=5, most=8, index_seconds=0.5)) == expected
    assert set(given_up) == {0.5}


def test_what_lies_behind_much_of_others_is_looked_for_further_back(house: House, now: datetime) -> None:
    keys = [hear(house, "parcel", name=f"Eva {number}", minutes=1 + number) for number in range(12)]
    read(house)
    with house.db.write() as session:
        inbox.take(session, house.ann, talk(house, keys[-1]), None, now)
    asked = rules.read("parcel is:mine is:comment", datetime.now(UTC))
    patience = Patience(first=2, most=3, index_seconds=-1)
    with house.db.read() as session:
        first = queries.search(session, house.ann, asked, patience=patience)
    assert first.groups == ()
    assert first.after is not None
    assert first.looked_to == rules.moment(first.after)
    assert everything(house, asked, patience) == ["parcel"]


def test_older_hits_are_never_left_out_silently(house: House) -> None:
    for number in range(12):
        hear(house, "parcel" if number == 11 else "letter", minutes=1 + number)
    read(house)
    asked = rules.read("parcel is:comment", datetime.now(UTC))
    with house.db.read() as session:
        first = queries.search(session, house.ann, asked, patience=Patience(first=2, most=3, index_seconds=-1))
    if house.db.engine.dialect.name == "sqlite":
        assert [len(group.hits) for group in first.groups] == [1]
        assert first.looked_to is None
    else:
        assert first.groups == ()
        assert first.after is not None
        assert first.looked_to == rules.moment(first.after)


def test_much_that_waits_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(house, "parcel")
    house.collect()
    monkeypatch.setattr(queries, "BEHIND", 1)
    assert found(house, "parcel").behind
    index(house)
    assert not found(house, "parcel").behind
