"""The model on screen: what it may do alone, who answers what, its words, its versions, the report."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.inbox.models import Conversation
from app.learning import queries, report, runner, service
from app.learning.report import Decided
from app.learning.types import LANGUAGES, Kind, NewExample
from app.routing import language, proposals, versions
from app.routing import queries as routing
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

MODEL = "/routing/model"


@pytest.fixture
def scene(parts: Services, platform: Platform) -> Scene:
    """A page, a few comments, and a model that knows sweet from salty."""
    with parts.db.write() as session:
        given = [NewExample(f"nougat caramel {at}", "marketing") for at in range(15)]
        given += [NewExample(f"gherkin brine {at}", "customer_service") for at in range(15)]
        service.add_examples(session, given, utc_now())
    runner.refit(parts.db)
    made = Scene(parts, platform)
    for number, text in enumerate(("Gherkin, brine", "My parcel never arrived", "Nougat")):
        platform.say(f"Visitor {number}", text, utc_now() - timedelta(hours=number + 1))
    made.collect()
    return made


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


@pytest.fixture
def agent(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.AGENT)


def test_versions_are_shown_and_gone_back_to(scene: Scene, supervisor: Browser, parts: Services) -> None:
    page = supervisor.get(MODEL)
    assert "Version 1" in page.text
    assert "Not sure enough yet." in page.text
    supervisor.post(f"{MODEL}/versions/0/use")
    with parts.db.read() as session:
        assert queries.in_use(session).version_id is None
    assert "Nothing is learned yet" in supervisor.get(MODEL).text
    supervisor.post(f"{MODEL}/versions/1/use")
    with parts.db.read() as session:
        assert queries.in_use(session).version_id == 1
    assert supervisor.post(f"{MODEL}/versions/7/use").status_code == 404


def test_who_answers_what_is_chosen(scene: Scene, supervisor: Browser, parts: Services) -> None:
    supervisor.post(f"{MODEL}/kinds", praise="customer_service", spam="spam")
    with parts.db.read() as session:
        chosen = queries.destinations(session)
    assert chosen[Kind.PRAISE] == "customer_service"
    assert chosen[Kind.CHATTER] == "marketing"
    page = supervisor.get(MODEL).text
    assert page.count("Asks about everything") == 2, "marketing and customer service"
    runner.refit(parts.db)
    assert "Asks about everything" not in supervisor.get(MODEL).text
    assert supervisor.post(f"{MODEL}/kinds", praise="moon").status_code == 422


def test_a_team_is_asked_about_always_and_trusted_again(scene: Scene, supervisor: Browser, parts: Services) -> None:
    supervisor.post(f"{MODEL}/automatic/marketing", allowed="no")
    assert "Switched off." in supervisor.get(MODEL).text
    supervisor.post(f"{MODEL}/automatic/marketing", allowed="yes")
    assert "Switched off." not in supervisor.get(MODEL).text
    assert supervisor.post(f"{MODEL}/automatic/moon", allowed="no").status_code == 404


def test_word_lists_are_changed_and_brought_back(supervisor: Browser, parts: Services) -> None:
    assert "refund*" in supervisor.get(f"{MODEL}/words/en").text
    wrong = supervisor.post(f"{MODEL}/words/en", source="praise = [")
    assert wrong.status_code == 422
    assert "praise = [" in wrong.text
    supervisor.post(f"{MODEL}/words/en", source='praise = ["kerplunk"]')
    assert "kerplunk" in supervisor.get(f"{MODEL}/words/en").text
    supervisor.post(f"{MODEL}/words/en", reset="yes")
    assert "kerplunk" not in supervisor.get(f"{MODEL}/words/en").text
    assert supervisor.get(f"{MODEL}/words/xx").status_code == 404


def test_agents_look_and_don_t_touch(scene: Scene, agent: Browser) -> None:
    page = agent.get(MODEL)
    assert page.status_code == 200
    assert "Use it" not in page.text
    assert agent.post(f"{MODEL}/versions/0/use").status_code == 403
    assert agent.post(f"{MODEL}/kinds", praise="spam").status_code == 403
    assert agent.post(f"{MODEL}/words/en", source="").status_code == 403


def test_the_report_says_what_people_did(scene: Scene, supervisor: Browser, agent: Browser, parts: Services) -> None:
    assert "Nobody has decided anything yet" in supervisor.get(f"{MODEL}/report").text
    with parts.db.read() as session:
        query = select(Conversation.id, Conversation.version).where(Conversation.snippet.like("My parcel%"))
        talk, version = session.execute(query).one()
    moved = agent.post(f"/inbox/{talk}/hand-over", team=scene.team("marketing"), reason="", version=version)
    assert moved.status_code in (200, 303), moved.text
    page = supervisor.get(f"{MODEL}/report")
    assert "Orders and deliveries" in page.text
    assert "100.0 %" in page.text
    assert "Brought there, belonged there" in page.text


def test_a_conversation_says_what_the_model_thinks(scene: Scene, agent: Browser, parts: Services) -> None:
    with parts.db.read() as session:
        talk = session.scalars(select(Conversation.id).where(Conversation.snippet == "Gherkin, brine")).one()
    assert "It looks like something for" in agent.get(f"/inbox/{talk}").text
    story = agent.get(f"/routing/why/{talk}")
    assert "The model took it for" in story.text
    assert "gherkin" in story.text


def decided(first: str, last: str, rule: str | None, text: str) -> Decided:
    return Decided(first, last, rule, False, "en", "Blog", "marketing", 0.8, timedelta(hours=2), text)


def test_a_rule_that_is_corrected_often_gets_a_proposal(supervisor: Browser, parts: Services) -> None:
    name = "Orders and deliveries"
    kept = [decided("customer_service", "customer_service", name, f"parcel {at}") for at in range(26)]
    moved = [decided("customer_service", "marketing", name, f"when is the giveaway of parcel {at}") for at in range(14)]
    found = report.of(kept + moved)
    (one,) = found.proposals
    assert (one.corrected, one.decided, one.team, one.word, one.with_word) == (14, 40, "marketing", "giveaway", 14)
    assert found.lost == timedelta(hours=2)
    assert (found.places, found.confusion) == (("customer_service", "marketing"), ((26, 14), (0, 0)))
    assert [(line.name, line.stayed, line.model_right) for line in found.rules] == [(name, 26, 14)]
    made = supervisor.post(f"{MODEL}/report/propose", rule=name, team="marketing", word="giveaway")
    number = int(made.headers["Location"].rsplit("/", 1)[1])
    with parts.db.write() as session:
        source = routing.version(session, number).source
        assert '"giveaway"' in source
        assert proposals.still_open(session, [one, replace(one, rule="gone")]) == [one]
        versions.install(session, source, utc_now())
        assert proposals.still_open(session, [one]) == [], "it is in force now"
    assert supervisor.post(f"{MODEL}/report/propose", rule="gone", team="marketing", word="x").status_code == 422


def test_comments_are_told_apart_between_the_languages_that_were_chosen(
    supervisor: Browser, agent: Browser, parts: Services
) -> None:
    assert "All that are likely" in words(supervisor.get(MODEL))
    with parts.db.write() as session:
        service.choose_languages(session, ["de", "nl"], utc_now(), None)
    with parts.db.read() as session:
        chosen = queries.in_use(session).languages
    assert chosen == {"de", "nl"}
    assert language.detect("Where on earth is my parcel now?", chosen) in chosen
    assert "2 languages are chosen" in words(supervisor.get(MODEL))
    refused = supervisor.post(f"{MODEL}/languages", language="de")
    assert refused.status_code == 422
    assert "at least two" in words(refused)
    assert supervisor.post(f"{MODEL}/languages", language="xx").status_code == 422
    assert agent.post(f"{MODEL}/languages").status_code == 403
    assert supervisor.post(f"{MODEL}/languages").status_code == 303
    with parts.db.read() as session:
        assert queries.in_use(session).languages == LANGUAGES
