"""What we answered to similar comments before."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.connectors.ports import PrivateReplies
from app.core.errors import NotFound
from app.inbox.models import Conversation
from app.replies import service as replies
from app.search import service as search
from app.search import similar
from tests.domain.conftest import House


def talks(house: House) -> dict[str, int]:
    with house.db.read() as session:
        return {snippet: number for number, snippet in session.execute(select(Conversation.id, Conversation.snippet))}


def answer(house: House, talk: int, text: str, now: datetime, private: PrivateReplies | None = None) -> None:
    with house.db.write() as session:
        replies.send(
            session,
            house.ann,
            talk,
            text,
            key=f"key-{talk}",
            version=None,
            resolve=True,
            limit=None,
            undo_seconds=0,
            now=now,
            private=private,
        )


def test_the_nearest_answers_come_first_each_once(house: House, now: datetime) -> None:
    said = [
        "The parcel with the garden chair never arrived",
        "My parcel with a garden bench never arrived either",
        "Another garden parcel never arrived",
        "Lovely pictures of the garden",
        "Where is my parcel? The garden table never arrived",
        "The parcel with the garden fence never arrived",
    ]
    for number, text in enumerate(said):
        house.platform.say(f"Visitor {number}", text, now - timedelta(hours=9 - number))
    house.collect()
    known = talks(house)
    answer(house, known[said[0]], "It was lost, we send another.", now)
    answer(house, known[said[1]], "It was lost, we send another.", now)
    answer(house, known[said[2]], "Please tell us the number.", now)
    answer(house, known[said[3]], "Thank you!", now)
    answer(house, known[said[5]], "What we write to one person is no model.", now, private=PrivateReplies())
    with house.db.write() as session:
        while search.index_waiting(session):
            pass
    with house.db.read() as session:
        found = similar.answers(session, house.ann, known[said[4]])
        assert [similar.said(session, house.ann, one.reply_id) for one in found] == [one.text for one in found]
        with pytest.raises(NotFound):
            similar.said(session, house.ann, 1)
        nothing = similar.answers(session, house.ann, known[said[4]], limit=0)
    assert {one.text for one in found} == {"It was lost, we send another.", "Please tell us the number."}
    assert len(found) == 2
    assert nothing == []


def test_few_words_say_nothing(house: House, now: datetime) -> None:
    house.platform.say("Visitor", "Oh no! Why?", now)
    house.collect()
    (talk,) = talks(house).values()
    with house.db.read() as session:
        assert similar.answers(session, house.ann, talk) == []
