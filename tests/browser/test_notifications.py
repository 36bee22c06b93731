"""The bell rings without a reload, keeps quiet about what one looks at, and a browser shows what is pushed to it."""

import json

from playwright.sync_api import expect
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.types import Role
from app.core.clock import utc_now
from app.notifications import push, service
from app.notifications.models import Notification, PushDevice
from app.notifications.runner import Runner
from app.notifications.types import Event
from app.signals import service as signals
from app.signals.types import SignalKind
from tests.browser.conftest import PASSWORD, Opener
from tests.browser.test_access import DAY_AND_NIGHT, check
from tests.processes import eventually
from tests.servers.push_browser import PushBrowser
from tests.web.scene import Scene


def test_one_press_subscribes_and_the_worker_shows_what_comes(scene: Scene, person: Opener) -> None:
    page = person()
    page.context.grant_permissions(["notifications"])
    browser = PushBrowser()
    given = {
        "endpoint": "https://push.example/abc",
        "keys": {"p256dh": push.encoded(browser.public), "auth": push.encoded(browser.auth)},
    }
    # The one thing that needs a push service outside: everything else is the page's own.
    page.add_init_script(
        f"""PushManager.prototype.subscribe = async function (wanted) {{
              window.asked = wanted;
              return {{ toJSON: () => ({json.dumps(given)}) }};
            }}"""
    )
    wire = page.context.new_cdp_session(page)
    registrations: list[str] = []
    wire.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(one["registrationId"] for one in told["registrations"]),
    )
    wire.send("ServiceWorker.enable")
    page.goto("/account")
    page.get_by_role("button", name="Show notifications in this browser").click()
    expect(page.get_by_role("button", name="No more")).to_be_visible()
    with scene.parts.db.read() as session:
        (device,) = session.scalars(select(PushDevice))
    assert scene.parts.box.open(device.sealed)["endpoint"] == "https://push.example/abc"
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for tag, body in (("a", "First"), ("a", "First again"), ("b", "Second")):
        data = json.dumps({"title": "Porchlight", "body": body, "url": "/inbox/7", "tag": tag})
        origin = page.url.removesuffix(page.url.partition("/account")[1] + page.url.partition("/account")[2])
        wire.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": origin, "registrationId": registrations[-1], "data": data},
        )
    page.wait_for_function(
        """async () => {
             const shown = await (await navigator.serviceWorker.ready).getNotifications();
             return shown.map((one) => one.body).sort().join() === 'First again,Second';
           }"""
    )
    page.get_by_role("button", name="No more").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def mention(scene: Scene, talk: int) -> None:
    """The marketer names the agent in a note."""
    parts, people = scene.parts, [scene.actor("agent").id]
    with parts.db.write() as session:
        by = scene.actor("marketer").id
        signals.tell(session, SignalKind.MENTIONED, utc_now(), actor_id=by, people=people, conversation_id=talk)
    Runner(parts.db, parts.http, parts.box, parts.mailer, "http://127.0.0.1", "en").spread()


def test_the_bell_rings_but_not_about_what_one_looks_at(scene: Scene, person: Opener) -> None:
    bob, cleo = scene.heard("Bob", "Where is my order?"), scene.heard("Cleo", "And mine?")
    page = person()
    page.goto(f"/inbox/{bob}")
    expect(page.locator("html[data-live=stream]")).to_have_count(1)
    bell = page.locator("#count-notices")
    mention(scene, cleo)
    expect(bell).to_have_text("1")
    mention(scene, bob)
    expect(bell).to_have_text("1")

    def unread() -> int:
        with scene.parts.db.read() as session:
            return len(session.scalars(select(Notification.id).where(Notification.read_at.is_(None))).all())

    eventually(lambda: unread() == 1, "what one looks at was not read")
    page.locator("#rows").get_by_text("Cleo").click()
    expect(page.locator("#talk-title")).to_have_text("Cleo")
    expect(bell).to_have_text("")
    eventually(lambda: unread() == 0, "opening it did not read it")


def test_screens_about_it_can_be_used_by_everybody(scene: Scene, person: Opener) -> None:
    mention(scene, scene.heard("Bob", "Where is my order?"))
    with scene.parts.db.write() as session:
        service.save_hook(
            session,
            scene.parts.box,
            hook_id=None,
            name="Service",
            url="https://chat.example/x",
            team_id=None,
            events=[Event.PAGE_STOPPED],
            language="en",
            now=utc_now(),
        )
        accounts.create_user(session, login="boss", role=Role.ADMIN, password=PASSWORD, now=utc_now())
    page = person("boss")
    for path in ("/notifications", "/account", "/rooms"):
        page.goto(path)
        for fold in page.locator("main details > summary").all():
            fold.click()
        check(page, DAY_AND_NIGHT)
