"""Colleagues named in notes are recorded, once each."""

from datetime import datetime

from sqlalchemy import select

from app.inbox import service as inbox
from app.inbox.models import Conversation, Mention
from tests.domain.conftest import House


def test_a_note_records_whom_it_names(house: House, now: datetime) -> None:
    house.platform.say("Visitor", "Where is my order?", now)
    house.collect()
    with house.db.write() as session:
        talk = session.scalars(select(Conversation.id)).one()
        note = inbox.add_note(session, house.ann, talk, f"@bob and @{house.ann.name}: @Bob, please look", now)
        inbox.add_note(session, house.ann, talk, "Nobody in particular", now)
    with house.db.read() as session:
        (mention,) = session.scalars(select(Mention))
    assert (mention.note_id, mention.conversation_id) == (note, talk)
    assert (mention.user_id, mention.by_id) == (house.bob.id, house.ann.id)
