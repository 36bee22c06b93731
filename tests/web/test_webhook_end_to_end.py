"""The generic webhook from end to end: a system on loopback tells of comments, and takes the answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.webhook.client import SIGNATURE
from app.core.clock import utc_now
from app.core.signing import sign
from app.hooks.models import Hook
from app.hooks.queries import troubles
from app.hooks.runner import Runner
from app.inbox.models import Comment
from app.outbox import service as outbox
from app.outbox.models import Delivery
from app.outbox.runner import Runner as Deliverer
from app.outbox.types import Act
from app.sending.types import SendState
from tests.connectors.webhook_system import KEY, System
from tests.servers.faulty_proxy import Cut, FaultyProxy
from tests.servers.loopback import Loopback
from tests.web.browser import words
from tests.web.conftest import signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Shop:
    """A system of one's own, connected by its address and key."""

    app: Flask
    parts: Services
    system: System
    proxy: FaultyProxy
    path: str

    def tell(self, *comments: dict[str, Any], key: str = KEY) -> TestResponse:
        body = json.dumps({"comments": comments}).encode()
        return self.app.test_client().post(self.path, data=body, headers={SIGNATURE: sign(key, body, utc_now())})

    def work(self) -> None:
        Runner(self.parts.db, self.parts.connectors, self.parts.box, threads=1).run()

    @property
    def deliverer(self) -> Deliverer:
        return Deliverer(self.parts.db, self.parts.connectors, self.parts.box, 120, threads=1)

    def stored(self) -> dict[str, Comment]:
        with self.parts.db.read() as session:
            return {one.external_id: one for one in session.scalars(select(Comment))}


@pytest.fixture
def shop(app: Flask, parts: Services, crew: dict[Role, int]) -> Iterator[Shop]:
    system = System(able=["reply"])
    with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
        server.route("*", system.answer)
        admin = signed_in(app, Role.ADMIN)
        address = f"{proxy.url}porch"
        assert "Shop reviews" in words(admin.post("/pages/connect", address=address))
        form = {"address": address, "team": "customer_service", "days": "30"}
        refused = admin.post("/pages/connect/store", **form, password="a key that nobody else knows")
        assert refused.status_code == 422
        assert admin.post("/pages/connect/store", **form, password=KEY).status_code == 303
        with parts.db.read() as session:
            hook = session.scalars(select(Hook)).one()
        path = f"/hooks/webhook/{hook.place}"
        assert path in words(admin.get(f"/pages/{hook.page_id}"))
        yield Shop(app, parts, system, proxy, path)


def test_told_answered_and_not_told_again(shop: Shop) -> None:
    said = shop.system.say("Where is my parcel?")
    assert shop.tell(said).status_code == 200
    shop.work()
    (stored,) = shop.stored().values()
    assert (stored.text, stored.author_name) == ("Where is my parcel?", "Ann")
    agent = signed_in(shop.app, Role.AGENT)
    agent.get(f"/inbox/{stored.conversation_id}")
    with shop.parts.db.write() as session:
        put_into_outbox(session, shop, stored, "On its way", "k1")
    shop.deliverer.run()
    (ours,) = [one for one in shop.system.comments.values() if one.get("ours")]
    assert (ours["text"], ours["parent"]) == ("On its way", said["id"])
    shop.tell(ours)
    shop.work()
    assert shop.stored()[ours["id"]].is_us
    assert shop.stored()[ours["id"]].conversation_id == stored.conversation_id


def put_into_outbox(session: Any, shop: Shop, comment: Comment, text: str, key: str) -> int:
    assert comment.conversation_id is not None
    now = utc_now()
    return outbox.request(
        session,
        key=key,
        act=Act.REPLY,
        comment=comment,
        conversation_id=comment.conversation_id,
        text=text,
        actor_id=None,
        now=now,
        due_at=now,
    )


def test_an_answer_is_cut_off_a_hundred_times_and_stands_once_each(shop: Shop) -> None:
    shop.tell(*[shop.system.say(f"Question {number}") for number in range(100)])
    shop.work()
    comments = list(shop.stored().values())
    assert len(comments) == 100
    with shop.parts.db.write() as session:
        ids = [put_into_outbox(session, shop, one, f"Answer to {one.text}", f"key-{one.id}") for one in comments]
    with shop.proxy.fault(Cut(after=True), method="POST"):
        for delivery_id in ids:
            shop.deliverer.carrier().carry(delivery_id)
    with shop.parts.db.write() as session:
        rows = list(session.scalars(select(Delivery)))
        assert {one.state for one in rows} == {SendState.UNKNOWN}
        for one in rows:
            one.due_at = utc_now()
    shop.deliverer.run()
    with shop.parts.db.read() as session:
        assert {one.state for one in session.scalars(select(Delivery))} == {SendState.SENT}
    answers = sorted(one["text"] for one in shop.system.comments.values() if one.get("ours"))
    assert answers == sorted(f"Answer to Question {number}" for number in range(100))


def test_a_bad_comment_takes_no_other_along_and_is_seen(shop: Shop) -> None:
    good, cut = shop.system.say("Fine"), shop.system.say("Cut \ud83d") | {"changed_at": "\ud83d\0"}
    assert shop.tell({"text": "I have no id"}, good, cut, {"id": "x", "text": 7}).status_code == 200
    shop.work()
    assert [one.text for one in shop.stored().values()] == ["Fine", "Cut "]
    with shop.parts.db.read() as session:
        details = {one.detail for one in troubles(session)}
    assert details == {"a comment needs an “id”: a text of at most 400 characters", "comment x has no “text”"}


def test_words_of_another_key_or_another_time_are_not_taken(shop: Shop) -> None:
    assert shop.tell(shop.system.say("Hello"), key="a key that nobody else knows").status_code == 400
    body = b'{"comments": []}'
    old = sign(KEY, body, utc_now().replace(year=2025))
    assert shop.app.test_client().post(shop.path, data=body, headers={SIGNATURE: old}).status_code == 400
    assert shop.stored() == {}


def test_an_edit_and_a_deletion_are_followed_in_any_order(shop: Shop) -> None:
    said = {**shop.system.say("Befor"), "changed_at": "2026-11-20T10:00:00Z"}
    shop.tell({**said, "text": "After", "changed_at": "2026-11-20T10:00:05Z"}, said)
    shop.work()
    assert shop.stored()[said["id"]].text == "After"
    shop.tell({"id": said["id"], "status": "deleted", "changed_at": "2026-11-20T10:00:09Z"})
    shop.work()
    assert shop.stored()[said["id"]].status.value == "deleted"
