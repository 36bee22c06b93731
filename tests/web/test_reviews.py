"""Reviews on the screen: none yet, one to be closed, decisions, closed."""

from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.reports.models import ReportDay
from app.reports.types import By
from app.reviews import rules, service
from app.reviews.types import Rhythm
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_inbox_statements import EDGE, statements


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def prepare(parts: Services) -> None:
    with parts.db.write() as session:
        day, _last = rules.last_period(Rhythm.WEEK, utc_now().date())
        session.add(ReportDay(by=By.ALL, of=0, day=day, comments=7, opened=5, answered=4, settled=0))
        session.flush()
        assert service.work(session, utc_now()) == 1


def test_from_no_review_to_a_closed_one(
    supervisor: Browser, agent: Browser, parts: Services, crew: dict[Role, int]
) -> None:
    assert "No review yet" in words(supervisor.get("/reviews"))
    prepare(parts)
    assert "To be closed Supervisor 0" in words(agent.get("/reviews"))
    shown = words(supervisor.get("/reviews/1"))
    assert "Conversations 5 before: 0" in shown
    assert "Answered 80% before: –" in shown
    assert "Nothing is decided yet" in shown
    due = (utc_now() + timedelta(days=3)).date().isoformat()
    typed = {"text": "<b>Answer</b> sooner", "owner": crew[Role.AGENT], "due": due}
    assert agent.post("/reviews/1/decisions", **typed).status_code == 403
    refused = supervisor.post("/reviews/1/decisions", **(typed | {"due": "soon"}))
    assert refused.status_code == 422
    assert "Say until when" in words(refused)
    assert "&lt;b&gt;Answer&lt;/b&gt; sooner" in refused.text
    assert supervisor.post("/reviews/1/decisions", **typed).status_code == 303
    assert '<span id="count-to-do" class="count" hx-swap-oob="true">1</span>' in agent.get("/goals/mine").text
    assert "&lt;b&gt;Answer&lt;/b&gt; sooner" in agent.get("/to-do").text
    assert agent.post("/reviews/decisions/1/done", back="to-do").location == "/to-do"
    assert agent.post("/reviews/decisions/1/done", again="1").status_code == 303
    assert "Yours to see to" in words(agent.get("/reviews"))
    assert agent.post("/reviews/decisions/1/done").status_code == 303
    assert "Not done after all" in words(agent.get("/reviews/1"))
    assert agent.post("/reviews/decisions/1/done", again="1", review="1").location == "/reviews/1#decisions"
    assert agent.post("/reviews/decisions/9/done").status_code == 404
    assert agent.post("/reviews/1/close", words="x").status_code == 403
    assert supervisor.post("/reviews/1/take-over").status_code == 303
    assert supervisor.post("/reviews/1/close", words="x" * 4001).status_code == 422
    assert supervisor.post("/reviews/1/close", words="We were slow on Monday.").status_code == 303
    closed = words(agent.get("/reviews/1"))
    assert "We were slow on Monday." in closed
    assert "Close the review" not in closed
    assert supervisor.post("/reviews/1/close", words="again").status_code == 409
    assert supervisor.get("/reviews/2").status_code == 404


def test_who_says_how_often(supervisor: Browser, agent: Browser, crew: dict[Role, int]) -> None:
    assert agent.post("/reviews/plan", every="month", owner="").status_code == 403
    assert supervisor.post("/reviews/plan", every="never", owner="").status_code == 422
    assert supervisor.post("/reviews/plan", every="week", owner="999").status_code == 422
    assert supervisor.post("/reviews/plan", every="month", owner=crew[Role.MARKETER]).status_code == 303
    assert "every month" in words(agent.get("/reviews"))


def test_screens_ask_for_a_fixed_number_of_things(
    supervisor: Browser, parts: Services, platform: Platform, crew: dict[Role, int]
) -> None:
    scene = Scene(parts, platform)
    prepare(parts)
    for path, most in (("/reviews", 5), ("/reviews/1", 12), ("/goals", 3), ("/goals/mine", 6), ("/to-do", 4)):
        with statements(scene) as seen:
            assert supervisor.get(path).status_code == 200
        assert len(seen) <= EDGE + most, f"{path}\n" + "\n".join(seen)
