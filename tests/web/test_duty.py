"""Saying that one is there, and saying how conversations find their person."""

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.duty import queries
from app.duty.types import Availability, Mode
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def test_an_agent_says_that_they_are_there(agent: Browser, parts: Services, crew: dict[Role, int]) -> None:
    assert "Who is there" in words(agent.get("/duty"))
    assert agent.post("/duty/availability", availability="online").status_code == 303
    with parts.db.read() as session:
        assert queries.availability(session, crew[Role.AGENT], utc_now())[0] is Availability.ONLINE
    answer = agent.post("/duty/seen")
    assert answer.json == {"availability": "online", "text": "There"}
    assert agent.post("/duty/availability", availability="asleep").status_code == 422


def test_supervisors_say_how_a_team_gives_out(supervisor: Browser, parts: Services) -> None:
    typed = {"mode": "least_loaded", "back_after": "45", "hours": "mo-fr 09:00-17:00 Europe/Berlin", "days_off": ""}
    assert supervisor.post("/duty/teams/1", **typed).status_code == 303
    with parts.db.read() as session:
        way = queries.ways(session)[1]
    assert (way.mode, way.back_after_minutes) == (Mode.LEAST_LOADED, 45)
    assert "45 minutes" in words(supervisor.get("/duty"))
    refused = supervisor.post("/duty/teams/1", **(typed | {"hours": "nine to five"}))
    assert refused.status_code == 422
    assert "“nine to five” are no hours" in words(refused)
    assert 'value="nine to five"' in refused.text
    assert supervisor.get("/duty/teams/99").status_code == 404


def test_supervisors_say_what_somebody_takes_on(supervisor: Browser, parts: Services, crew: dict[Role, int]) -> None:
    path = f"/duty/people/{crew[Role.AGENT]}"
    typed = {"capacity": "7", "languages": "en, DE", "skills": "billing, Press", "hours": ""}
    assert supervisor.post(path, **typed).status_code == 303
    assert 'value="en, de"' in supervisor.get(path).text
    assert supervisor.post(path, **(typed | {"per_hour": "4"})).status_code == 303
    assert 'value="4"' in supervisor.get(path).text
    refused = supervisor.post(path, **(typed | {"capacity": "lots"}))
    assert refused.status_code == 422
    assert "whole number from 1 to 500" in words(refused)


def test_agents_see_it_and_cannot_change_it(agent: Browser, crew: dict[Role, int]) -> None:
    assert "How Customer service gives out" not in words(agent.get("/duty"))
    assert agent.post("/duty/teams/1", mode="by_hand").status_code == 403
    assert agent.get(f"/duty/people/{crew[Role.AGENT]}").status_code == 403
