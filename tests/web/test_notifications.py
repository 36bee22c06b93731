"""The bell, the list, the choices, the rooms: as people see them, without script."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.notifications import places, push, queries, service
from app.notifications.models import ChatHook, Message, PushDevice, PushKey
from app.notifications.runner import Runner
from app.notifications.types import Channel, Event, MessageState, Told
from app.signals import service as signals
from app.signals.types import SignalKind
from tests.domain.platform import Platform
from tests.servers.push_browser import PushBrowser
from tests.web.browser import Browser
from tests.web.browser import words as said
from tests.web.conftest import signed_in
from tests.web.scene import Scene


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


PLACES = (
    "inbox.talk",
    "inbox.overview",
    "learning.overview",
    "pages.show",
    "campaigns.overview",
    "campaigns.show",
    "vitality.page",
    "library.overview",
    "library.show",
    "outreach.held",
    "remedies.show",
    "reports.overview",
)


def runner(parts: Services) -> Runner:
    return Runner(parts.db, parts.http, parts.box, parts.mailer, parts.settings.public_url, "en")


def mention(scene: Scene, crew: dict[Role, int], talk: int, times: int = 1) -> None:
    with scene.parts.db.write() as session:
        for _ in range(times):
            signals.tell(
                session,
                SignalKind.MENTIONED,
                utc_now(),
                actor_id=crew[Role.ADMIN],
                people=[crew[Role.AGENT]],
                conversation_id=talk,
            )
    runner(scene.parts).spread()


def bell(browser: Browser) -> str:
    found = re.search(r'id="count-notices" class="([^"]*)">([^<]*)<', browser.get("/account").text)
    assert found is not None
    assert ("attention" in found[1]) is bool(found[2])
    return found[2]


def test_the_bell_counts_and_opening_reads(scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    talk = scene.heard("Maria", "Where is my order?")
    assert bell(agent) == ""
    mention(scene, crew, talk, times=2)
    assert bell(agent) == "2"
    listed = agent.get("/notifications")
    assert "Admin mentioned you in a note about Maria on Garden blog." in said(listed)
    link = re.findall(r'href="(/notifications/\d+)"', listed.text)
    opened = agent.get(link[0])
    assert opened.status_code == 303
    assert opened.location == f"/inbox/{talk}"
    assert bell(agent) == "1"
    agent.post("/notifications/read")
    assert bell(agent) == ""
    assert agent.get("/notifications/404").status_code == 404


def test_a_conversation_before_ones_eyes_is_read(scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    talk = scene.heard("Maria", "Where is my order?")
    mention(scene, crew, talk)
    assert "1" in said(agent.get("/notifications/count"))
    assert "1" in said(agent.post("/notifications/seen", conversation=talk + 1))
    assert said(agent.post("/notifications/seen", conversation=talk)) == ""
    assert agent.post("/notifications/seen", conversation="x").status_code == 200


def test_nobody_sees_what_others_are_told(app: Flask, scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    talk = scene.heard("Maria", "Where is my order?")
    mention(scene, crew, talk)
    link = re.findall(r'href="(/notifications/\d+)"', agent.get("/notifications").text)[0]
    other = signed_in(app, Role.MARKETER)
    assert "Nothing to tell you" in said(other.get("/notifications"))
    assert other.get(link).status_code == 404
    assert bell(agent) == "1"


def test_the_list_goes_on(scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    mention(scene, crew, scene.heard("Maria", "Where is my order?"), times=queries.PAGE_LENGTH + 3)
    first = agent.get("/notifications")
    more = re.search(r'href="(/notifications\?before=\d+)"', first.text)
    assert more is not None
    second = agent.get(more[1])
    ids = [re.findall(r'href="/notifications/(\d+)"', page.text) for page in (first, second)]
    assert [len(page) for page in ids] == [queries.PAGE_LENGTH, 3]
    assert not set(ids[0]) & set(ids[1])
    assert agent.get("/notifications?before=99999999999999999999").status_code == 200


def test_every_place_exists(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    for event in Event:
        for talk, page, facts in (
            (7, None, {}),
            (None, 7, {}),
            (None, None, {}),
            (7, 7, {"campaign": 7, "remedy": 7}),
            (None, 7, {"held": 7}),
        ):
            place = places.place(Told(1, event, utc_now(), False, True, None, None, None, None, talk, page, facts))
            path, _mark, query = place.partition("?")
            assert adapter.match(path, query_args=query)[0] in PLACES


def form_of(browser: Browser) -> dict[str, str]:
    page = browser.get("/account").text
    boxes = re.findall(r'<input type="checkbox" name="(\w+\.\w+)" value="yes" (checked)?', page)
    return {name: "yes" for name, checked in boxes if checked}


def test_the_choices_work_as_a_plain_form(scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    before = form_of(agent)
    assert before["assigned.mail"] == "yes"
    assert "new_in_team.app" not in before
    wanted = {**before, "new_in_team.app": "yes"}
    del wanted["assigned.mail"]
    answer = agent.post("/account/notifications", address="agent@example.org", digest_hour=7, **wanted)
    assert answer.status_code == 303
    assert form_of(agent) == wanted
    with scene.parts.db.read() as session:
        kept = queries.preferences(session, crew[Role.AGENT])
    assert (kept.address, kept.digest_hour) == ("agent@example.org", 7)
    assert agent.post("/account/notifications", address="nonsense", digest_hour=7).status_code == 422
    assert agent.post("/account/notifications", address="", digest_hour=25).status_code == 422
    assert form_of(agent) == wanted


def test_a_browser_is_subscribed_once_and_can_be_taken_off(scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    key = agent.post("/account/notifications/key").json
    assert key == agent.post("/account/notifications/key").json
    browser = PushBrowser()
    fields = {
        "endpoint": "https://push.example/abc",
        "p256dh": push.encoded(browser.public),
        "auth": push.encoded(browser.auth),
    }
    for _ in range(2):
        assert agent.post("/account/notifications/devices", **fields).status_code == 204
    with scene.parts.db.read() as session:
        (device,) = session.scalars(select(PushDevice))
        stored = session.get_one(PushKey, 1)
        assert b"push.example" not in device.sealed
        assert stored.public == (key or {})["key"]
        assert len(scene.parts.box.open(stored.sealed_private)["key"]) == 43
    page = agent.get("/account")
    assert "Browsers that show notifications" in said(page)
    assert agent.post(f"/account/notifications/devices/{device.id}/remove").status_code == 303
    assert "None yet." in said(agent.get("/account"))
    for wrong in ({"endpoint": "http://10.0.0.1/x"}, {"p256dh": "AAAA"}, {"auth": "AAAA"}, {"endpoint": ""}):
        assert agent.post("/account/notifications/devices", **{**fields, **wrong}).status_code == 422


def test_leaving_the_mails_needs_a_press_but_no_form_of_ours(
    app: Flask, scene: Scene, crew: dict[Role, int], agent: Browser
) -> None:
    agent.post("/account/notifications", address="agent@example.org", digest_hour=7)
    path = f"/notifications/leave/{service.leave_token(scene.parts.box, crew[Role.AGENT])}"
    stranger = Browser(app)
    assert "No more mails" in said(stranger.get(path))  # a program that looks into mails does no more

    def stopped() -> bool:
        with scene.parts.db.read() as session:
            return queries.preferences(session, crew[Role.AGENT]).stopped

    assert not stopped()
    assert Browser(app).press(path, {}, **{"List-Unsubscribe": "One-Click"}).status_code == 200
    assert stopped()
    assert "Saving this form sends them again" in said(agent.get("/account"))
    assert stranger.get("/notifications/leave/nonsense").status_code == 404


def test_the_worker_of_push_stands_at_the_root(browser: Browser) -> None:
    answer = browser.get("/push-worker.js")
    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_rooms_are_added_tried_changed_switched_and_removed(scene: Scene, admin: Browser, agent: Browser) -> None:
    assert agent.get("/rooms").status_code == 403
    wrong = admin.post("/rooms", name="Service", url="ftp://x", event="reply_failed")
    assert wrong.status_code == 422
    assert "incoming webhook" in said(wrong)
    fields = {"name": "Service", "url": "https://chat.example/hooks/s3cret", "language": "de", "team": ""}
    assert admin.post("/rooms", **fields, event="page_stopped").status_code == 303
    page = admin.get("/rooms")
    assert "chat.example" in page.text
    assert "s3cret" not in page.text
    with scene.parts.db.read() as session:
        (room,) = session.scalars(select(ChatHook))
        assert (room.events, room.language, room.team_id) == (["page_stopped"], "de", None)
        assert b"s3cret" not in room.sealed_url
    admin.post(f"/rooms/{room.id}/try")
    with scene.parts.db.read() as session:
        (message,) = session.scalars(select(Message))
        assert (message.channel, message.state) == (Channel.CHAT, MessageState.OPEN)
    assert admin.post(f"/rooms/{room.id}", **{**fields, "name": "Renamed", "url": ""}).status_code == 303
    admin.post(f"/rooms/{room.id}/switch", on="no")
    page = admin.get("/rooms")
    assert "Renamed" in page.text
    assert "switched off" in said(page)
    assert admin.post(f"/rooms/{room.id}/remove").status_code == 303
    assert admin.post(f"/rooms/{room.id}/try").status_code == 404


def test_a_mail_server_in_trouble_shows_on_the_health_page(scene: Scene, crew: dict[Role, int], agent: Browser) -> None:
    assert "Not set up." in said(agent.get("/health"))
    with scene.parts.db.write() as session:
        session.add(
            Message(
                id=1,
                target="mail:1",
                channel=Channel.MAIL,
                user_id=crew[Role.AGENT],
                state=MessageState.OPEN,
                created_at=utc_now() - timedelta(minutes=5),
                due_at=utc_now() + timedelta(minutes=5),
                attempts=2,
                error="mail.example.org:587 can’t be reached: refused",
            )
        )
    page = said(agent.get("/health"))
    assert "mail.example.org:587 can’t be reached" in page
    assert "smtp in config.toml" in page


def test_looks_are_kept_on_the_device_and_are_nothing_else(agent: Browser) -> None:
    assert 'data-theme="auto" data-density="comfortable"' in agent.get("/account").text
    agent.post("/account/looks", theme="dark", density="compact")
    assert 'data-theme="dark" data-density="compact"' in agent.get("/account").text
    agent.post("/account/looks", theme='x" onload="', density="")
    assert 'data-theme="auto" data-density="comfortable"' in agent.get("/account").text
