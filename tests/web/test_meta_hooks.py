"""Meta's calls from end to end: signed, kept, taken once, and our own words known again before our call returns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.signing import mac
from app.factory import create_app
from app.hooks.runner import Runner
from app.inbox.models import Comment
from app.outbox import service as outbox
from app.outbox.models import Delivery
from app.outbox.runner import Runner as Deliverer
from app.outbox.types import Act
from app.sending.types import SendState
from tests.connectors.facebook_double import FacebookStage
from tests.connectors.graph_double import APP, SECRET, TOKEN, VERIFY
from tests.servers.faulty_proxy import FaultyProxy, Watched
from tests.servers.loopback import Loopback
from tests.web.browser import words
from tests.web.conftest import signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = f"/hooks/facebook/{APP}"


@dataclass
class Porch:
    app: Flask
    parts: Services
    stage: FacebookStage

    def call(self, body: bytes, secret: str = SECRET) -> TestResponse:
        headers = {"X-Hub-Signature-256": "sha256=" + mac(secret, body).hex()}
        return self.app.test_client().post(PATH, data=body, headers=headers)

    def tell(self, *comments: str, verb: str = "add", page: str = "1001") -> TestResponse:
        common = {"item": "comment", "verb": verb, "post_id": self.stage.post, "created_time": 1}
        changes = [{"field": "feed", "value": {**common, "comment_id": one}} for one in comments]
        return self.call(json.dumps({"object": "page", "entry": [{"id": page, "changes": changes}]}).encode())

    def work(self) -> None:
        Runner(self.parts.db, self.parts.connectors, self.parts.box, threads=1).run()

    def stored(self) -> dict[str, Comment]:
        with self.parts.db.read() as session:
            return {one.external_id: one for one in session.scalars(select(Comment))}


@pytest.fixture
def porch(parts: Services, crew: dict[Role, int]) -> Iterator[Porch]:
    with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
        stage = FacebookStage(server, proxy)
        parts = replace(parts, connectors=Registry([stage.connector]))
        app = create_app(parts)
        admin = signed_in(app, Role.ADMIN)
        typed = {"address": "facebook.com/OurBakery", "team": "customer_service", "days": "30"}
        assert "Page access token" in words(admin.post("/pages/connect", address=typed["address"]))
        stage.page.scopes.remove("pages_manage_engagement")
        refused = admin.post("/pages/connect/store", **typed, password=TOKEN)
        assert "The access token lacks: pages_manage_engagement." in words(refused)
        stage.page.scopes.append("pages_manage_engagement")
        assert admin.post("/pages/connect/store", **typed, password=TOKEN).status_code == 303
        assert PATH in words(admin.get("/pages/1"))
        yield Porch(app, parts, stage)
        assert stage.page.mistakes == []


def test_what_meta_tells_comes_into_the_inbox_once(porch: Porch) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY}
    assert porch.app.test_client().get(PATH, query_string=asked).text == "1158201444"
    one, two = porch.stage.say("Where is my parcel?"), porch.stage.say("Lovely bread")
    assert porch.tell(one, two).status_code == 200
    assert porch.tell(two, one).status_code == 200
    assert porch.tell(one, page="2002").status_code == 200, "about a Page that is not ours"
    assert porch.call(b"{}", secret="another").status_code == 400
    porch.work()
    assert {item.text for item in porch.stored().values()} == {"Where is my parcel?", "Lovely bread"}
    porch.stage.remove(one)
    porch.tell(one, verb="remove")
    porch.work()
    assert porch.stored()[one].status.value == "deleted"


def test_a_comment_that_can_not_be_read_takes_no_other_along(porch: Porch) -> None:
    one, two = porch.stage.say("Where is my parcel?"), porch.stage.say("Lovely bread")
    porch.stage.page.refuse = {two: (1, 0)}
    porch.tell(one, two)
    porch.work()
    assert set(porch.stored()) == {one}


def test_our_own_words_are_known_again_before_our_call_returns(porch: Porch) -> None:
    comment = porch.stage.say("Where is my parcel?")
    porch.tell(comment)
    porch.work()
    (stored,) = porch.stored().values()
    assert stored.conversation_id is not None
    now = utc_now()
    asked: dict[str, Any] = {"act": Act.REPLY, "actor_id": None, "now": now, "due_at": now}
    with porch.parts.db.write() as session:
        outbox.request(
            session,
            key="k",
            comment=stored,
            conversation_id=stored.conversation_id,
            text="On its way",
            **asked,
        )

    def meta_is_quicker() -> None:
        (ours,) = [key for key, one in porch.stage.page.comments.items() if one["message"] == "On its way"]
        porch.tell(ours)
        porch.work()

    with porch.stage.proxy.fault(Watched(then=meta_is_quicker), method="POST", path="/comments"):
        Deliverer(porch.parts.db, porch.parts.connectors, porch.parts.box, 120, threads=1).run()
    with porch.parts.db.read() as session:
        delivery = session.scalars(select(Delivery)).one()
        ours = session.scalars(select(Comment).where(Comment.is_us)).one()
    assert delivery.state is SendState.SENT
    assert delivery.external_id == ours.external_id
    assert ours.conversation_id == stored.conversation_id
    assert porch.stage.answers(comment) == ["On its way"]
