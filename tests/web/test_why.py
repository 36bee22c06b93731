"""Why here? The rule, its words in the text, what nearly matched, and what has changed since."""

import re
from datetime import timedelta

import pytest

from app.bootstrap import Services
from app.core.clock import utc_now
from app.routing import versions
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.scene import Scene

RULES = """
[[rule]]
name = "Parcels abroad"
words = ["parcel*"]
languages = ["fr"]
team = "marketing"

[[rule]]
name = "Urgent"
note = "Asked for by the shop"
words = ["urgent"]
priority = "high"
tags = ["Hurry"]
continue = true

[[rule]]
name = "Parcels"
words = ["parcel*", "never arrived"]
team = "customer_service"
"""


@pytest.fixture
def source() -> str:
    """The rules in force."""
    return RULES


@pytest.fixture
def talk(parts: Services, platform: Platform, source: str) -> str:
    """The address of one routed conversation."""
    with parts.db.write() as session:
        versions.install(session, source, utc_now())
    scene = Scene(parts, platform)
    platform.say("Eva", "Urgent! My <b>parcels</b> never arrived.", utc_now() - timedelta(hours=1))
    scene.collect()
    with parts.db.read() as session:
        from app.inbox import queries
        from app.inbox.types import ConversationState, ListFilter

        (row,) = queries.rows(session, ListFilter(ConversationState.NEW))
    return str(row.id)


def test_the_words_that_counted_are_marked(agent: Browser, talk: str) -> None:
    page = agent.get(f"/routing/why/{talk}")
    for marked in ("<mark>Urgent</mark>", "<mark>parcels</mark>", "<mark>never arrived</mark>"):
        assert marked in page.text
    assert "&lt;b&gt;" in page.text
    said = words(page)
    assert "Routed to Customer service by the rule “Parcels”" in said
    assert "Also matched: Urgent." in said
    assert "Asked for by the shop" in said
    assert "Parcels abroad : this was missing: It is written in French." in said
    assert "Today’s rules would decide the same." in said


@pytest.mark.parametrize("source", ['[[rule]]\nname = "Mail"\nwords = ["parcel*"]\ntags = ["post"]\n'])
def test_a_rule_that_names_no_team_did_not_send_it_there(agent: Browser, talk: str) -> None:
    said = words(agent.get(f"/routing/why/{talk}"))
    assert "The rule “Mail” matched and names no team, so it went to the page’s own, Customer service." in said
    assert "It saw “parcels”." in said


def test_today_another_rule_may_match_and_name_no_team(agent: Browser, parts: Services, talk: str) -> None:
    with parts.db.write() as session:
        source = '[[rule]]\nname = "Mail"\nwords = ["parcel*"]\ntags = ["post"]\n'
        versions.install(session, source, utc_now())
    said = words(agent.get(f"/routing/why/{talk}"))
    assert "Customer service, as the rule “Mail” matches and names no team." in said


def test_it_says_what_has_changed_since(agent: Browser, parts: Services, talk: str) -> None:
    with parts.db.write() as session:
        versions.install(session, '[[rule]]\nname = "All"\nwords = ["parcel*"]\nteam = "marketing"\n', utc_now())
    said = words(agent.get(f"/routing/why/{talk}"))
    assert "The rules: another version is in force." in said
    assert "Today’s rules would say: Marketing, by the rule “All”." in said
    assert "Parcels abroad" in said


def test_beside_the_conversation_it_unfolds(agent: Browser, talk: str) -> None:
    page = agent.get(f"/inbox/{talk}?view=all").text
    assert f'hx-get="/routing/why/{talk}"' in page
    assert 'data-key="w"' in page
    assert "Hurry" in page
    part = agent.get(f"/routing/why/{talk}", headers={"HX-Request": "true"}).text
    assert "<mark>" in part
    assert "<html" not in part


def test_only_those_who_may_read_the_inbox_are_told(browser: Browser, agent: Browser, talk: str) -> None:
    assert browser.get(f"/routing/why/{talk}").status_code == 302
    assert agent.get("/routing/why/1").status_code == 404


def test_the_thread_ends_with_what_happened_in_order(agent: Browser, talk: str) -> None:
    for act in ("take", "resolve", "reopen"):
        version = re.findall(r'name="version" value="(\d+)"', agent.get(f"/inbox/{talk}").text)[0]
        agent.post(f"/inbox/{talk}/{act}", version=version)
    page = agent.get(f"/inbox/{talk}")
    thread = words(page).split("Why here")[0]
    steps = ["2 steps before", "by the rule “Parcels”", "took it.", "marked it as done.", "opened it again."]
    assert [thread.index(step) for step in steps] == sorted(thread.index(step) for step in steps)
