"""The lists: who is in which, in what order, how they go on, and what an empty one says."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors import errors
from app.core.clock import utc_now
from app.inbox import service as inbox
from app.pages import leases
from app.web.inbox.place import mark
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

Crew = dict[Role, int]


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: Crew) -> Scene:
    return Scene(parts, platform)


def listed(browser: Browser, path: str) -> list[str]:
    """The persons in the list, from top to bottom."""
    answer = browser.get(path)
    assert answer.status_code == 200
    found = re.findall(r'<span class="row-person cut" dir="auto">([^<]*)</span>', answer.text)
    return [str(one) for one in found]


def test_the_front_door_leads_to_the_inbox(agent: Browser) -> None:
    assert agent.get("/").location == "/inbox"
    assert agent.get("/inbox").status_code == 200


def test_whoever_waits_longest_stands_on_top(scene: Scene, agent: Browser) -> None:
    for name, minutes in (("Young", 1), ("Oldest", 500), ("Middle", 30)):
        scene.say(name, "Hello?", minutes_ago=minutes)
    scene.collect()
    assert listed(agent, "/inbox") == ["Oldest", "Middle", "Young"]


def test_each_view_shows_its_own(scene: Scene, app: Flask, crew: Crew, agent: Browser) -> None:
    mine, theirs, nobodys = (scene.heard(name, "Hello?") for name in ("Mine", "Theirs", "Nobodys"))
    with scene.parts.db.write() as session:
        inbox.take(session, scene.actor("agent"), mine, None, utc_now())
        inbox.take(session, scene.actor("marketer"), theirs, None, utc_now())
        inbox.move(
            session,
            inbox.open_for(session, scene.actor("agent"), nobodys, None),
            scene.team("marketing"),
            scene.actor("agent"),
            utc_now(),
        )
    assert listed(agent, "/inbox?view=team") == ["Mine", "Theirs"]
    assert listed(agent, "/inbox?view=mine") == ["Mine"]
    assert listed(agent, "/inbox?view=unassigned") == ["Nobodys"]
    assert listed(agent, "/inbox?view=all") == ["Mine", "Theirs", "Nobodys"]
    assert listed(signed_in(app, Role.MARKETER), "/inbox?view=mine") == ["Theirs"]


def test_tabs_and_spam(scene: Scene, agent: Browser) -> None:
    done, spam = scene.heard("Done", "Thanks!"), scene.heard("Spammer", "Buy!")
    scene.heard("New", "Hello?")
    with scene.parts.db.write() as session:
        inbox.resolve(session, scene.actor("agent"), done, None, utc_now())
        inbox.set_aside(session, scene.actor("agent"), spam, None, utc_now())
    assert listed(agent, "/inbox") == ["New"]
    assert listed(agent, "/inbox?view=all&state=done") == ["Done"]
    assert listed(agent, "/inbox?view=all&state=waiting") == []
    assert listed(agent, "/inbox?view=spam") == ["Spammer"]


def test_a_long_list_goes_on_without_script_and_with_it(scene: Scene, agent: Browser) -> None:
    for number in range(120):
        scene.say(f"P{number:03}", "Hello?", minutes_ago=1000 - number)
    scene.collect()
    seen: list[str] = []
    path = "/inbox?view=all"
    for _page in range(3):
        answer = agent.get(path).text
        seen += re.findall(r'<span class="row-person cut" dir="auto">([^<]*)</span>', answer)
        more = re.search(r'id="more">\s*<a [^>]*href="([^"]+)"', answer)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
        part = agent.get(path, headers={"HX-Request": "true", "HX-Target": "more"}).text
        assert part.count('<li id="row-') <= 50
        assert "<html" not in part
    assert seen == [f"P{number:03}" for number in range(120)]


def test_only_one_page_when_asked(scene: Scene, agent: Browser) -> None:
    other = Scene(scene.parts, scene.platform, name="Other blog", address="memory:other")
    scene.heard("Here", "Hello?")
    assert listed(agent, f"/inbox?view=all&page={scene.page_id}") == ["Here"]
    answer = agent.get(f"/inbox?view=all&page={other.page_id}")
    assert "Without them the list may have something" in words(answer)


def test_an_address_that_makes_no_sense_shows_the_usual_list(scene: Scene, agent: Browser) -> None:
    scene.heard("Bob", "Hello?")
    for query in (
        "view=nonsense",
        "state=spam",
        "state=%00",
        "page=x",
        "page=-1",
        "page=99999999999999999999",
        "page=99999999999",
        "page=%E0%A5%AA",
        "view=%F0%9F%92%A1",
        "after=x~y",
        "after=~",
        "after=0001-01-01T00:00:00%2B14:00~1",
        "after=2026-01-01T00:00:00~1",
        "after=9999-12-31T23:59:59-14:00~999999999999999999",
        "open=99999999999999999999999999",
    ):
        assert agent.get(f"/inbox?{query}").status_code == 200, query


def test_a_conversation_that_is_not_there(scene: Scene, agent: Browser) -> None:
    for number in ("0", "-1", "abc", "9223372036854775808", "99999999999999999999999"):
        assert agent.get(f"/inbox/{number}").status_code == 404, number


def test_the_row_says_what_matters(scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Bob", "My lawyer will hear of this", minutes_ago=125)
    with scene.parts.db.write() as session:
        inbox.take(session, scene.actor("marketer"), talk, None, utc_now())
    row = words(agent.get("/inbox?view=all"))
    for part in ("Bob", "My lawyer will hear of this", "Memory", "Garden blog", "Spring", "2 h", "High", "Marketer"):
        assert part in row


class TestEmpty:
    def test_no_page_yet(self, agent: Browser, admin: Browser) -> None:
        assert "No page is connected yet" in words(agent.get("/inbox"))
        assert "Connect a page" not in words(agent.get("/inbox"))
        assert "Connect a page" in words(admin.get("/inbox"))

    def test_first_read_still_to_come(self, scene: Scene, agent: Browser) -> None:
        assert "Reading for the first time" in words(agent.get("/inbox"))

    def test_done(self, scene: Scene, agent: Browser) -> None:
        scene.collect()
        assert "Nobody waits" in words(agent.get("/inbox"))

    def test_a_failed_read_never_looks_like_an_empty_inbox(self, scene: Scene, agent: Browser) -> None:
        scene.collect()
        with scene.parts.db.write() as session:
            claim = leases.claim_read(session, scene.page_id, utc_now(), force=True)
            assert claim is not None
            leases.record_failure(session, claim, utc_now(), errors.UNREACHABLE, "no route")
        answer = words(agent.get("/inbox"))
        assert "something may be missing" in answer
        assert "Nobody waits" not in answer
        assert "Last read completely" in answer
        scene.platform.say("Bob", "Hello?", utc_now() - timedelta(minutes=3))

    def test_the_end_of_a_list(self, scene: Scene, agent: Browser) -> None:
        scene.collect()
        after = mark(utc_now(), 1).replace("+", "%2B")
        assert "end of the list" in words(agent.get(f"/inbox?view=all&after={after}"))

    def test_in_no_team(self, scene: Scene, app: Flask, crew: Crew) -> None:
        with scene.parts.db.write() as session:
            accounts.create_user(
                session, login="loner", role=Role.AGENT, password="correct horse battery", now=utc_now()
            )
        scene.collect()
        loner = Browser(app)
        loner.sign_in("loner")
        assert "Everything" in words(loner.get("/inbox"))
        assert "You are in no team yet" in words(loner.get("/inbox?view=team"))


def test_news_says_how_many_and_how_known_rows_are_now(scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Bob", "Hello?")
    version = scene.version(talk)
    since = utc_now().isoformat().replace("+", "%2B")
    quiet = agent.get(f"/inbox/news?view=all&since={since}&shown={talk}.{version}").text
    assert "news-pill" not in quiet
    assert "row-person" not in quiet
    scene.heard("Ann", "Me too")
    with scene.parts.db.write() as session:
        inbox.take(session, scene.actor("marketer"), talk, None, utc_now())
    told = agent.get(f"/inbox/news?view=all&since={since}&shown={talk}.{version}")
    assert "1 new" in words(told)
    assert "Marketer" in words(told)
    for shown in ("x", "1.", ".1", "1.x", "1.1," * 500, "99999999999999999999.1"):
        assert agent.get(f"/inbox/news?shown={shown}").status_code == 200


def test_what_a_person_said_stands_in_their_conversation_however_long_the_thread(
    scene: Scene, agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.inbox.talks.SHOWN_AT_FIRST", 3)
    first = scene.say("Ann", "Mine is late.", minutes_ago=95)
    asked = scene.say("Bob", "Where is my order?", minutes_ago=90, parent=first)
    for number in range(5):
        scene.say(f"Visitor {number}", f"Me too {number}", minutes_ago=80 - number, parent=asked)
    scene.collect()
    address, part = f"/inbox/{scene.talk_with(asked)}", {"HX-Request": "true", "HX-Target": "talk"}
    page = words(agent.get(address, headers=part))
    assert "Where is my order?" in page
    assert "Mine is late." in page, "what they answer to"
    assert "Your reply goes here" in page
    assert ("Me too 4" in page, "Me too 3" in page, "Me too 2" in page) == (True, True, False)
    assert "Earlier comments of this thread" in page
    whole = agent.get(f"{address}?view=all&whole=1", headers=part)
    assert "Me too 0" in words(whole)
    assert "Earlier comments" not in words(whole)
    assert f'data-href="{address}?whole=1&amp;view=all"' in whole.text, "it stays unfolded when it is read again"
    monkeypatch.setattr("app.inbox.threads.THREAD_LIMIT", 4)
    assert "What is older stands at the page." in words(agent.get(f"{address}?whole=1", headers=part))


def test_a_line_kept_from_before_is_not_shown_for_another(scene: Scene, app: Flask, crew: Crew, agent: Browser) -> None:
    """Lines are kept in the process: other readers, languages, changes and open ones must not get each other's."""
    talk = scene.heard("Ann", "Hello?")
    seen = {name: agent.get("/inbox?view=all").text for name in ("first", "again")}
    assert "Waits for you:" in seen["again"]
    opened = f'hx-get="/inbox/{talk}?view=all" aria-current="true"'
    assert opened not in seen["again"]
    assert opened in agent.get(f"/inbox/{talk}?view=all").text
    assert f"/inbox/{talk}?view=unassigned" in agent.get("/inbox?view=unassigned").text
    narrowed = agent.get(f"/inbox?view=all&page={scene.page_id}&kind=first&guided=1").text
    address = f"/inbox/{talk}?view=all&amp;page={scene.page_id}&amp;kind=first&amp;guided=1"
    assert f'<a href="{address}" hx-get="{address}"' in narrowed
    assert f'<a href="/inbox/{talk}?view=all" hx-get="/inbox/{talk}?view=all"' in agent.get("/inbox?view=all").text
    assert "Wartet auf dich:" in agent.get("/inbox?view=all", headers={"Accept-Language": "de"}).text
    with scene.parts.db.write() as session:
        inbox.take(session, scene.actor("marketer"), talk, None, utc_now())
    asked = [one.get("/inbox?view=all").text for one in (agent, signed_in(app, Role.MARKETER))]
    assert ["Waits for you:" in one for one in asked] == [False, True]
