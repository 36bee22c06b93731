"""Joining contacts and taking it back: exact, in any order, whoever does it at the same time."""

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.types import Actor, Role
from app.connectors.ports import Author, Item, Post
from app.contacts import care, joining, queries, rules
from app.contacts.models import Contact, Identity
from app.contacts.types import DO_NOT_CONTACT, VIP, ContactFilter, Mark, MarkKind
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.inbox import intake, persons
from app.inbox.arrivals import Arrival
from app.pages.models import Page
from tests.domain.conftest import House

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = 3
MARKS = (VIP, Mark(MarkKind.TAG, "garden"))
_numbers = count()


@dataclass
class World:
    """Some contacts who speak, in the real database; numbered from 0."""

    house: House
    session: Session
    actor: Actor
    prefix: str = field(default_factory=lambda: f"w{next(_numbers)}")
    ids: list[int] = field(default_factory=list)
    clock: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        for number in range(PEOPLE):
            self.say(number)
        query = select(Contact.id).join(Identity, Identity.contact_id == Contact.id)
        for number in range(PEOPLE):
            self.ids.append(self.session.scalars(query.where(Identity.key == f"{self.prefix}-{number}")).one())

    def now(self) -> datetime:
        return NOW + timedelta(seconds=next(self.clock))

    def say(self, number: int) -> str:
        """A person comments, in a thread of their own; answers the words."""
        said = f"{self.prefix}-c{next(_numbers)}"
        author = Author(f"Person {number}", key=f"{self.prefix}-{number}")
        item = Item(said, Post("p1"), author, said, self.now())
        intake.store(self.session, [Arrival(self.house.page_id, self.house.service_team, [item])], self.now())
        return said

    def head(self, number: int) -> Contact:
        one = self.session.get_one(Contact, self.ids[number], populate_existing=True)
        return self.session.get_one(Contact, one.head_id, populate_existing=True)

    def join(self, kept: int, joined: int) -> None:
        a, b = self.head(kept), self.head(joined)
        joining.join(
            self.session,
            self.actor,
            kept_id=a.id,
            joined_id=b.id,
            kept_version=a.version,
            joined_version=b.version,
            now=self.now(),
        )

    def separate(self, number: int) -> None:
        joining.separate(self.session, self.actor, self.ids[number], self.now())

    def shown(self, number: int) -> tuple[object, ...]:
        """All that is shown of the contact under which this one stands."""
        one = queries.contact(self.session, self.actor, self.ids[number])
        talks, _more = persons.conversations(self.session, self.actor, self.ids[number], limit=1_000)
        listed, _next = queries.rows(self.session, ContactFilter(one.name), limit=1_000)
        row = next(row for row in listed if row.id == one.id)
        assert (row.vip, row.do_not_contact) == (one.vip, one.do_not_contact is not None)
        return (
            self.ids.index(one.id),
            one.name,
            {mark.mark for mark in one.marks},
            {note.text for note in one.notes},
            {identity.name for identity in one.identities},
            {talk.snippet for talk in talks},
        )


@dataclass
class Plain:
    """One person as a child would keep book of them."""

    name: str
    marks: set[Mark] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    members: set[int] = field(default_factory=set)


Step = tuple[str, int, int]


def replay(steps: Sequence[Step], said: Sequence[set[str]], notes: dict[int, str]) -> list[tuple[object, ...]]:
    """What should be shown: joins that were taken back never happened, everything else did."""
    never = taken_back(steps)
    book = {number: Plain(f"Person {number}", members={number}) for number in range(PEOPLE)}
    under = list(range(PEOPLE))
    for at, (what, one, other) in enumerate(steps):
        if at in never:
            continue
        if what == "join":
            gone = book.pop(other)
            book[one].marks |= gone.marks
            book[one].notes |= gone.notes
            book[one].members |= gone.members
            under = [one if head == other else head for head in under]
        elif what in ("mark", "unmark"):
            (book[one].marks.add if what == "mark" else book[one].marks.discard)(MARKS[other])
        elif what == "note":
            book[one].notes.add(notes[at])
        elif what == "rename":
            book[one].name = f"Renamed {at}"
    return [
        (
            head,
            book[head].name,
            book[head].marks,
            book[head].notes,
            {f"Person {one}" for one in book[head].members},
            set().union(*(said[one] for one in book[head].members)),
        )
        for head in under
    ]


def taken_back(steps: Sequence[Step]) -> set[int]:
    """The joins that were taken back, and what took them back."""
    found: set[int] = set()
    standing: dict[int, int] = {}
    for at, (what, one, other) in enumerate(steps):
        if what == "join":
            standing[other] = at
        elif what == "separate":
            found |= {standing.pop(one), at}
    return found


class _UndoneError(Exception):
    """Leaves a transaction without a trace."""


WHAT = st.sampled_from(2 * ["join", "separate", "mark", "unmark"] + ["note", "rename", "say"])


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_what_was_joined_and_separated_is_as_if_it_never_had_been(house: House, data: st.DataObject) -> None:
    with suppress(_UndoneError), house.db.write() as session:
        world = World(house, session, house.ann)
        said = [{one.snippet for one in persons.conversations(session, house.ann, at)[0]} for at in world.ids]
        into: dict[int, int] = {}
        steps: list[Step] = []
        notes: dict[int, str] = {}
        for what in data.draw(st.lists(WHAT, min_size=12, max_size=25)):
            heads = [one for one in range(PEOPLE) if one not in into]
            at = len(steps)
            if what == "join" and len(heads) > 1:
                kept, joined = data.draw(st.permutations(heads))[:2]
                world.join(kept, joined)
                into[joined] = kept
                steps.append((what, kept, joined))
            elif what == "separate" and into:
                one = data.draw(st.sampled_from(sorted(into)))
                world.separate(one)
                del into[one]
                steps.append((what, one, 0))
            elif what in ("mark", "unmark"):
                head = data.draw(st.sampled_from(heads))
                marked = joining.standing(session, world.ids[head])
                few = [MARKS.index(one) for one in marked] if what == "unmark" and marked else range(len(MARKS))
                mark = data.draw(st.sampled_from(few))
                change = care.mark if what == "mark" else care.unmark
                change(session, house.ann, world.ids[head], MARKS[mark], world.now())
                steps.append((what, head, mark))
            elif what == "note":
                head = data.draw(st.sampled_from(heads))
                notes[at] = f"note {at}"
                care.add_note(session, house.ann, world.ids[head], notes[at], world.now())
                steps.append((what, head, 0))
            elif what == "rename":
                head = data.draw(st.sampled_from(heads))
                care.rename(session, house.ann, world.ids[head], f"Renamed {at}", world.now())
                steps.append((what, head, 0))
            elif what == "say":
                one = data.draw(st.integers(0, PEOPLE - 1))
                said[one].add(world.say(one))
                steps.append((what, one, 0))
        assert [world.shown(number) for number in range(PEOPLE)] == replay(steps, said, notes)
        raise _UndoneError  # the next example begins where this one did


@pytest.fixture
def world(house: House) -> Iterator[World]:
    with house.db.write() as session:
        yield World(house, session, house.ann)


def test_what_was_removed_from_the_whole_is_back_with_the_one_it_came_with(world: World) -> None:
    garden = MARKS[1]
    care.mark(world.session, world.actor, world.ids[2], garden, world.now())
    for _ in range(2):  # the second time it comes along again: nobody has removed it since
        world.join(1, 2)
        world.join(0, 1)
        assert queries.contact(world.session, world.actor, world.ids[0]).tags
        care.unmark(world.session, world.actor, world.ids[0], garden, world.now())
        assert not queries.contact(world.session, world.actor, world.ids[0]).tags
        assert queries.rows(world.session, ContactFilter("", garden)) == ([], None)
        world.separate(1)
        assert queries.contact(world.session, world.actor, world.ids[1]).tags
        world.separate(2)
        assert not queries.contact(world.session, world.actor, world.ids[1]).tags
        assert [mark.mark for mark in queries.contact(world.session, world.actor, world.ids[2]).tags] == [garden]


def test_joining_needs_two_who_are_as_they_were_seen(world: World) -> None:
    a, b = world.head(0), world.head(1)
    seen = {"kept_id": a.id, "joined_id": b.id, "kept_version": a.version, "joined_version": b.version}
    with pytest.raises(InvalidInput):
        joining.join(world.session, world.actor, **{**seen, "joined_id": a.id}, now=NOW)
    care.add_note(world.session, world.actor, b.id, "they moved", NOW)
    with pytest.raises(Conflict):
        joining.join(world.session, world.actor, **seen, now=NOW)
    world.join(0, 1)
    with pytest.raises(Conflict):  # it is nobody's own any more
        joining.join(world.session, world.actor, **{**seen, "kept_version": world.head(0).version}, now=NOW)
    world.separate(1)
    with pytest.raises(Conflict):
        world.separate(1)


def test_do_not_contact_said_about_both_is_not_lifted_by_separating(world: World) -> None:
    world.join(0, 1)
    care.mark(world.session, world.actor, world.ids[0], DO_NOT_CONTACT, world.now(), "asked by letter")
    with pytest.raises(Forbidden), world.session.begin_nested():
        world.separate(1)
    assert world.head(1).do_not_contact
    boss = Actor(world.actor.id, "boss", "Boss", Role.SUPERVISOR, None, frozenset())
    joining.separate(world.session, boss, world.ids[1], world.now())
    assert (world.head(0).do_not_contact, world.head(1).do_not_contact) == (True, False)


def test_do_not_contact_that_came_with_one_goes_with_it(world: World) -> None:
    care.mark(world.session, world.actor, world.ids[1], DO_NOT_CONTACT, world.now())
    world.join(0, 1)
    assert world.head(0).do_not_contact
    with pytest.raises(Forbidden):
        care.unmark(world.session, world.actor, world.ids[0], DO_NOT_CONTACT, world.now())
    world.separate(1)
    assert (world.head(0).do_not_contact, world.head(1).do_not_contact) == (False, True)


def test_nobody_real_is_joined_with_the_demonstration(world: World) -> None:
    pretend = world.session.get_one(Contact, world.ids[1])
    identity = world.session.scalars(select(Identity).where(Identity.contact_id == pretend.id)).one()
    identity.realm = "page:0"
    world.session.flush()
    world.join(0, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "realm", lambda _page: "page:0")
        world.session.execute(update(Page).values(demo=True))
        with pytest.raises(Conflict, match="demonstration"):
            world.join(0, 1)


def test_at_most_so_many_are_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "GROUP_MAXIMUM", 2)
    world.join(0, 1)
    with pytest.raises(InvalidInput):
        world.join(2, 0)


def test_two_people_joining_at_once_never_make_a_circle(house: House) -> None:
    with house.db.write() as session:
        ids = World(house, session, house.ann).ids
    start = threading.Barrier(4)
    refused = []

    def try_many(seed: int) -> None:
        dice = random.Random(seed)
        start.wait()
        for _ in range(12):
            kept, joined = dice.sample(ids, 2)
            with house.db.read() as session:
                versions = {one: session.get_one(Contact, one).version for one in (kept, joined)}
            try:
                with house.db.write() as session:
                    if dice.random() < 0.4:
                        joining.separate(session, house.bob, joined, NOW)
                    else:
                        joining.join(
                            session,
                            house.ann,
                            kept_id=kept,
                            joined_id=joined,
                            kept_version=versions[kept],
                            joined_version=versions[joined],
                            now=NOW,
                        )
            except Conflict as error:
                refused.append(error)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(try_many, range(4)))
    assert refused, "nobody ever met"
    with house.db.read() as session:
        all_of_them = {one.id: one for one in session.scalars(select(Contact).where(Contact.id.in_(ids)))}
    for one in all_of_them.values():
        top, seen = one, {one.id}
        while top.merged_into_id is not None:
            top = all_of_them[top.merged_into_id]
            assert top.id not in seen
            seen.add(top.id)
        assert one.head_id == top.id
