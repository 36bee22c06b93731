"""Saved views with filters that triggers know nothing of: counted by a job, for each who sees them."""

from datetime import datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete, event, insert, select, update

from app.accounts.models import TeamMember, User
from app.accounts.types import Actor, Role
from app.desk import lengths, queries, service
from app.desk.models import SavedView
from app.inbox.models import Conversation, ConversationTag, Tag
from app.inbox.types import Length
from tests.domain.conftest import House


def keep(house: House, name: str, now: datetime, team: int | None = None, **args: str) -> None:
    with house.db.write() as session:
        service.save_view(session, house.ann, name=name, address=urlencode(args), team_id=team, now=now)


def count(house: House) -> int:
    with house.db.read() as session:
        found = lengths.difference(session)
    with house.db.write() as session:
        return lengths.store(session, found)


def told(house: House, actor: Actor) -> dict[str, Length | None]:
    with house.db.read() as session:
        return {one.name: one.length for one in queries.saved_views(session, actor)}


def hear(house: House, people: int, now: datetime) -> list[int]:
    for number in range(people):
        house.platform.say(f"Person {number}", "Hello", now)
    house.collect()
    with house.db.read() as session:
        return list(session.scalars(select(Conversation.id).order_by(Conversation.id)))


def test_numbers_follow_what_changes(house: House, now: datetime) -> None:
    talks = hear(house, 3, now)
    with house.db.write() as session:
        session.add(Tag(id=1, key="late", name="Late", created_at=now))
        session.flush()
        session.add_all(ConversationTag(conversation_id=one, tag_id=1) for one in talks[:2])
    keep(house, "late", now, view="all", tag="1")
    keep(house, "whole page", now, view="all", page=str(house.page_id))
    assert told(house, house.ann) == {"late": None, "whole page": None}
    assert count(house) == 1
    assert told(house, house.ann) == {"late": Length(2), "whole page": None}, "the page's number is kept anyway"
    assert count(house) == 0, "nothing is different"
    with house.db.write() as session:
        session.execute(delete(ConversationTag).where(ConversationTag.conversation_id == talks[0]))
    assert count(house) == 1
    assert told(house, house.ann)["late"] == Length(1)
    keep(house, "late", now, view="all", kind="urgent")
    assert told(house, house.ann)["late"] is None, "the number of another list says nothing"


def test_each_reader_of_a_teams_view_has_a_number_of_their_own(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = hear(house, 3, now)
    with house.db.write() as session:
        session.execute(update(User).where(User.id == house.ann.id).values(role=Role.SUPERVISOR))
        session.execute(update(Conversation).values(language="de", assignee_id=house.bob.id))
        session.execute(update(Conversation).where(Conversation.id == talks[0]).values(assignee_id=house.ann.id))
        known = set(session.scalars(select(TeamMember.user_id).where(TeamMember.team_id == house.service_team)))
        missing = {house.ann.id, house.bob.id} - known
        session.add_all(TeamMember(team_id=house.service_team, user_id=one) for one in missing)
    boss = Actor(house.ann.id, "ann", "Ann", Role.SUPERVISOR, None, frozenset({house.service_team}))
    with house.db.write() as session:
        address = urlencode({"view": "mine", "language": "de"})
        service.save_view(session, boss, name="German", address=address, team_id=house.service_team, now=now)
    assert count(house) == 2
    bob = Actor(house.bob.id, "bob", "Bob", Role.AGENT, None, frozenset({house.service_team}))
    assert (told(house, boss), told(house, bob)) == ({"German": Length(1)}, {"German": Length(2)})
    with house.db.write() as session:
        session.execute(delete(TeamMember).where(TeamMember.user_id == bob.id))
    assert count(house) == 1, "who left the team has no number any more"
    monkeypatch.setattr(lengths, "COUNTED_TO", 1)
    monkeypatch.setattr(queries, "COUNTED_TO", 1)
    count(house)
    assert told(house, boss) == {"German": Length(1, exact=False)}


def test_a_list_is_counted_once_however_many_keep_it(house: House, now: datetime) -> None:
    hear(house, 1, now)
    for number in range(30):
        keep(house, f"view {number}", now, view="all", language="de")
    seen: list[str] = []
    event.listen(house.db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    assert count(house) == 30
    assert sum("FROM conversations" in one for one in seen) == 1
    assert len([one for one in seen if one.startswith(("SELECT", "INSERT", "DELETE"))]) == 5


def test_a_view_may_be_removed_while_it_is_counted(house: House, now: datetime) -> None:
    hear(house, 1, now)
    keep(house, "German", now, view="all", language="de")
    with house.db.read() as session:
        found = lengths.difference(session)
    with house.db.write() as session:
        session.execute(delete(SavedView))
    with house.db.write() as session:
        assert lengths.store(session, found) == 0
    assert count(house) == 0


def test_any_number_of_numbers_can_be_stored(house: House, now: datetime) -> None:
    """Databases take some ten thousand values with a statement."""
    hear(house, 1, now)
    keep(house, "German", now, view="all", language="de")
    with house.db.write() as session:
        view_id = session.scalars(select(SavedView.id)).one()
        numbers = {(view_id, person): 0 for person in range(1_000, 13_000)}
        same = {"name": "P", "role": Role.AGENT, "created_at": now}
        session.execute(insert(User), [{**same, "id": one, "login": f"p{one}"} for _view, one in numbers])
        assert lengths.store(session, lengths.Difference(numbers, ())) == 12_000
