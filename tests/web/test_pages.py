"""The pages' health in words, what admins can do about it, and how Porchlight itself is."""

from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from flask import Flask
from markupsafe import escape
from sqlalchemy import event, select, update

from app.accounts.types import Role
from app.bootstrap import Services
from app.collecting.runner import Runner
from app.connectors import errors
from app.connectors.ports import GAP_AT, Access, Found
from app.core import alive
from app.core.clock import utc_now
from app.core.db import Database
from app.core.ids import new_id
from app.edge.context import EXTENSION
from app.inbox.models import Comment
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.pages import leases, queries
from app.pages import service as pages
from app.pages import words as page_words
from app.pages.models import Connection
from app.pages.types import ConnectionState, PageState, Progress
from app.sending.types import SendState
from app.web.present import health
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.test_connect import failing

CODES = [value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str)]


@pytest.fixture
def blog(parts: Services, platform: Platform) -> int:
    """A page with credentials that has been read."""
    with parts.db.write() as session:
        page_id = pages.add_page(
            session,
            Found("memory", "Our <b>blog</b>", "https://blog.example/", can_log_in=True),
            team_id=1,
            sealed_secret=parts.box.seal({"login": "us", "password": "old"}),
            account=platform.check(Access("x", {}, {"login": "us", "password": "old"})),
            since=None,
            now=utc_now() - timedelta(minutes=5),
        )
        claim = leases.claim_read(session, page_id, utc_now(), force=True)
        assert claim is not None
        leases.renew(session, [(claim, Progress(read_with=timedelta(seconds=30)))], utc_now())
    return page_id


@pytest.fixture
def waiting_answer(parts: Services, platform: Platform, blog: int, crew: dict[Role, int]) -> None:
    """An answer that should have left five minutes ago."""
    platform.say("Ann", "Where is my parcel?", utc_now())
    (outcome,) = Runner(parts.db, parts.connectors, parts.box, 1, 30).run([blog], force=True)
    assert outcome.code is None
    with parts.db.write() as session:
        comment = session.scalars(select(Comment)).one()
        session.add(
            Delivery(
                id=new_id(),
                key="k",
                page_id=blog,
                conversation_id=comment.conversation_id,
                comment_id=comment.id,
                act=Act.REPLY,
                text="Soon!",
                actor_id=crew[Role.AGENT],
                created_at=utc_now(),
                state=SendState.QUEUED,
                due_at=utc_now() - timedelta(minutes=5),
            )
        )


def fail(parts: Services, page_id: int, code: str, detail: str = "") -> None:
    with parts.db.write() as session:
        claim = leases.claim_read(session, page_id, utc_now(), force=True)
        assert claim is not None
        leases.record_failure(session, claim, utc_now(), code, detail)


def stop(parts: Services, page_id: int) -> None:
    with parts.db.write() as session:
        pages.stop(session, page_id, utc_now(), errors.WRONG_CREDENTIALS, "HTTP 401")


def state(parts: Services, page_id: int) -> tuple[PageState, ConnectionState]:
    with parts.db.read() as session:
        page = queries.page(session, page_id)
    assert page is not None
    return page.state, page.connection_state


@pytest.mark.parametrize("code", [*CODES, page_words.INTERNAL, page_words.BUSY])
def test_every_failure_has_words_of_its_own(code: str) -> None:
    told = health.ailment(code)
    assert told.what.endswith(".")
    assert told.do
    assert told != health.ailment("unheard of") or code == errors.REFUSED


def test_a_page_that_is_well_says_so(agent: Browser, blog: int) -> None:
    page = agent.get(f"/pages/{blog}")
    assert page.status_code == 200
    assert "All is well" in words(page)
    assert "as Our brand" in words(page)
    assert "<b>blog" not in page.text
    assert "Our &lt;b&gt;blog" in agent.get("/pages").text


def test_a_page_that_may_have_missed_comments_says_when(agent: Browser, parts: Services, blog: int) -> None:
    with parts.db.write() as session:
        claim = leases.claim_read(session, blog, utc_now(), force=True)
        assert claim is not None
        leases.renew(session, [(claim, Progress(cursor={GAP_AT: "2026-03-01T09:12:00+00:00"}))], utc_now())
    page = agent.get(f"/pages/{blog}")
    assert "Some comments may be missing" in words(page)
    assert "2026-03-01T09:12" in page.text


@pytest.mark.parametrize("code", [*CODES, page_words.INTERNAL])
def test_a_page_in_trouble_says_why_since_when_and_what_to_do(
    agent: Browser, parts: Services, blog: int, code: str
) -> None:
    fail(parts, blog, code, "HTTP 418 <script>")
    page = agent.get(f"/pages/{blog}")
    told = health.ailment(code, "HTTP 418 <script>")
    for text in (told.what, told.do, "In trouble since", "Last read completely", "Next read"):
        assert str(escape(text)) in page.text
    assert "<script>" not in page.text.partition("<main")[2]
    assert page.text.count("HTTP 418 &lt;script&gt;") == 1
    assert str(escape(told.what)) in agent.get("/pages").text


@pytest.mark.usefixtures("waiting_answer")
def test_a_stopped_page_says_what_waits(agent: Browser, parts: Services, blog: int) -> None:
    stop(parts, blog)
    said = words(agent.get(f"/pages/{blog}"))
    assert "does not accept this login" in said
    assert "nothing is read there, and nothing is sent" in said
    assert "1 answer waits." in said
    assert "Next read" not in said


def test_read_now_pause_resume_and_remove(admin: Browser, parts: Services, blog: int) -> None:
    admin.get(f"/pages/{blog}")
    assert admin.post(f"/pages/{blog}/read").status_code == 303
    with parts.db.read() as session:
        assert queries.due(session, utc_now(), 10) == [blog]
    assert admin.post(f"/pages/{blog}/pause").status_code == 303
    assert state(parts, blog)[0] is PageState.PAUSED
    assert "Paused" in words(admin.get(f"/pages/{blog}"))
    assert admin.post(f"/pages/{blog}/resume").status_code == 303
    assert state(parts, blog)[0] is PageState.ACTIVE
    assert admin.post(f"/pages/{blog}/remove").status_code == 303
    assert state(parts, blog)[0] is PageState.REMOVED
    assert admin.get(f"/pages/{blog}").status_code == 404
    assert admin.post(f"/pages/{blog}/resume").status_code == 404
    with parts.db.read() as session:
        reach = queries.reach(session, blog)
    assert reach is not None
    assert reach.sealed_secret is None


def test_a_new_login_is_tried_first(admin: Browser, parts: Services, platform: Platform, blog: int) -> None:
    stop(parts, blog)
    admin.get(f"/pages/{blog}")
    with failing(platform, "check", errors.AuthExpired(errors.WRONG_CREDENTIALS)):
        wrong = admin.post(f"/pages/{blog}/login", login="us", password="not-this-one")
    assert wrong.status_code == 422
    assert 'id="e-password"' in wrong.text
    assert "not-this-one" not in wrong.text
    assert state(parts, blog)[1] is ConnectionState.STOPPED
    assert admin.post(f"/pages/{blog}/login", login="us", password="").status_code == 422
    assert admin.post(f"/pages/{blog}/login", login="us", password="new").status_code == 303
    with parts.db.read() as session:
        reach = queries.reach(session, blog)
        assert queries.due(session, utc_now(), 10) == [blog]
    assert reach is not None
    assert reach.sealed_secret is not None
    assert parts.box.open(reach.sealed_secret) == {"login": "us", "password": "new"}


def test_a_login_can_be_forgotten(admin: Browser, parts: Services, blog: int) -> None:
    admin.get(f"/pages/{blog}")
    assert admin.post(f"/pages/{blog}/forget-login").status_code == 303
    with parts.db.read() as session:
        reach = queries.reach(session, blog)
    assert reach is not None
    assert reach.sealed_secret is None


def test_others_read_and_change_nothing(agent: Browser, parts: Services, blog: int) -> None:
    page = agent.get(f"/pages/{blog}")
    assert "<form" not in page.text.partition("<main")[2]
    for act in ("read", "pause", "resume", "remove", "login", "forget-login"):
        assert agent.post(f"/pages/{blog}/{act}", login="x", password="y").status_code == 403
    assert state(parts, blog) == (PageState.ACTIVE, ConnectionState.OK)


def test_the_list_costs_the_same_however_long(agent: Browser, parts: Services, platform: Platform, blog: int) -> None:
    statements: list[str] = []

    @event.listens_for(parts.db.engine, "before_cursor_execute")
    def count(_c: object, _k: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    agent.get("/pages")
    few = len(statements)
    with parts.db.write() as session:
        for number in range(30):
            found = Found("memory", f"Page {number}", f"https://{number}.example/")
            pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=utc_now())
        session.execute(update(Connection).values(error_code=errors.TIMED_OUT, state=ConnectionState.FAILING))
    statements.clear()
    assert "Page 29" in agent.get("/pages").text
    assert len(statements) == few


def test_an_empty_list_says_what_to_do(admin: Browser) -> None:
    page = admin.get("/pages")
    assert "No page is connected yet" in words(page)
    assert 'href="/pages/connect"' in page.text


def everybody_alive(parts: Services) -> None:
    for role in alive.EXPECTED:
        alive.beat(parts.redis, role)


def test_health_is_well_when_everything_runs(agent: Browser, browser: Browser, parts: Services, blog: int) -> None:
    everybody_alive(parts)
    page = agent.get("/health")
    assert "needs a look" not in words(page), words(page)
    assert "1 process runs" in words(page)
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_health_names_each_part_that_is_missing(agent: Browser, browser: Browser, parts: Services, blog: int) -> None:
    everybody_alive(parts)
    for key in parts.redis.scan_iter("*scheduler*"):
        parts.redis.delete(key)
    stop(parts, blog)
    said = words(agent.get("/health"))
    assert "Scheduler needs a look Not seen for half a minute" in said
    assert "1 page is in trouble: Our" in said
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "failing", "reasons": ["processes"]})
    for path in ("/livez", "/readyz"):  # nobody stops a web server for that
        assert (browser.get(path).status_code, browser.get(path).json) == (200, {"status": "ok"})


def test_health_without_redis_and_database(app: Flask, agent: Browser, browser: Browser, parts: Services) -> None:
    away = replace(parts, redis=redis.Redis.from_url("unix:///nowhere/redis.sock"))
    app.extensions[EXTENSION] = away
    assert "Redis needs a look It does not answer" in words(agent.get("/health"))
    assert browser.get("/healthz").json == {"status": "failing", "reasons": ["redis"]}
    app.extensions[EXTENSION] = replace(away, db=Database("postgresql+psycopg://nobody:secret@127.0.0.1:1/none"))
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "failing", "reasons": ["database", "redis"]})
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "failing", "reasons": ["database"]})
    assert browser.get("/livez").status_code == 200
    assert agent.get("/pages").status_code == 503


@pytest.mark.usefixtures("waiting_answer")
def test_an_outbox_that_is_behind_is_told(agent: Browser) -> None:
    assert "should have left 5 minutes ago" in words(agent.get("/health"))


def test_people_and_rules_are_readable_by_all(agent: Browser) -> None:
    people = agent.get("/people")
    assert people.status_code == 200
    for role in Role:
        assert role.value.title() in people.text
    assert "Customer service" in words(people)
    rules = agent.get("/routing")
    assert rules.status_code == 200
    said = words(rules)
    assert "Praise and thanks" in said
    assert "It has at least 4 links." in said
    assert "We have not met the person before." in said
    assert "set aside as spam" in said
    assert said.count("It asks a question.") == 1


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_a_number_no_page_can_have(admin: Browser, number: int) -> None:
    assert admin.get(f"/pages/{number}").status_code == 404
    assert admin.post(f"/pages/{number}/pause").status_code == 404
