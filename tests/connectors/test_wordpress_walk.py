"""Walks through a site that changes all the while, simulated: whatever happens, nothing is lost."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.connectors.wordpress import walk
from app.connectors.wordpress.walk import Mark, Mode, Page, Walk

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Blog:
    """Comments by number: shown, or hidden from the reader though counted, or held (not even counted)."""

    states: dict[int, str] = field(default_factory=dict)
    last: int = 0

    def add(self, count: int, state: str = "shown") -> list[int]:
        added = list(range(self.last + 1, self.last + count + 1))
        self.states |= dict.fromkeys(added, state)
        self.last += count
        return added

    def page(self, offset: int, size: int, mode: Mode) -> Page:
        counted = [n for n in sorted(self.states) if mode == "edit" or self.states[n] != "held"]
        window = counted[offset : offset + size]
        ids = tuple(n for n in window if mode == "edit" or self.states[n] == "shown")
        told = str([(n, self.states[n]) for n in ids])
        return Page(offset, size, ids, len(counted), told)


@dataclass
class Reader:
    """Walks as the real one does; ``meanwhile`` runs before every request."""

    blog: Blog
    mode: Mode = "edit"
    size: int = 100
    meanwhile: Callable[[], None] = lambda: None
    mark: Mark | None = None
    got: set[int] = field(default_factory=set)
    requests: int = 0

    def ask(self, offset: int) -> Page:
        self.meanwhile()
        self.requests += 1
        assert self.requests < 3_000, "a walk ends"
        return self.blog.page(offset, self.size, self.mode)

    def batches(self, now: datetime) -> Iterator[None]:
        mark = self.mark
        if mark is None:
            mark = Mark(self.mode, walk=Walk("first"))
        elif mark.walk is None:
            page = self.ask(mark.next)
            if walk.unchanged(mark, page):
                mark = self.keep(walk.settle(mark, page, now))
                yield
            else:
                mark = replace(mark, walk=Walk("new", mark.next, reach=mark.seen))
        while (at := mark.walk) is not None:
            page = self.ask(at.offset)
            if earlier := walk.back_to(at, page):
                mark = replace(mark, walk=earlier)
                continue
            self.got |= set(page.ids)
            mark = walk.advance(mark, at, page, now)
            self.keep(mark)
            yield

    def keep(self, mark: Mark) -> Mark:
        """Kept as JSON between processes."""
        self.mark = Mark.read(mark.cursor(), self.mode)
        assert self.mark is not None
        return mark

    def poll(self, now: datetime = START) -> None:
        for _ in self.batches(now):
            pass


@dataclass
class Crowd:
    """Comments and deletes between any two requests, now and then in bursts."""

    blog: Blog
    dice: random.Random
    states: list[str]

    def act(self) -> None:
        for _ in range(self.dice.choice([0, 0, 1, 3])):
            self.blog.add(self.dice.choice([1, 2, 7]), self.dice.choice(self.states))
        if self.dice.random() < 0.5:
            count = min(len(self.blog.states), self.dice.choice([1, 2, 12, 40]))
            for number in self.dice.sample(sorted(self.blog.states), count):
                del self.blog.states[number]


def test_a_quiet_poll_is_one_request() -> None:
    blog = Blog()
    blog.add(1_234)
    for mode in ("edit", "view"):
        reader = Reader(blog, mode)
        reader.poll()
        assert reader.got == set(blog.states)
        assert reader.requests == 13
        reader.poll()  # may look once more at the last page, from further on
        for _ in range(3):
            reader.requests = 0
            reader.poll()
            assert reader.requests == 1


def test_a_few_new_comments_are_two_requests() -> None:
    blog = Blog()
    blog.add(500)
    reader = Reader(blog)
    reader.poll()
    for count in (1, 3, 40, 2):
        new = blog.add(count)
        reader.requests = 0
        reader.poll()
        assert set(new) <= reader.got
        assert reader.requests == 2


@given(
    seed=st.integers(0, 10**6),
    mode=st.sampled_from(["edit", "view"]),
    size=st.sampled_from([100, 25, 5, 2]),
    gaps=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_during_walks_nothing_is_lost(seed: int, mode: Mode, size: int, gaps: bool) -> None:
    """Comments come and go between requests, in bursts too; walks are broken off and taken up again."""
    dice = random.Random(seed)
    blog = Blog()
    crowd = Crowd(blog, dice, ["shown", "hidden"] if gaps else ["shown"])
    for _ in range(3):
        blog.add(dice.choice([0, 3, 30, 130]), dice.choice(crowd.states))
    reader = Reader(blog, mode, size, crowd.act)
    for _ in range(4):
        for _ in reader.batches(START):
            if dice.random() < 0.05:
                break
        if len(blog.states) > 600:
            break
    reader.meanwhile = lambda: None
    reader.poll()
    reader.poll(START + timedelta(hours=30) if gaps else START)
    assert {number for number, state in blog.states.items() if mode == "edit" or state == "shown"} <= reader.got


@given(seed=st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_comments_a_visitor_may_not_see_hide_no_others(seed: int) -> None:
    """Whole pages may be hidden, comments are approved late, and the deeper looks find them."""
    dice = random.Random(seed)
    blog = Blog()
    for _ in range(dice.randint(1, 6)):
        blog.add(dice.choice([1, 60, 130, 350]), dice.choice(["shown", "shown", "hidden", "held"]))
    reader = Reader(blog, "view")
    reader.poll()
    now = START
    for _ in range(5):
        now += timedelta(minutes=20)
        for number in dice.sample(sorted(blog.states), min(len(blog.states), 3)):
            blog.states[number] = dice.choice(["shown", "held", "hidden"])
        blog.add(dice.choice([0, 1, 120]), dice.choice(["shown", "hidden"]))
        reader.poll(now)
    reader.poll(now + timedelta(hours=30))
    assert {number for number, state in blog.states.items() if state == "shown"} <= reader.got


def test_as_many_new_as_deleted_comments_hide_no_gap() -> None:
    blog = Blog()
    blog.add(300)
    reader = Reader(blog)

    def swap() -> None:
        if reader.requests == 1:
            for number in range(1, 41):
                del blog.states[number]
            blog.add(40)

    reader.meanwhile = swap
    reader.poll()
    assert set(blog.states) <= reader.got


def test_a_poll_whose_page_slid_off_the_end_steps_back() -> None:
    blog = Blog()
    blog.add(400)
    reader = Reader(blog)
    reader.poll()
    for number in range(1, 301):
        del blog.states[number]
    new = blog.add(20)
    reader.poll()
    assert set(new) <= reader.got


def test_new_comments_before_a_hidden_end_are_found() -> None:
    blog = Blog()
    blog.add(100)
    hidden = blog.add(400, "hidden")
    reader = Reader(blog, "view")
    reader.poll()
    reader.poll()
    for number in hidden[:150]:
        del blog.states[number]
    new = blog.add(40)
    reader.poll()
    assert set(new) <= reader.got


def test_a_hidden_stretch_is_crossed_in_few_requests() -> None:
    blog = Blog()
    blog.add(100)
    blog.add(2_000, "hidden")
    last = blog.add(30)
    reader = Reader(blog, "view")
    reader.poll()
    assert set(last) <= reader.got
    assert reader.requests <= 2 * 2_130 / 95 + 10


def test_a_late_approval_is_found_when_the_count_does_not_fit() -> None:
    blog = Blog()
    blog.add(200)
    [late] = blog.add(1, "held")
    blog.add(200)
    reader = Reader(blog, "view")
    reader.poll()
    blog.states[late] = "shown"
    reader.poll(START + timedelta(minutes=1))
    assert late not in reader.got, "looked deeper a minute ago"
    reader.poll(START + timedelta(minutes=11))
    assert late in reader.got
    reader.requests = 0
    reader.poll(START + timedelta(minutes=12))
    assert reader.requests == 1


def test_moderators_never_need_the_deeper_look() -> None:
    blog = Blog()
    blog.add(400)
    reader = Reader(blog, "edit")
    reader.poll()
    del blog.states[17]
    requests = []
    for hours in (1, 30, 100):
        reader.requests = 0
        reader.poll(START + timedelta(hours=hours))
        requests.append(reader.requests)
    assert requests == [2, 1, 1], "the last page moved by one, and that is all"


def test_a_cursor_of_other_rights_or_another_release_begins_anew() -> None:
    good = Mark("edit", seen=5, total=5).cursor()
    assert Mark.read(good, "edit") == Mark("edit", seen=5, total=5)
    assert Mark.read(good, "view") is None
    assert Mark.read(None, "edit") is None
    assert Mark.read(good | {"v": 0}, "edit") is None
    assert Mark.read(good | {"new": 1}, "edit") is None


@pytest.mark.parametrize("size", [100, 25, 5, 2])
def test_a_walk_over_quiet_ground_never_turns_back(size: int) -> None:
    blog = Blog()
    blog.add(333)
    reader = Reader(blog, "view", size)
    reader.poll()
    assert reader.got == set(blog.states)
    assert reader.requests <= 333 / (size - walk.overlap(size)) + 2
