"""A post is published once, at its time, with whatever is lost on the way; or somebody is told why not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.types import Actor
from app.connectors import errors
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.library import publishing, queries, service
from app.library.models import LibraryPost
from app.library.types import Approval, Variant, Words
from app.outreach import service as outreach
from app.outreach.types import By, Source, Typed
from app.pages import service as pages
from app.pages import words
from app.pages.models import TokenLife
from app.sending.types import SendState
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from app.upkeep import pulses
from tests.domain.conftest import House
from tests.library.conftest import TYPED, Shelf

LOST = errors.OutcomeUnknown(errors.TIMED_OUT)


def told(house: House, kind: SignalKind) -> list[SignalRow]:
    with house.db.read() as session:
        return list(session.scalars(select(SignalRow).where(SignalRow.kind == kind)))


def test_it_stands_there_once_with_its_link_and_counts_as_our_last_post(shelf: Shelf) -> None:
    number = shelf.publish(shelf.write())
    assert (shelf.run(), shelf.run()) == (1, 0)
    done = shelf.view(number)
    assert (done.state, done.url) == (SendState.SENT, "https://b.example/1")
    [(_key, post)] = shelf.house.platform.published
    assert (post.text, post.title, post.link) == ("Our sourdough rests for a day.", "How we bake", "https://b.example")
    with shelf.house.db.read() as session:
        assert pulses.last_posts(session, [shelf.house.page_id]) == {shelf.house.page_id: done.sent_at}


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_that_was_lost_is_looked_up(shelf: Shelf, arrived: bool) -> None:
    (shelf.house.platform.fail_after if arrived else shelf.house.platform.fail_before).append(LOST)
    number = shelf.publish(shelf.write())
    shelf.run()
    assert shelf.view(number).state is SendState.UNKNOWN
    shelf.let_time_pass(number)
    shelf.run()
    assert shelf.view(number).state is SendState.SENT
    assert len(shelf.house.platform.published) == 1


def test_it_waits_for_its_time_and_can_be_taken_back_until_then(shelf: Shelf, now: datetime) -> None:
    first = shelf.publish(shelf.write(), at=now + timedelta(days=1))
    second = shelf.publish(shelf.write(), undo=600)
    assert shelf.run() == 0
    with shelf.house.db.write() as session:
        publishing.cancel(session, shelf.house.bob, second, now)
        with pytest.raises(Forbidden):
            publishing.cancel(session, shelf.house.ann, first, now)
    shelf.let_time_pass(first)
    shelf.run()
    assert [shelf.view(one).state for one in (first, second)] == [SendState.SENT, SendState.CANCELLED]
    with shelf.house.db.write() as session, pytest.raises(Conflict):
        publishing.cancel(session, shelf.house.bob, first, now)


def test_what_the_platform_refuses_is_said_and_can_be_tried_again(shelf: Shelf) -> None:
    shelf.house.platform.fail_before.append(errors.Permanent(errors.INVALID_TEXT, "no kettles here"))
    number = shelf.publish(shelf.write())
    shelf.run()
    failed = shelf.view(number)
    assert (failed.state, failed.error_detail) == (SendState.FAILED, "no kettles here")
    assert [row.people for row in told(shelf.house, SignalKind.POST_FAILED)] == [[shelf.house.bob.id]]
    with shelf.house.db.write() as session:
        publishing.decide(session, shelf.house.bob, number, again=True, undo=0, now=utc_now())
    shelf.run()
    assert shelf.view(number).state is SendState.SENT


def test_where_nobody_can_know_a_person_decides(shelf: Shelf) -> None:
    shelf.house.platform.can_look_up = False
    shelf.house.platform.fail_after.append(LOST)
    number = shelf.publish(shelf.write())
    shelf.run()
    shelf.let_time_pass(number)
    shelf.run()
    assert shelf.view(number).state is SendState.UNCLEAR
    with shelf.house.db.write() as session:
        publishing.decide(session, shelf.house.bob, number, again=False, undo=0, now=utc_now())
    assert shelf.view(number).state is SendState.SENT


def test_a_dead_login_stops_the_page_and_loses_nothing(shelf: Shelf) -> None:
    shelf.house.platform.fail_before.append(errors.AuthExpired(errors.WRONG_CREDENTIALS))
    number = shelf.publish(shelf.write())
    shelf.run()
    assert shelf.view(number).state is SendState.QUEUED
    assert shelf.run() == 0
    with shelf.house.db.write() as session:
        sealed = shelf.house.box.seal({"login": "us", "password": "y"})
        pages.set_credentials(session, shelf.house.page_id, sealed, None, utc_now())
    shelf.run()
    assert shelf.view(number).state is SendState.SENT


def test_a_token_that_is_late_to_be_renewed_is_not_tried_over_and_over(shelf: Shelf) -> None:
    past = shelf.now - timedelta(minutes=1)
    with shelf.house.db.write() as session:
        session.add(TokenLife(page_id=shelf.house.page_id, refresh_at=past, failures=0))
    shelf.house.platform.fail_before += [errors.AuthExpired(errors.WRONG_CREDENTIALS)] * 3
    number = shelf.publish(shelf.write())
    assert shelf.run() == 1
    assert shelf.run() == 0
    assert shelf.view(number).state is SendState.QUEUED


def test_a_post_whose_day_is_over_does_not_leave(shelf: Shelf) -> None:
    """Nobody wishes a merry Christmas in January because a worker stood still."""
    number = shelf.publish(shelf.write())
    shelf.let_time_pass(number, timedelta(hours=25))
    shelf.run()
    late = shelf.view(number)
    assert (late.state, late.error_code) == (SendState.FAILED, words.TOO_LATE)
    assert shelf.house.platform.published == []


def test_a_post_rests_between_its_uses(shelf: Shelf, now: datetime) -> None:
    post = shelf.write(pause_days="30")
    first = shelf.publish(post, undo=600)
    with pytest.raises(Conflict) as caught:
        shelf.publish(post, at=now + timedelta(days=29))
    assert caught.value.code == "pause"
    shelf.publish(post, at=now + timedelta(days=31))
    with shelf.house.db.write() as session:
        publishing.cancel(session, shelf.house.bob, first, now)
    with pytest.raises(Conflict):
        shelf.publish(post, at=now + timedelta(days=2))


def test_one_that_failed_is_not_tried_again_beside_another_use(shelf: Shelf) -> None:
    post = shelf.write()
    shelf.house.platform.fail_before.append(errors.Permanent(errors.INVALID_TEXT, "no kettles here"))
    first = shelf.publish(post)
    shelf.run()
    second = shelf.publish(post)
    with pytest.raises(Conflict) as caught, shelf.house.db.write() as session:
        publishing.decide(session, shelf.house.bob, first, again=True, undo=0, now=utc_now())
    assert caught.value.code == "pause"
    shelf.run()
    assert shelf.view(second).state is SendState.SENT
    assert len(shelf.house.platform.published) == 1


def test_what_does_not_fit_is_not_taken(shelf: Shelf, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        shelf.publish(shelf.say("x" * 501))
    cases: list[dict[str, Any]] = [
        {"pause_days": "0"},
        {"season_first": "02-30", "season_last": "03-01"},
        {"link": "javascript:1"},
        {"page_ids": frozenset({77})},
    ]
    for wrong in cases:
        with pytest.raises(InvalidInput):
            shelf.write(**wrong)
    with pytest.raises(InvalidInput):
        shelf.publish(shelf.write(), at=now - timedelta(days=1))


class TestApproval:
    """Somebody else has to look where that is wanted, and never who wrote it."""

    def test_of_one_post(self, shelf: Shelf, now: datetime) -> None:
        post = shelf.write(needs_approval=True)
        with pytest.raises(Conflict) as caught:
            shelf.publish(post)
        assert caught.value.code == "needs_approval"
        assert [row.facts["name"] for row in told(shelf.house, SignalKind.POST_WANTED)] == ["Sourdough"]
        self._refuse(shelf, shelf.eve, post)
        with pytest.raises(Conflict):
            shelf.publish(post)
        self._approve(shelf, shelf.eve, post, now)
        shelf.publish(post)

    def test_of_all_posts_on_a_page_until_it_is_changed(self, shelf: Shelf, now: datetime) -> None:
        post = shelf.write()
        with shelf.house.db.write() as session:
            service.ask_approval(session, shelf.eve, shelf.house.page_id, now, wanted=True)
        self._approve(shelf, shelf.eve, post, now)
        with shelf.house.db.read() as session:
            known = queries.post(session, post)
        assert known.row.approval is Approval.GIVEN
        with shelf.house.db.write() as session:
            typed = replace(TYPED, page_ids=frozenset({shelf.house.page_id}))
            service.change(session, shelf.house.bob, post, typed, known.version, now)
        with pytest.raises(Conflict):
            shelf.publish(post)

    def test_nobody_approves_their_own(self, shelf: Shelf, now: datetime) -> None:
        post = shelf.write(by=shelf.eve, needs_approval=True)
        with pytest.raises(Forbidden):
            self._approve(shelf, shelf.eve, post, now)
        with pytest.raises(Forbidden):
            self._approve(shelf, shelf.house.ann, post, now)
        itself = update(LibraryPost).where(LibraryPost.id == post).values(approver_id=shelf.eve.id)
        with pytest.raises(IntegrityError), shelf.house.db.write() as session:
            session.execute(itself)

    def _approve(self, shelf: Shelf, who: Actor, post: int, now: datetime) -> None:
        with shelf.house.db.write() as session:
            version = session.get_one(LibraryPost, post).version
            service.approve(session, who, post, version, now)

    def _refuse(self, shelf: Shelf, who: Actor, post: int) -> None:
        with shelf.house.db.write() as session:
            service.refuse(session, who, post, "Say it shorter.", session.get_one(LibraryPost, post).version, utc_now())


class TestOtherWords:
    """A post may say it otherwise on one platform: shown, counted, published and approved like the rest."""

    OWN = (Variant("en", "memory", "Bread, slowly."), Variant("en", "x", "x" * 300))

    def test_it_says_its_own_there_and_the_others_elsewhere(self, shelf: Shelf) -> None:
        long = "y" * 501  # too long for this platform, which has other words
        shelf.publish(shelf.write(words=(Words("en", "How we bake", long),), variants=self.OWN, link=""))
        with pytest.raises(InvalidInput):
            shelf.publish(shelf.write(words=(Words("en", "A word", long),), variants=self.OWN[1:], link=""))
        shelf.run()
        assert [post.text for _key, post in shelf.house.platform.published] == ["Bread, slowly."]

    def test_they_are_part_of_what_is_approved(self, shelf: Shelf, now: datetime) -> None:
        post = shelf.write(needs_approval=True, variants=self.OWN)
        with shelf.house.db.write() as session:
            service.approve(session, shelf.eve, post, 1, now)
            typed = replace(TYPED, page_ids=frozenset({shelf.house.page_id}), needs_approval=True)
            service.change(session, shelf.house.bob, post, replace(typed, variants=self.OWN[:1]), 1, now)
            assert queries.variants(session, post) == [self.OWN[0]]
        with pytest.raises(Conflict):
            shelf.publish(post)

    @pytest.mark.parametrize(
        "wrong", [Variant("de", "memory", "Brot"), Variant("en", "no kind", "x"), Variant("en", "x", "x" * 20_001)]
    )
    def test_what_makes_none(self, shelf: Shelf, wrong: Variant) -> None:
        with pytest.raises(InvalidInput):
            shelf.write(variants=(wrong,))

    def test_who_is_named_there_counts_there(self, shelf: Shelf, now: datetime) -> None:
        team = shelf.house.service_team
        said = Typed("complaint", "dispute", "Honey cake", site="honigkuchen.example", message="Money back.")
        with shelf.house.db.write() as session:
            outreach.record(session, By(team, shelf.house.ann.id, Source.PAGE, shelf.house.ann), said, now)
        own = Variant("en", "memory", "Baked with https://honigkuchen.example!")
        assert shelf.view(shelf.publish(shelf.write(variants=(own,)))).state is SendState.HELD
        assert shelf.view(shelf.publish(shelf.write(variants=(replace(own, connector="x"),)))).state is SendState.QUEUED


def test_a_page_is_offered_what_it_could_use_now(shelf: Shelf, now: datetime) -> None:
    page = shelf.house.page_id
    day = now + timedelta(days=1)
    always, seasonal = (
        shelf.write(name="Always"),
        shelf.write(name="Season", season_first=f"{now:%m-%d}", season_last=f"{day:%m-%d}"),
    )
    shelf.write(name="Not approved", needs_approval=True)
    spring = now + timedelta(days=90)
    shelf.write(name="Not now", season_first=f"{spring:%m-%d}", season_last=f"{spring:%m-%d}")

    def offered() -> int | None:
        with shelf.house.db.read() as session:
            found = queries.suggestions(session, [page], now).get(page)
        return found.id if found else None

    assert offered() == seasonal
    shelf.publish(seasonal)
    assert offered() == always
    shelf.publish(always)
    assert offered() is None


def test_nothing_stays_when_its_pages_are_removed(shelf: Shelf) -> None:
    post = shelf.write(variants=(Variant("en", "memory", "Bread, slowly."),))
    shelf.publish(post)
    with shelf.house.db.write() as session:
        service.remove_pages(session, [shelf.house.page_id])
        pages.remove_pages(session, [shelf.house.page_id])
    with shelf.house.db.read() as session:
        assert queries.posts(session) == ([], None)
        assert queries.under_way(session) == []
