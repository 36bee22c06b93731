"""The story of the blogger, from both sides of the house, and the doors that programs come in by."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.ports import Author, Item, Post
from app.core.clock import utc_now
from app.outreach.models import HeldAct, Outreach
from app.outreach.types import HeldState, OutreachState, Stance
from app.texts import service as texts
from app.texts.types import Wording
from tests.domain.platform import Platform
from tests.web.browser import PASSWORD, Browser, words
from tests.web.scene import Scene

NO = "Unfortunately, we cannot accept your blog."
INVITED = {
    "kind": "invitation",
    "stance": "courting",
    "name": "Anna’s honey cake blog",
    "site": "https://honigkuchen.blogspot.com/2026/03/lebkuchen.html",
    "account": "",
    "email": "",
    "message": "Come to our tasting on Friday!",
    "since": "",
    "until": "",
}
DECLINED = {"kind": "affiliate", "stance": "declining", "name": "A honey blog", "message": NO}


@dataclass
class House:
    """PR and affiliate marketing, each with one person, and an admin."""

    parts: Services
    client: FlaskClient
    pr: Browser
    affiliate: Browser
    admin: Browser
    teams: dict[str, int]
    people: dict[str, int]

    def call(self, path: str, body: Mapping[str, object] | bytes, **headers: str) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, data=data, headers={name.replace("_", "-"): one for name, one in headers.items()})

    def signed(self, path: str, secret: str, body: Mapping[str, object]) -> TestResponse:
        data = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
        return self.call(path, data, Porchlight_Signature=f"sha256={signature}")

    def program(self, way: str) -> tuple[str, str]:
        """A program of affiliate marketing's: where it calls, and its secret."""
        form = {"name": "Network", "team": self.teams["affiliate"], "owner": self.people["aff"], "way": way}
        page = self.admin.post("/outreach/programs", **form)
        assert page.status_code == 200
        secret, address = (unescape(one) for one in re.findall(r'class="mono">([^<]+)<', page.text)[:2])
        assert secret not in self.admin.get("/outreach/programs").text
        return "/" + address.split("/", 3)[3], secret

    def held(self) -> list[HeldAct]:
        with self.parts.db.read() as session:
            return list(session.scalars(select(HeldAct).order_by(HeldAct.id)))

    def outreach(self) -> list[tuple[OutreachState, Stance]]:
        with self.parts.db.read() as session:
            return [(one.state, one.stance) for one in session.scalars(select(Outreach).order_by(Outreach.id))]


@pytest.fixture
def house(app: Flask, parts: Services, admin: Browser, crew: dict[Role, int]) -> House:
    with parts.db.write() as session:
        teams = {key: accounts.create_team(session, key=key, name=key.title()) for key in ("pr", "affiliate")}
        people = {
            login: accounts.create_user(
                session, login=login, name=name, role=Role.MARKETER, password=PASSWORD, teams=[team], now=utc_now()
            )
            for login, name, team in (("paula", "Paula", "pr"), ("aff", "Alfred", "affiliate"))
        }
    browsers = []
    for login in people:
        browser = Browser(app)
        assert browser.sign_in(login).status_code == 303
        browser.get("/account")
        browsers.append(browser)
    pr, affiliate = browsers
    return House(parts, app.test_client(), pr, affiliate, admin, teams, people)


def test_the_story_of_the_blogger(house: House) -> None:
    assert house.pr.post("/outreach/add", **INVITED, team=house.teams["pr"]).location == "/outreach"
    place, secret = house.program("signed")

    # The refusal arrives by a signed call, in another spelling; and is entered by page, in a third.
    called = house.signed(place, secret, DECLINED | {"site": "HTTP://WWW.HONIGKUCHEN.BLOGSPOT.COM./about", "id": "77"})
    assert (called.status_code, called.json["state"] if called.json else "") == (202, "held")
    typed = INVITED | DECLINED | {"site": "honigkuchen.blogspot.com"}
    by_page = house.affiliate.post("/outreach/add", **typed, team=house.teams["affiliate"])
    assert by_page.status_code == 303
    assert str(by_page.location).startswith("/outreach/held/")
    one, two = house.held()
    assert called.json
    assert called.json["held"].endswith(f"/outreach/held/{one.id}")

    # A neighbour on the same host is somebody else.
    assert house.signed(place, secret, DECLINED | {"site": "zimtstern.blogspot.com"}).status_code == 201

    # Both owners see both sides.
    for browser in (house.pr, house.affiliate):
        shown = words(browser.get(f"/outreach/held/{one.id}"))
        assert "Come to our tasting on Friday!" in shown
        assert NO in shown
        assert "Paula" in shown
        assert "Alfred" in shown
        assert "A honey blog" in words(browser.get("/outreach"))

    # They talk; the act waits; aligning changes the answer.
    assert house.pr.post(f"/outreach/held/{one.id}/say", text="She comes on Friday. Please wait.").status_code == 303
    assert "Please wait." in words(house.affiliate.get(f"/outreach/held/{one.id}"))
    stale = house.affiliate.post(f"/outreach/held/{one.id}/change", stance="courting", text="Welcome!", version=1)
    assert stale.status_code == 409
    still = house.affiliate.post(f"/outreach/held/{one.id}/change", stance="declining", text=NO, version=2)
    assert still.status_code == 422
    assert "still contradicts" in words(still)
    assert house.pr.post(f"/outreach/held/{one.id}/drop", version=2).status_code == 403
    done = house.affiliate.post(
        f"/outreach/held/{one.id}/change", stance="courting", text="Welcome to the programme!", version=2
    )
    assert done.status_code == 303
    assert house.outreach()[1] == (OutreachState.LIVE, Stance.COURTING)
    again = house.signed(place, secret, DECLINED | {"site": "HTTP://WWW.HONIGKUCHEN.BLOGSPOT.COM./about", "id": "77"})
    assert (again.status_code, again.json["state"] if again.json else "") == (200, "live")  # sent again, taken once

    # The other one is dropped.
    assert house.affiliate.post(f"/outreach/held/{two.id}/drop", version=1).status_code == 303
    assert [act.state for act in house.held()] == [HeldState.ALIGNED, HeldState.DROPPED]
    assert "A honey blog" in words(house.pr.get("/outreach/held"))


def test_punycode_is_the_same_site(house: House) -> None:
    house.pr.post("/outreach/add", **(INVITED | {"site": "www.bäckerei-blog.de"}), team=house.teams["pr"])
    place, token = house.program("token")
    body = DECLINED | {"site": "XN--BCKEREI-BLOG-GCB.de/kontakt"}
    called = house.call(place, body, Authorization=f"Bearer {token}")
    assert called.status_code == 202
    assert called.json
    assert "Agree, go on with a reason, or drop it" in called.json["message"]
    signed, secret = house.program("signed")
    assert house.signed(signed, secret, body | {"site": "http://Www.Bäckerei-Blog.de"}).status_code == 202
    by_page = house.affiliate.post("/outreach/add", **(INVITED | body), team=house.teams["affiliate"])
    assert str(by_page.location).startswith("/outreach/held/")


def test_a_door_opens_to_its_own_key_only(house: House) -> None:
    place, secret = house.program("signed")
    api, token = house.program("token")
    good = DECLINED | {"site": "a.example", "id": "1"}
    for status, answer in (
        (401, house.call(place, good)),
        (401, house.call(place, good, Porchlight_Signature="sha256=00")),
        (401, house.call(place, good, Porchlight_Signature="sha256=é")),
        (401, house.call(place, good, Authorization=f"Bearer {secret}")),
        (401, house.signed("/outreach/called/elsewhere", secret, good)),
        (401, house.signed("/outreach/called/elsewhere", "", good)),
        (401, house.call(api, good)),
        (401, house.call(api, good, Authorization="Bearer ")),
        (401, house.call(api, good, Authorization=f"Basic {token}")),
        (413, house.call(api, b"x" * 65_000, Authorization=f"Bearer {token}")),
        (422, house.call(api, b"[]", Authorization=f"Bearer {token}")),
        (422, house.call(api, b"\xff", Authorization=f"Bearer {token}")),
        (422, house.call(api, b"[" * 50_000, Authorization=f"Bearer {token}")),
        (422, house.call(api, good | {"site": 5}, Authorization=f"Bearer {token}")),
        (422, house.call(api, good | {"colour": "red"}, Authorization=f"Bearer {token}")),
        (422, house.call(api, good | {"site": ""}, Authorization=f"Bearer {token}")),
        (422, house.call(api, good | {"from": "yesterday"}, Authorization=f"Bearer {token}")),
        (201, house.call(api, good, Authorization=f"Bearer {token}")),
        (200, house.call(api, good, Authorization=f"bearer {token}")),
        (201, house.signed(place, secret, good)),
        (200, house.signed(place, secret, good)),
    ):
        assert answer.status_code == status, answer.text
    assert len(house.outreach()) == 2
    assert house.admin.post("/outreach/programs/2/switch", on="no").status_code == 303
    assert house.call(api, good, Authorization=f"Bearer {token}").status_code == 401


def test_a_file_says_what_came_of_each_line(house: House) -> None:
    house.pr.post("/outreach/add", **INVITED, team=house.teams["pr"])
    text = "kind,stance,name,site\naffiliate,declining,X,honigkuchen.blogspot.com\naffiliate,none,Y,b.example\n"
    page = house.affiliate.post("/outreach/file", team=house.teams["affiliate"], text=text)
    assert "1 line taken. 1 line could not be taken." in words(page)
    assert "Line 2 is held" in words(page)
    assert "Line 3: Choose how you stand" in words(page)
    assert house.affiliate.post("/outreach/file", team=house.teams["pr"], text=text).status_code == 422
    assert house.affiliate.post("/outreach/file", team=house.teams["affiliate"], text="").status_code == 422


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


def test_an_answer_that_turns_down_whom_pr_courts_is_held(house: House, scene: Scene, agent: Browser) -> None:
    anna = Author("Anna", "user:anna", "https://honigkuchen.blogspot.com", None)
    scene.put(Item("n9", Post("p1"), anna, "May I join?", scene.now))
    scene.collect()
    talk = scene.talk_with("n9")
    house.pr.post("/outreach/add", **INVITED, team=house.teams["pr"])
    form = {"text": NO, "key": "0123456789ab", "version": scene.version(talk)}
    by_script = agent.press(f"/inbox/{talk}/reply", {"HX-Request": "true"}, **form)
    held = house.held()[0]
    assert by_script.headers["HX-Redirect"] == f"/outreach/held/{held.id}"
    assert agent.post(f"/inbox/{talk}/reply", **form).location == f"/outreach/held/{held.id}"  # pressed twice
    assert "The answer of Agent is held: it contradicts what Pr does." in words(agent.get(f"/inbox/{talk}"))
    assert scene.replies(talk) == []
    kind = "Thank you! We will write to you next week."
    refused = agent.post(f"/outreach/held/{held.id}/go-on", reason="", version=1)
    assert refused.status_code == 422
    assert agent.post(f"/outreach/held/{held.id}/change", text=kind, version=1).status_code == 303
    assert [one.text for one in scene.replies(talk)] == [kind]
    scene.deliver()
    assert scene.platform.posted == [kind]
    contact = scene.talk(talk).contact_id
    assert f'hx-get="/outreach/beside/{contact}"' in agent.get(f"/inbox/{talk}").text
    beside = words(agent.get(f"/outreach/beside/{contact}", headers={"HX-Request": "true"}))
    assert "In touch with them Courting Pr Invitation · Paula" in beside
    assert "until further notice" in beside
    assert "Come to our tasting on Friday!" in words(agent.get(f"/outreach/of/{contact}"))


def test_a_refusal_in_everybodys_words_asks_for_a_personal_line(scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Ben", "May I join?")
    with scene.parts.db.write() as session:
        saved = texts.add(session, scene.actor("admin"), Wording("No", "no", f"Hello {{person}}! {NO}"), scene.now)
    form = {"key": "0123456789ab", "version": scene.version(talk), "saved": saved}
    refused = agent.post(f"/inbox/{talk}/reply", text=f"Hello Ben! {NO}", **form)
    assert refused.status_code == 422
    assert "Add a line that is only for them." in words(refused)
    own = f"Hello Ben! {NO} I liked your photo of the rye loaf."
    assert agent.post(f"/inbox/{talk}/reply", text=own, **form).status_code == 303


def test_another_teams_answer_a_moment_ago_is_pointed_out_once(house: House, scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Cleo", "Hello?")
    assert (
        agent.post(f"/inbox/{talk}/reply", text="Hi!", key="0123456789ab", version=scene.version(talk)).status_code
        == 303
    )
    form = {"text": "Good morning!", "key": "ba9876543210", "version": scene.version(talk)}
    warned = house.pr.post(f"/inbox/{talk}/reply", **form)
    assert warned.status_code == 409
    assert "answered this person a moment ago" in words(warned)
    seen = re.search(r'name="answered" value="(\d+)"', warned.text)
    assert seen
    assert house.pr.post(f"/inbox/{talk}/reply", **form, answered=seen[1]).status_code == 303
