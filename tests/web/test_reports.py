"""The report on the screen, who sees whose, and what goes to a spreadsheet."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.pages.models import Page
from app.reports import counting
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_inbox_statements import EDGE, statements


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def count(scene: Scene) -> None:
    with scene.parts.db.write() as session:
        while counting.work(session, utc_now()):
            pass


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    """A page we have looked after for long, and whose name a spreadsheet would run."""
    made = Scene(parts, platform, name="=cmd()", now=utc_now())
    with parts.db.write() as session:
        session.execute(update(Page).values(created_at=utc_now() - timedelta(days=9)))
    return made


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_from_nothing_to_a_month(supervisor: Browser, agent: Browser, scene: Scene) -> None:
    empty = words(supervisor.get("/reports"))
    assert "Nothing in this period" in empty
    assert "Customer service 0" in empty
    talk = scene.heard("Maria", "When do you open?", minutes_ago=95)
    scene.heard("Ken", "And when do you close?", minutes_ago=30)
    agent.post(f"/inbox/{talk}/reply", text="At nine", version=scene.version(talk), key="k1")
    count(scene)
    page = supervisor.get("/reports")
    shown = words(page)
    assert "Conversations 2" in shown
    assert "Answered 50%" in shown
    assert "1 h 38 min" in shown
    assert page.text.count("<svg viewBox") >= 2
    for by in ("agent", "team", "page", "platform", "campaign", "tag", "nonsense"):
        for figure in ("next_reply", "resolution", "what"):
            assert supervisor.get(f"/reports?by={by}&figure={figure}&since=never&until=9999-01-01").status_code == 200
    assert "Customer service 1" in words(supervisor.get("/reports/now"))
    one = supervisor.get(f"/reports?by=page&of={scene.page_id}")
    assert "<h1><bdi>=cmd()</bdi></h1>" in one.text
    for nobody in ("999", "x", "-1", "99999999999999999999"):
        assert supervisor.get(f"/reports?by=page&of={nobody}").status_code == 404


def test_a_spreadsheet_runs_nothing(supervisor: Browser, scene: Scene) -> None:
    scene.heard("Maria", "When do you open?")
    count(scene)
    answer = supervisor.get("/reports/lines.csv?by=page")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="report-pages-')
    (line,) = rows(answer.text)
    assert line["page"] == "'=cmd()"
    assert (line["conversations"], line["first_reply_count"], line["first_reply_median_minutes"]) == ("1", "0", "")
    by_day = rows(supervisor.get("/reports/days.csv").text)
    assert len(by_day) == 28
    assert sum(int(one["conversations"]) for one in by_day) == 1


def test_agents_see_themselves(agent: Browser, scene: Scene, crew: dict[Role, int]) -> None:
    talk = scene.heard("Maria", "When do you open?")
    agent.post(f"/inbox/{talk}/reply", text="At nine", version=scene.version(talk), key="k1")
    count(scene)
    shown = words(agent.get(f"/reports?by=agent&of={crew[Role.ADMIN]}"))
    assert "Agent" in shown
    assert "One by one" not in shown
    assert "5 min" in shown
    assert agent.get("/reports/lines.csv?by=agent").status_code == 403
    assert agent.get("/reports/now").status_code == 403
    theirs = rows(agent.get("/reports/days.csv?by=all").text)
    assert sum(int(one["first_reply_count"]) for one in theirs) == 1


@pytest.mark.parametrize("size", [1, 12])
def test_a_report_costs_the_same_however_much_there_is(supervisor: Browser, scene: Scene, size: int) -> None:
    for number in range(size):
        scene.say(f"Person {number}", "Hello")
    scene.collect()
    count(scene)
    for path, most in (("/reports", 12), (f"/reports?by=page&of={scene.page_id}", 7), ("/reports/now", 6)):
        with statements(scene) as seen:
            assert supervisor.get(path).status_code == 200
        assert len(seen) <= EDGE + most, "\n".join(seen)
