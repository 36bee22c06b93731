"""Calls of platforms: proved, kept and answered at once; every change stands for itself, once, in any order."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import queries as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.collecting import service as collecting
from app.connectors import errors
from app.connectors.hooks import Call, Change, Hook, News
from app.connectors.ports import Access, Author, Found, Item, Post, Status
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import PATIENCE, Database
from app.core.signing import is_signed, mac
from app.factory import create_app
from app.hooks import addresses, care, queries, service
from app.hooks.models import HookCall, HookChange
from app.hooks.runner import Runner
from app.hooks.types import ChangeState
from app.inbox.models import Comment
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.types import ConnectionState
from tests.domain.platform import Platform
from tests.web.browser import words
from tests.web.conftest import signed_in

SECRET = "a secret of 32 characters, or so"
ONCE = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Telling(Platform):
    """A platform that tells of comments: ``{"changes": [{"key", "page", "say" | "gone" | "fail"}]}``."""

    own_hooks = False
    shared: Hook | None = None
    failing: dict[str, Exception] = field(default_factory=dict)
    asked: int = 0

    def shared_hook(self) -> Hook | None:
        return self.shared

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        return query.get("challenge") if query.get("word") == hook.secret["word"] else None

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        return is_signed(hook.secret["word"], call.headers.get("x-signature", ""), call.body)

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        try:
            told = json.loads(call.body)["changes"]
        except ValueError:
            raise errors.Permanent(errors.NOT_JSON, "no JSON") from None
        return [Change(one["key"], json.dumps(one).encode(), one.get("page")) for one in told]

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        self.asked += 1
        if change.key in self.failing:
            raise self.failing[change.key]
        told = json.loads(change.body)
        at = ONCE + timedelta(seconds=told["at"]) if "at" in told else None
        if "gone" in told:
            return News(gone=[told["gone"]], wait=True, learned_at=at)
        item = Item(told["id"], Post("p1"), Author("Ann", "user:ann"), told["say"], ONCE, status=Status.LIVE)
        return News([item], learned_at=at)


@dataclass
class Place:
    """One page with its address, and all that is needed to call it."""

    app: Flask
    parts: Services
    platform: Telling
    page_id: int
    path: str

    def call(self, body: bytes, *, signature: str | None = None, path: str | None = None) -> TestResponse:
        headers = {"x-signature": "sha256=" + mac(SECRET, body).hex() if signature is None else signature}
        return self.app.test_client().post(path or self.path, data=body, headers=headers)

    def tell(self, *changes: Mapping[str, object]) -> TestResponse:
        return self.call(json.dumps({"changes": changes}).encode())

    def split(self) -> None:
        with self.parts.db.write() as session:
            (call,) = service.waiting_calls(session)
            changes = self.platform.split(Hook({}), Call({}, zlib.decompress(call.body or b"")))
            service.record_split(session, call, changes, utc_now())

    def another_page(self, url: str) -> int:
        with self.parts.db.write() as session:
            found = Found("memory", "Quiet", url)
            return pages.add_page(
                session, found, team_id=1, sealed_secret=None, account=None, since=None, now=utc_now()
            )

    def work(self) -> int:
        return Runner(self.parts.db, self.parts.connectors, self.parts.box, threads=2).run()

    def texts(self) -> dict[str, tuple[str, Status]]:
        with self.parts.db.read() as session:
            rows = session.execute(select(Comment.external_id, Comment.text, Comment.status))
            return {row[0]: (row[1], row[2]) for row in rows}

    def states(self) -> dict[str, ChangeState]:
        with self.parts.db.read() as session:
            return {row[0]: row[1] for row in session.execute(select(HookChange.key, HookChange.state))}

    def later(self, **values: object) -> None:
        """All that waits is due now."""
        with self.parts.db.write() as session:
            for one in session.scalars(select(HookChange).where(HookChange.state == ChangeState.WAITING)):
                one.due_at = utc_now()
                for name, value in values.items():
                    setattr(one, name, value)


@pytest.fixture
def platform() -> Telling:
    return Telling()


@pytest.fixture
def place(parts: Services, platform: Telling) -> Place:
    now = utc_now()
    with parts.db.write() as session:
        team = accounts.team_by_key(session, "customer_service")
        assert team is not None
        page_id = pages.add_page(
            session,
            Found("memory", "Porch", "memory:porch"),
            team_id=team.id,
            sealed_secret=None,
            account=None,
            since=None,
            now=now,
        )
        token = addresses.open_hook(session, page_id, now, sealed_secret=parts.box.seal({"word": SECRET}))
    return Place(create_app(parts), parts, platform, page_id, f"/hooks/memory/{token}")


def said(key: str, text: str, **more: object) -> dict[str, object]:
    return {"key": key, "id": str(more.pop("id", key)), "say": text, **more}


def test_what_is_told_comes_into_the_inbox_once(place: Place) -> None:
    assert place.tell(said("c1", "Hello"), said("c2", "Anybody there?")).status_code == 200
    assert place.tell(said("c1", "Hello"), said("c2", "Anybody there?")).status_code == 200, "the very same call"
    assert place.tell(said("c2", "Anybody there?"), said("c3", "Me too")).status_code == 200, "in other company"
    assert place.work() == 3
    assert place.work() == 0
    assert set(place.texts()) == {"c1", "c2", "c3"}
    with place.parts.db.read() as session:
        assert len(list(session.scalars(select(HookCall)))) == 2, "a recording is not even stored"
    with place.parts.db.write() as session:
        again = [service.keep_call(session, "memory", "", None, Call({}, b"{}"), utc_now()) for _time in range(2)]
    assert again == [True, False]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "none=", "é", None])
def test_what_is_not_signed_is_refused_unread(place: Place, signature: str | None) -> None:
    body = b'{"changes": [}'
    if signature is None:  # signed for another body
        signature = "sha256=" + mac(SECRET, b"{}").hex()
    assert place.call(body, signature=signature).status_code == 400
    with place.parts.db.read() as session:
        assert session.scalar(select(HookCall.id)) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_that_is_closed_takes_nothing(place: Place) -> None:
    with place.parts.db.write() as session:
        addresses.close_hook(session, place.page_id)
    assert place.tell(said("c1", "Hello")).status_code == 400
    empty = "sha256=" + mac("", b"{}").hex()
    assert place.call(b"{}", signature=empty).status_code == 400
    assert place.app.test_client().get(place.path, query_string={"challenge": "7", "word": ""}).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("secret", [{}, {"word": ""}])
def test_a_shared_address_without_a_secret_is_closed(place: Place, secret: dict[str, str]) -> None:
    place.platform.shared = Hook(secret, "app1")
    path = "/hooks/memory/app1"
    assert place.call(b"{}", signature="sha256=" + mac("", b"{}").hex(), path=path).status_code == 400
    assert place.app.test_client().get(path, query_string={"challenge": "7", "word": ""}).status_code == 404


def test_a_shared_address_serves_the_pages_it_names(place: Place) -> None:
    place.platform.shared = Hook({"word": SECRET}, "app1")
    changes = [said("c1", "Hello", page="memory:porch"), said("c2", "Not ours", page="memory:elsewhere")]
    assert place.call(json.dumps({"changes": changes}).encode(), path="/hooks/memory/app1").status_code == 200
    place.work()
    assert set(place.texts()) == {"c1"}
    assert place.states() == {"c1": ChangeState.DONE, "c2": ChangeState.IGNORED}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_handshake_is_answered_to_those_who_know_the_word(place: Place) -> None:
    client = place.app.test_client()
    answer = client.get(place.path, query_string={"challenge": "1158201444", "word": SECRET})
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")
    assert client.get(place.path, query_string={"challenge": "1158201444", "word": "guess"}).status_code == 404
    assert client.get("/hooks/memory/elsewhere").status_code == 404
    assert client.get("/hooks/nothing/elsewhere").status_code == 404
    codes = [client.get(place.path, query_string={"challenge": "1", "word": SECRET}).status_code for _ in range(40)]
    assert codes[0] == 200
    assert codes[-1] == 404, "nobody may ask for answers without end"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_too_much_is_refused(place: Place) -> None:
    assert place.call(b" " * 1_000_001).status_code == 413


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_bad_change_takes_no_other_along_and_says_why(place: Place, crew: dict[Role, int]) -> None:
    place.platform.failing = {"bad": errors.Permanent(errors.BAD_ANSWER, "a line of it"), "worse": ValueError("oops")}
    place.tell(said("c1", "Hello"), said("bad", "?"), said("worse", "?"), said("c2", "There"))
    place.work()
    assert set(place.texts()) == {"c1", "c2"}
    assert place.states()["bad"] is ChangeState.FAILED
    assert place.states()["worse"] is ChangeState.WAITING, "a fault of ours is tried again"
    admin = signed_in(place.app, Role.ADMIN)
    assert "1 message could not be taken into the inbox" in words(admin.get("/health"))
    shown = words(admin.get("/health/told"))
    assert "a line of it" in shown
    place.platform.failing.clear()
    place.later()
    assert admin.post("/health/told/again").status_code == 303
    place.work()
    assert set(place.texts()) == {"c1", "c2", "bad", "worse"}
    assert "All that was told to us has been taken" in words(admin.get("/health/told"))


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_names_that_no_database_takes_hold_up_nothing(place: Place, odd: str) -> None:
    place.platform.shared = Hook({"word": SECRET}, "app1")
    changes = [said(f"k{odd}", "Odd", id="c1"), said("k2", "Elsewhere", page=f"memory:{odd}"), said("c3", "Fine")]
    told = [{"page": "memory:porch", **one} for one in changes]
    assert place.call(json.dumps({"changes": told}).encode(), path="/hooks/memory/app1").status_code == 200
    place.tell(said("c4", "After it"))
    place.work()
    assert set(place.texts()) == {"c1", "c3", "c4"}
    assert place.states()["k2"] is ChangeState.IGNORED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_call_that_makes_no_sense_is_shown_and_can_be_put_away(place: Place, crew: dict[Role, int]) -> None:
    assert place.call(b"<html>").status_code == 200, "it was signed; what is wrong with it is for us to look at"
    place.work()
    admin = signed_in(place.app, Role.ADMIN)
    assert "no JSON" in words(admin.get("/health/told"))
    with place.parts.db.read() as session:
        (trouble,) = queries.troubles(session)
    admin.post(f"/health/told/call/{trouble.id}/dismiss")
    assert "All that was told to us has been taken" in words(admin.get("/health/told"))


def test_the_order_of_words_is_not_trusted(place: Place) -> None:
    place.tell(said("v2", "after", id="c1", at=20))
    place.work()
    place.tell(said("v1", "befor", id="c1", at=10))
    place.work()
    assert place.texts() == {"c1": ("after", Status.LIVE)}
    place.tell({"key": "old", "gone": "c1", "at": 15})
    place.work()
    assert place.texts()["c1"][1] is Status.LIVE, "it was changed after that"
    place.tell({"key": "new", "gone": "c1", "at": 30})
    place.work()
    assert place.texts()["c1"][1] is Status.DELETED


def test_a_deletion_that_overtakes_its_comment_waits_for_it(place: Place) -> None:
    place.tell({"key": "gone", "gone": "c1", "at": 30})
    place.work()
    assert place.states() == {"gone": ChangeState.WAITING}
    place.tell(said("c1", "Regrets", at=10))
    place.work()
    place.later()
    place.work()
    assert place.texts()["c1"][1] is Status.DELETED
    place.tell({"key": "never", "gone": "c9", "at": 30})
    place.work()
    place.later(told_at=utc_now() - timedelta(days=2))
    place.work()
    assert place.states()["never"] is ChangeState.DONE, "what never came needs no deletion"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_credentials_that_died_stop_the_page_and_lose_nothing(place: Place) -> None:
    place.platform.failing["c1"] = errors.AuthExpired(errors.WRONG_CREDENTIALS, "190")
    place.tell(said("c1", "Hello"))
    place.work()
    with place.parts.db.read() as session:
        view = page_queries.page(session, place.page_id)
    assert view is not None
    assert view.connection_state is ConnectionState.STOPPED
    assert place.work() == 0, "nothing is asked of a page that is stopped"
    place.platform.failing.clear()
    with place.parts.db.write() as session:
        pages.set_credentials(session, place.page_id, None, None, utc_now())
    place.later()
    place.work()
    assert set(place.texts()) == {"c1"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_credentials_that_were_exchanged_meanwhile_stop_nothing(place: Place) -> None:
    """Somebody signed in anew while a change was looked at with the old ones."""
    box, now = place.parts.box, utc_now()

    def sign_in(word: str) -> None:
        with place.parts.db.write() as session:
            pages.set_credentials(session, place.page_id, box.seal({"password": word}), None, now)

    sign_in("old")
    place.tell(said("c1", "Hello"))
    place.split()
    with place.parts.db.write() as session:
        ids = session.scalars(select(HookChange.id)).all()
        (claimed,) = service.claim(session, ids, utc_now(), 60)
    sign_in("new")
    with place.parts.db.write() as session:
        service.record_stopped(session, claimed, utc_now(), errors.WRONG_CREDENTIALS, "expired")
    with place.parts.db.read() as session:
        page = page_queries.page(session, place.page_id)
    assert page is not None
    assert page.connection_state is ConnectionState.NEW
    place.work()
    assert set(place.texts()) == {"c1"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_busy_platform_is_asked_when_it_says(place: Place) -> None:
    at = utc_now() + timedelta(minutes=20)
    place.platform.failing["c1"] = errors.RateLimited(errors.RATE_LIMITED, "80001", retry_at=at)
    place.tell(said("c1", "Hello"))
    place.work()
    with place.parts.db.read() as session:
        assert session.scalars(select(HookChange.due_at)).one() >= at


def test_a_burst_on_one_page_keeps_no_other_waiting(place: Place) -> None:
    place.platform.shared = Hook({"word": SECRET}, "app1")
    other = place.another_page("memory:quiet")
    changes = [said(f"b{number}", "Burst", page="memory:porch") for number in range(3_000)]
    changes.append(said("q1", "Quiet", page="memory:quiet"))
    assert place.call(json.dumps({"changes": changes}).encode(), path="/hooks/memory/app1").status_code == 200
    place.split()
    with place.parts.db.read() as session:
        ids = queries.due(session, utc_now(), 32)
        pages_of = list(session.scalars(select(HookChange.page_id).where(HookChange.id.in_(ids))))
    assert sorted(one or 0 for one in pages_of) == [place.page_id] * queries.FAIR_SHARE + [other]


def test_comments_are_stored_together_and_a_bad_one_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be stored with others is stored by itself, and fails by itself."""
    portions: list[int] = []
    store = collecting.store_told

    def watched(session: Session, page_id: int, team_id: int, news: News, now: datetime) -> list[str]:
        portions.append(len(news.items))
        if any(item.text == "poison" for item in news.items):
            raise ValueError("a fault of ours")
        return store(session, page_id, team_id, news, now)

    monkeypatch.setattr(collecting, "store_told", watched)
    place.tell(*[said(f"c{number}", "Hello") for number in range(10)])
    place.work()
    assert portions == [10]
    place.tell(said("d1", "Hello"), said("d2", "poison"), said("d3", "Hello"))
    place.work()
    assert portions == [10, 3, 1, 1, 1]
    assert {"d1", "d3"} <= set(place.texts())
    assert place.states()["d2"] is ChangeState.WAITING


def test_a_platform_that_does_not_answer_is_left_alone_for_a_moment(place: Place) -> None:
    place.platform.failing = {f"c{n}": errors.Transient(errors.TIMED_OUT, "30 s") for n in range(20)}
    place.tell(*[said(f"c{number}", "Hello") for number in range(20)])
    assert place.work() == queries.FAIR_SHARE, "one portion, and then no more for now"
    assert place.platform.asked <= 2, "and of that no more than threads were asking when it fell silent"
    with place.parts.db.read() as session:
        assert min(session.scalars(select(HookChange.due_at))) > utc_now()


def test_what_was_put_away_stays_away(place: Place) -> None:
    place.platform.failing = {"c1": errors.Permanent(errors.BAD_ANSWER)}
    place.tell(said("c1", "Hello"))
    place.work()
    with place.parts.db.write() as session:
        care.dismiss(session, utc_now(), by=None, change_id=session.scalars(select(HookChange.id)).one())
    place.tell(said("c1", "Hello"), said("c2", "There"))
    place.work()
    assert place.states() == {"c1": ChangeState.IGNORED, "c2": ChangeState.DONE}


def test_a_process_that_dies_in_the_middle_leaves_nothing_behind(place: Place) -> None:
    place.tell(said("c1", "Hello"))
    with place.parts.db.write() as session:
        (call,) = service.waiting_calls(session)
        service.record_split(
            session, call, place.platform.split(Hook({}), Call({}, zlib.decompress(call.body or b""))), utc_now()
        )
        ids = queries.due(session, utc_now(), 10)
        assert len(service.claim(session, ids, utc_now(), 120)) == 1
    assert place.work() == 0, "it is somebody else's"
    place.later(lease_until=utc_now())
    assert place.work() == 1
    assert set(place.texts()) == {"c1"}


def test_what_was_told_can_be_taken_again_from_a_day_on(place: Place) -> None:
    place.tell(said("c1", "Hello"), said("c2", "there"))
    place.work()
    with place.parts.db.write() as session:
        assert care.replay(session, utc_now(), since=utc_now() - timedelta(days=1)) == 3  # a call and its changes
    place.work()
    assert set(place.texts()) == {"c1", "c2"}
    with place.parts.db.write() as session:
        care.tidy(session, utc_now() + timedelta(days=31), 30)
        assert care.replay(session, utc_now(), since=utc_now() - timedelta(days=40)) == 0, "no longer kept"
    assert place.tell(said("c1", "Hello"), said("c2", "there")).status_code == 200
    assert place.work() == 0, "a recording stays known long after its words are gone"


@contextmanager
def locked(parts: Services) -> Iterator[None]:
    """Somebody else writes, and takes long."""
    path = parts.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_can_not_be_stored_at_once_is_not_said_to_be(place: Place) -> None:
    with locked(place.parts):
        assert place.tell(said("c1", "Hello")).status_code == 503
    assert PATIENCE < 1, "what is waited for at most, of the second that platforms are promised"
    assert place.tell(said("c1", "Hello")).status_code == 200
    place.work()
    assert set(place.texts()) == {"c1"}


@contextmanager
def used_up(database: Database) -> Iterator[None]:
    """All its connections are others'."""
    with ExitStack() as held:
        with suppress(PoolTimeout):
            while True:
                held.enter_context(database.engine.connect())
        yield


def test_a_busy_database_keeps_no_platform_waiting(place: Place) -> None:
    """Whose address it is asks the impatient one as well."""
    with used_up(place.parts.quick_db):
        assert place.tell(said("c1", "Hello")).status_code == 503
        assert place.app.test_client().get(place.path).status_code == 503
    assert place.tell(said("c1", "Hello")).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_connectors_whose_platform_calls_are_asked(place: Place) -> None:
    assert Registry([place.platform]).receiver("memory") is place.platform
    assert Registry([Platform()]).receiver("memory") is None


def test_nothing_is_left_of_a_page_that_is_removed_for_good(place: Place) -> None:
    place.tell(said("c1", "Hello"))
    place.work()
    with place.parts.db.write() as session:
        care.remove_pages(session, [place.page_id])
    assert place.tell(said("c2", "Hello")).status_code == 400
    assert place.states() == {}
