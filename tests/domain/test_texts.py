"""Saved replies: written, found by a few letters, filled in, used, counted."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.errors import Conflict, InvalidInput, NotFound
from app.inbox import threads
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.replies import saved
from app.replies import service as replies
from app.texts import queries
from app.texts import service as texts
from app.texts.types import Effects, SavedReply, Wording
from app.writing import queries as writing
from app.writing.types import Voice
from tests.domain.conftest import House

LATE = Wording("Late parcel", "late", "Hello {person}, we are looking for it. – {agent}, {page}")


@pytest.fixture
def talk(house: House, now: datetime) -> int:
    house.platform.say("Vera Kurz", "A picture of a door", now - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id)).one()


def add(house: House, wording: Wording, now: datetime) -> int:
    with house.db.write() as session:
        return texts.add(session, house.bob, wording, now)


def found(house: House, number: int) -> SavedReply:
    with house.db.read() as session:
        one = queries.one(session, number)
    assert one is not None
    return one


def send(house: House, talk: int, text: str, now: datetime, *, saved_id: int, also: tuple[str, ...] = ()) -> int:
    with house.db.write() as session:
        return replies.send(
            session,
            house.ann,
            talk,
            text,
            key=f"key-{text}",
            version=None,
            resolve=True,
            limit=None,
            undo_seconds=10,
            now=now,
            saved_id=saved_id,
            also=also,
        )


def test_it_reads_as_it_would_there(house: House, talk: int, now: datetime) -> None:
    add(house, LATE, now)
    with house.db.read() as session:
        (offer,) = saved.offers(session, house.ann, talk, "la")
    assert offer.text == f"Hello Vera Kurz, we are looking for it. – {house.ann.name}, Our blog"


def test_what_is_offered_fits_team_page_and_language(house: House, talk: int, now: datetime) -> None:
    with house.db.write() as session:
        session.get_one(Conversation, talk).language = "de"
    for shortcut, change in (
        ("all", {}),
        ("here", {"page_id": house.page_id}),
        ("german", {"language": "de"}),
        ("french", {"language": "fr"}),
        ("marketing", {"team_id": house.marketing_team}),
        ("other", {"team_id": house.service_team}),
    ):
        add(house, replace(LATE, shortcut=shortcut, **change), now)
    with house.db.read() as session:
        offered = {one.saved.shortcut for one in saved.offers(session, house.bob, talk, "")}
    assert offered == {"all", "here", "german", "marketing"}


def test_use_is_counted_and_whether_words_were_changed(house: House, talk: int, now: datetime) -> None:
    number = add(house, replace(LATE, text="We are looking for it."), now)
    first = send(house, talk, "We are looking for it.", now, saved_id=number)
    send(house, talk, "We are looking for it, promised.", now, saved_id=number)
    assert (found(house, number).used, found(house, number).unchanged) == (2, 1)
    with house.db.write() as session:
        replies.undo(session, house.ann, first, now)
    assert (found(house, number).used, found(house, number).unchanged) == (1, 0)


def test_the_most_used_comes_first(house: House, talk: int, now: datetime) -> None:
    add(house, replace(LATE, title="A", shortcut="aa"), now)
    used = add(house, replace(LATE, title="B", shortcut="bb"), now)
    send(house, talk, "x", now, saved_id=used)
    with house.db.read() as session:
        assert [one.saved.shortcut for one in saved.offers(session, house.ann, talk, "")] == ["bb", "aa"]


def test_what_it_does_besides_can_be_left_out_and_is_undone(house: House, talk: int, now: datetime) -> None:
    effects = Effects(resolve=False, team_id=house.service_team, tags=("Delivery",))
    number = add(house, replace(LATE, effects=effects), now)
    assert saved.also(effects) == ("stay", f"team:{house.service_team}", "tag:Delivery")
    reply = send(house, talk, "On its way", now, saved_id=number, also=saved.also(effects))
    with house.db.read() as session:
        view = threads.conversation(session, house.ann, talk)
        assert (view.team_id, view.state, view.assignee_id) == (house.service_team, ConversationState.WAITING, None)
        assert [tag.name for tag in view.tags] == ["Delivery"]
    with house.db.write() as session:
        replies.undo(session, house.ann, reply, now)
    with house.db.read() as session:
        view = threads.conversation(session, house.ann, talk)
        assert view.tags == ()
        draft = writing.begun(session, house.ann, talk, now).own(house.ann.id, Voice.REPLY)
    assert (view.team_id, view.state) == (house.marketing_team, ConversationState.NEW)
    assert draft is not None
    assert draft.saved is not None
    assert (draft.saved.id, draft.also) == (number, saved.also(effects))
    send(house, talk, "Again", now, saved_id=number, also=())
    with house.db.read() as session:
        view = threads.conversation(session, house.ann, talk)
    assert (view.team_id, view.state) == (house.marketing_team, ConversationState.DONE)


def test_only_what_it_says_itself_is_done(house: House, talk: int, now: datetime) -> None:
    number = add(house, LATE, now)
    send(house, talk, "x", now, saved_id=number, also=(f"team:{house.service_team}", "stay?", "team:x"))
    with house.db.read() as session:
        assert threads.conversation(session, house.ann, talk).team_id == house.marketing_team


def test_a_reply_with_gaps_is_not_sent(house: House, talk: int, now: datetime) -> None:
    number = add(house, LATE, now)
    with pytest.raises(InvalidInput, match=r"\{person\}"):
        send(house, talk, "Hello {person}", now, saved_id=number)


def test_writing_anew_needs_the_latest_version(house: House, now: datetime) -> None:
    number = add(house, LATE, now)
    with house.db.write() as session:
        texts.change(session, house.bob, number, replace(LATE, text="New"), 1, now)
    with pytest.raises(Conflict), house.db.write() as session:
        texts.change(session, house.bob, number, replace(LATE, text="Newer"), 1, now)
    assert (found(house, number).text, found(house, number).version) == ("New", 2)


def test_an_archived_one_is_offered_no_longer(house: House, talk: int, now: datetime) -> None:
    number = add(house, LATE, now)
    for archived, count in ((True, 0), (False, 1)):
        with house.db.write() as session:
            texts.archive(session, house.bob, number, archived=archived, now=now)
        with house.db.read() as session:
            assert len(saved.offers(session, house.ann, talk, "")) == count
    with pytest.raises(NotFound), house.db.write() as session:
        texts.archive(session, house.bob, 999, archived=True, now=now)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"shortcut": "late parcel"}, "shortcut"),
        ({"shortcut": ""}, "shortcut"),
        ({"text": "\n"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"team_id": 999}, "team"),
        ({"effects": Effects(team_id=999)}, "team"),
        ({"page_id": 999}, "page"),
        ({"effects": Effects(tags=tuple(map(str, range(11))))}, "tags"),
    ],
)
def test_what_can_not_be_kept_is_said(house: House, now: datetime, change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add(house, replace(LATE, **change), now)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_shortcut_is_one_reply(house: House, now: datetime) -> None:
    number = add(house, replace(LATE, shortcut="/Late"), now)
    with pytest.raises(InvalidInput):
        add(house, LATE, now)
    with house.db.write() as session:
        texts.change(session, house.bob, number, LATE, 1, now)
