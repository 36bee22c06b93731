"""Drafts and who answers: nothing that was written is lost, and two people are never sent at once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.errors import Conflict, InvalidInput, NotFound
from app.inbox import service as inbox
from app.inbox import threads
from app.inbox.models import Conversation
from app.inbox.types import EventKind
from app.replies import service as replies
from app.writing import queries, rules
from app.writing import service as writing
from app.writing.types import Begun, Kept, Voice, Words
from tests.domain.conftest import House

REPLY = Voice.REPLY


@pytest.fixture
def talk(house: House, now: datetime) -> int:
    house.platform.say("Visitor", "Where is my order?", now - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id)).one()


def keep(house: House, who: str, talk: int, text: str, revision: int, now: datetime, voice: Voice = REPLY) -> Kept:
    with house.db.write() as session:
        return writing.keep(session, getattr(house, who), talk, voice, Words(text), revision=revision, now=now)


def begun(house: House, talk: int, now: datetime) -> Begun:
    with house.db.read() as session:
        return queries.begun(session, house.ann, talk, now)


def send(
    house: House, who: str, talk: int, text: str, now: datetime, version: int | None = None, form: str = "key"
) -> int:
    with house.db.write() as session:
        return replies.send(
            session,
            getattr(house, who),
            talk,
            text,
            key=f"{form}-{who}",
            version=version,
            resolve=False,
            limit=None,
            undo_seconds=10,
            now=now,
        )


def test_a_draft_is_kept_for_each_person_and_voice(house: House, talk: int, now: datetime) -> None:
    assert keep(house, "ann", talk, "He", 0, now).revision == 1
    assert keep(house, "ann", talk, "Hello", 1, now).revision == 2
    keep(house, "ann", talk, "For us", 0, now, Voice.NOTE)
    keep(house, "bob", talk, "Good day", 0, now)
    found = begun(house, talk, now)
    own, note = found.own(house.ann.id, REPLY), found.own(house.ann.id, Voice.NOTE)
    assert own is not None
    assert note is not None
    assert (own.text, own.revision, note.text) == ("Hello", 2, "For us")
    assert [one.text for one in found.others(house.ann.id)] == ["Good day"]


def test_the_first_letter_makes_one_the_person_who_answers(house: House, talk: int, now: datetime) -> None:
    assert keep(house, "ann", talk, "H", 0, now) == Kept(1, mine=True, changed=True)
    assert keep(house, "bob", talk, "G", 0, now) == Kept(1, mine=False, changed=False)
    assert keep(house, "ann", talk, "He", 1, now) == Kept(2, mine=True, changed=False)
    claim = begun(house, talk, now).claim
    assert claim is not None
    assert claim.user_id == house.ann.id
    with pytest.raises(Conflict, match="is writing an answer"):
        send(house, "bob", talk, "Good day", now)
    found = begun(house, talk, now).own(house.bob.id, REPLY)
    assert found is not None
    assert found.text == "G"


def test_a_note_claims_nothing(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "For us", 0, now, Voice.NOTE)
    assert begun(house, talk, now).claim is None


def test_who_rests_too_long_answers_no_longer_but_keeps_the_text(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    later = now + rules.CLAIM_LIFE
    assert begun(house, talk, later).claim is None
    assert keep(house, "bob", talk, "Good day", 0, later).mine
    assert not keep(house, "ann", talk, "Hello again", 1, later).mine
    found = begun(house, talk, later)
    assert found.claim is not None
    assert found.claim.user_id == house.bob.id
    assert {one.text for one in found.drafts} == {"Hello again", "Good day"}


def test_signs_of_life_keep_a_claim_alive(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    for seconds in (40, 80, 120, 160):
        with house.db.write() as session:
            writing.still_here(session, house.ann, talk, now + timedelta(seconds=seconds))
    found = begun(house, talk, now + timedelta(seconds=200)).claim
    assert found is not None
    assert found.since == now


def test_sending_and_throwing_away_let_go(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    assert keep(house, "ann", talk, "  ", 1, now) == Kept(0, mine=False, changed=True)
    assert begun(house, talk, now) == Begun((), None)
    keep(house, "ann", talk, "Hello", 0, now)
    send(house, "ann", talk, "Hello", now)
    assert begun(house, talk, now) == Begun((), None)


def test_undo_makes_it_a_draft_again_beside_what_was_begun_meanwhile(house: House, talk: int, now: datetime) -> None:
    reply = send(house, "ann", talk, "Hello", now)
    keep(house, "ann", talk, "One more thing", 0, now)
    with house.db.write() as session:
        replies.undo(session, house.ann, reply, now)
    found = begun(house, talk, now).own(house.ann.id, REPLY)
    assert found is not None
    assert found.text == "Hello\n\nOne more thing"


def test_taking_over_keeps_the_others_text_and_is_told(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    with house.db.write() as session:
        writing.take(session, house.bob, talk, None, now)
    found = begun(house, talk, now)
    assert found.claim is not None
    assert found.claim.user_id == house.bob.id
    assert [one.text for one in found.drafts] == ["Hello"]
    with pytest.raises(Conflict):
        send(house, "ann", talk, "Hello", now)
    with house.db.write() as session:
        writing.take(session, house.ann, talk, None, now)
        writing.take(session, house.bob, talk, None, now)
        lines = threads.record(session, house.ann, talk).events
    assert [(line.kind, line.data.get("from")) for line in lines[1:]] == [
        (EventKind.TAKEN, house.bob.name),
        (EventKind.TAKEN, house.ann.name),
    ]


def test_taking_over_what_is_ones_own_already_is_told_too(house: House, talk: int, now: datetime) -> None:
    with house.db.write() as session:
        inbox.take(session, house.bob, talk, None, now)
    keep(house, "ann", talk, "Hello", 0, now)
    with house.db.write() as session:
        version = session.get_one(Conversation, talk).version
        writing.take(session, house.bob, talk, version, now)
        assert session.get_one(Conversation, talk).version == version + 1
    claim = begun(house, talk, now).claim
    assert claim is not None
    assert claim.user_id == house.bob.id


def test_nobody_takes_over_what_they_have_not_seen(house: House, talk: int, now: datetime) -> None:
    with pytest.raises(Conflict), house.db.write() as session:
        writing.take(session, house.bob, talk, 99, now)


def test_two_windows_of_one_person_never_overwrite_each_other(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    with pytest.raises(Conflict, match="another window"):
        keep(house, "ann", talk, "Hi", 0, now)
    assert keep(house, "ann", talk, "Hello", 0, now).revision == 1  # the same words twice harm nobody
    with pytest.raises(Conflict):
        keep(house, "ann", talk, "", 7, now)


def test_a_window_left_open_sends_nothing_twice(house: House, talk: int, now: datetime) -> None:
    reply_id = send(house, "ann", talk, "On its way", now)
    with pytest.raises(Conflict, match="these very words"):
        send(house, "ann", talk, "On its way ", now, form="another")
    with house.db.write() as session:
        replies.undo(session, house.ann, reply_id, now)
    assert send(house, "ann", talk, "On its way", now, form="another") != reply_id


def test_going_on_with_a_colleagues_text(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    keep(house, "bob", talk, "Good day", 0, now)
    with house.db.write() as session:
        writing.continue_from(session, house.bob, talk, house.ann.id, REPLY, now)
    found = begun(house, talk, now).own(house.bob.id, REPLY)
    assert found is not None
    assert found.text == "Good day\n\nHello"
    with pytest.raises(NotFound), house.db.write() as session:
        writing.continue_from(session, house.ann, talk, 999, REPLY, now)


def test_a_book_is_no_draft(house: House, talk: int, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        keep(house, "ann", talk, "x" * (rules.LONGEST + 1), 0, now)


def test_lines_of_a_list_say_who_writes_and_what_one_has_begun(house: House, talk: int, now: datetime) -> None:
    keep(house, "ann", talk, "Hello", 0, now)
    keep(house, "bob", talk, "Note", 0, now, Voice.NOTE)
    with house.db.read() as session:
        ann, bob = (queries.marks(session, who, [talk, 1], now)[talk] for who in (house.ann, house.bob))
        assert queries.marks(session, house.ann, [], now) == {}
    assert (ann.writer_id, ann.writer, ann.draft) == (house.ann.id, house.ann.name, True)
    assert (bob.writer_id, bob.draft) == (house.ann.id, True)
