"""Looking after accounts on the screen: who may, what a link does, and what happens when somebody leaves."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app.accounts import queries, staff
from app.accounts import service as accounts
from app.accounts.types import Actor, PersonTyped, Role
from app.audit import queries as audit
from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.errors import Conflict
from app.inbox.types import ConversationState
from tests.domain.platform import Platform
from tests.web.browser import PASSWORD, Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

NEW = {"login": "Dana", "name": "Dana Brandt", "role": "agent"}


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


def link_in(page: str) -> str:
    found = re.search(r'value="[^"]*(/welcome/[^"]+)"', page)
    assert found is not None
    return found[1]


def test_somebody_added_chooses_a_password_once(app: Flask, admin: Browser, parts: Services) -> None:
    page = admin.post("/people/add", **NEW, team=1, time_zone="Europe/Berlin")
    assert page.status_code == 200
    link = link_in(page.text)
    assert "Dana Brandt" in words(page)
    assert link not in admin.get("/people").text

    dana = Browser(app)
    assert "For the login dana." in words(dana.get(link))
    assert dana.post(link, password="short", again="short").status_code == 422
    assert dana.post(link, password=PASSWORD, again="another one").status_code == 422
    assert dana.post(link, password=PASSWORD, again=PASSWORD).location == "/inbox"
    assert dana.get("/account").status_code == 200
    assert Browser(app).get(link).status_code == 403
    again = Browser(app)
    again.get("/sign-in")
    assert again.post(link, password=PASSWORD, again=PASSWORD).status_code == 403
    assert Browser(app).sign_in("dana").status_code == 303
    with parts.db.read() as session:
        told = [line.action for line in audit.lines(session) if line.action.startswith("accounts:")]
    assert told == ["accounts:user:added", "accounts:link:made", "accounts:link:used"]


def test_a_new_link_voids_the_one_before_and_ends_sessions_only_when_used(
    app: Flask, admin: Browser, crew: dict[Role, int]
) -> None:
    agent = signed_in(app, Role.AGENT)
    first = link_in(admin.post(f"/people/{crew[Role.AGENT]}/link").text)
    second = link_in(admin.post(f"/people/{crew[Role.AGENT]}/link").text)
    assert Browser(app).get(first).status_code == 403
    assert agent.get("/account").status_code == 200
    other = Browser(app)
    other.get(second)
    other.post(second, password="a quite new one", again="a quite new one")
    assert agent.get("/account").status_code == 302
    assert Browser(app).sign_in("agent").status_code == 422
    assert Browser(app).sign_in("agent", "a quite new one").status_code == 303


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"login": ""}, "Enter a login"),
        ({"login": "agent"}, "Somebody already has the login"),
        ({"login": "a b"}, "A login has 2 to 80"),
        ({"role": "king"}, "Choose a role."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"team": 99}, "Choose teams from the list."),
        ({"time_zone": "Mars/Base"}, "There is no such time zone."),
        ({"language": "tlh"}, "Choose one of the languages."),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_adds_nobody(admin: Browser, change: dict[str, object], said: str) -> None:
    page = admin.post("/people/add", **{**NEW, **change})
    assert page.status_code in (409, 422)
    assert said in words(page)
    assert "Dana" not in words(admin.get("/people"))


def test_role_teams_and_name_are_changed(app: Flask, admin: Browser, crew: dict[Role, int], parts: Services) -> None:
    agent = crew[Role.AGENT]
    typed = {"name": "Ann", "role": "supervisor", "team": 2, "language": "de"}
    assert admin.post(f"/people/{agent}", **typed).status_code == 303
    with parts.db.read() as session:
        ann = queries.person(session, agent)
    assert (ann.name, ann.role, ann.team_ids, ann.language) == ("Ann", Role.SUPERVISOR, frozenset({2}), "de")
    own = crew[Role.ADMIN]
    page = admin.post(f"/people/{own}", name="Me", role="agent")
    assert (page.status_code, "Nobody changes their own role" in words(page)) == (409, True)
    assert admin.post(f"/people/{own}", name="Me", role="admin").status_code == 303
    assert admin.post(f"/people/{own}/off").status_code == 409
    assert admin.get("/people/999").status_code == 404


def test_supervisors_see_and_agents_do_not(app: Flask, crew: dict[Role, int]) -> None:
    boss, agent = signed_in(app, Role.SUPERVISOR), signed_in(app, Role.AGENT)
    page = boss.get(f"/people/{crew[Role.AGENT]}")
    assert page.status_code == 200
    assert "/off" not in page.text
    assert 'name="role"' not in page.text
    assert agent.get(f"/people/{crew[Role.ADMIN]}").status_code == 403
    assert agent.get("/people").status_code == 200


def test_who_leaves_is_out_at_once_and_leaves_nothing_behind(
    app: Flask, scene: Scene, admin: Browser, crew: dict[Role, int]
) -> None:
    agent = signed_in(app, Role.AGENT)
    waiting, done = scene.heard("Bob", "Where is it?"), scene.heard("Eve", "Thanks")
    for talk in (waiting, done):
        agent.get(f"/inbox/{talk}")
        agent.post(f"/inbox/{talk}/take", version=scene.version(talk))
    agent.post(f"/inbox/{waiting}/note", text="I asked the warehouse")
    agent.post(f"/inbox/{done}/resolve", version=scene.version(done))
    left = admin.post(f"/people/{crew[Role.AGENT]}/off")
    assert left.status_code == 303
    assert "1 conversation waits for anyone again." in words(admin.get(str(left.location)))
    assert agent.get("/inbox").status_code == 302
    assert Browser(app).sign_in("agent").status_code == 422
    for talk, state in ((waiting, ConversationState.NEW), (done, ConversationState.DONE)):
        now = scene.talk(talk, "admin")
        assert (now.assignee_id, now.state) == (None, state)
    page = words(admin.get(f"/inbox/{waiting}"))
    assert "I asked the warehouse" in page
    assert "put it back for anyone to take" in page
    assert admin.post(f"/people/{crew[Role.AGENT]}/link").status_code == 409
    assert admin.post(f"/people/{crew[Role.AGENT]}/on").status_code == 303
    assert Browser(app).sign_in("agent").status_code == 303


def test_two_admins_cannot_end_each_other(parts: Services, crew: dict[Role, int]) -> None:
    with parts.db.write() as session:
        second = accounts.create_user(session, login="second", role=Role.ADMIN, password=PASSWORD, now=utc_now())
    with parts.db.read() as session:
        both = [queries.person(session, crew[Role.ADMIN]), queries.person(session, second)]
    start = threading.Barrier(2)

    def end(pair: tuple[Actor, int]) -> bool:
        start.wait()
        try:
            with parts.db.write() as session:
                staff.switch_off(session, pair[0], pair[1], utc_now())
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(end, [(both[0], second), (both[1], crew[Role.ADMIN])])) == [False, True]
    with parts.db.read() as session:
        assert queries.admin_exists(session)


def test_teams_are_added_and_renamed(admin: Browser, parts: Services) -> None:
    assert admin.post("/people/teams", name="Öffentlichkeit & Presse").status_code == 303
    page = admin.post("/people/teams", name="öffentlichkeit & presse")
    assert (page.status_code, "There is already a team" in words(page)) == (409, True)
    with parts.db.read() as session:
        team = queries.team_by_key(session, "oeffentlichkeit_presse")
    assert team is not None
    assert admin.post(f"/people/teams/{team.id}", name="PR").status_code == 303
    assert admin.post("/people/teams/99", name="PR 2").status_code == 404
    with parts.db.read() as session:
        assert [one.name for one in queries.teams(session)] == ["Customer service", "Marketing", "PR"]


def test_a_name_in_latin_letters_or_none_makes_a_key(parts: Services, crew: dict[Role, int]) -> None:
    with parts.db.write() as session:
        boss = queries.person(session, crew[Role.ADMIN])
        for name in ("広報", "営業"):
            staff.add_team(session, boss, name, utc_now())
        keys = [team.key for team in queries.teams(session)]
    assert keys[-2:] == ["team", "team_2"]


def test_times_are_shown_in_the_zone_somebody_chose(agent: Browser, scene: Scene) -> None:
    talk = scene.heard("Bob", "Hello")
    assert " UTC" in agent.get(f"/inbox/{talk}").text
    assert agent.post("/account/language", language="", time_zone="Mars/Base").status_code == 422
    assert agent.post("/account/language", language="", time_zone="Asia/Kolkata").status_code == 303
    page = agent.get(f"/inbox/{talk}").text
    assert " UTC" not in page
    assert 'data-zone="Asia/Kolkata"' in page


def test_the_demonstration_is_left_alone(parts: Services, crew: dict[Role, int]) -> None:
    with parts.db.write() as session:
        boss = queries.person(session, crew[Role.ADMIN])
        pretend = accounts.create_user(session, login="demo1", role=Role.AGENT, password=None, now=utc_now(), demo=True)
        with pytest.raises(Conflict):
            staff.change(session, boss, pretend, PersonTyped("x", "agent", frozenset()), utc_now())
        with pytest.raises(Conflict):
            staff.new_link(session, boss, pretend, utc_now())
