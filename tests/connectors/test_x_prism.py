"""tweepy's requests and the stand-in's answers, held against X's own description by Prism: as a mock, and as a proxy
that passes on nothing the description does not know."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from app.connectors.code_flow import App
from app.connectors.meter import LooseMeter
from app.connectors.ports import Access, Moderation
from app.connectors.x import prices
from app.connectors.x.activity import TAG, Activity
from app.connectors.x.calls import Calls
from app.connectors.x.transport import client
from app.core.pace import Pace
from tests.connectors.following import Follower
from tests.connectors.proxied_stage import CountingHttp
from tests.connectors.x_stage import XStage
from tests.servers import prism
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.x import TOKEN, US, X
from tests.servers.x_activity import KEY, SECRET

DATA = Path(__file__).parent / "x_data"
DESCRIPTION = DATA / "openapi-subset.json"


@pytest.fixture(scope="module")
def server() -> Iterator[X]:
    with X() as server:
        yield server


@pytest.fixture(scope="module")
def checking(server: X) -> Iterator[str]:
    with prism.running(DESCRIPTION, "http://{}:{}".format(*server.address)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with prism.running(DESCRIPTION) as made:
        yield made


@pytest.fixture(scope="module")
def activity() -> Iterator[str]:
    with prism.running(DATA / "activity-subset.json") as made:
        yield made


@pytest.fixture
def stage(server: X, checking: str) -> Iterator[XStage]:
    """As ever, but everything passes Prism."""
    server.reset()
    address = ("127.0.0.1", int(checking.rpartition(":")[2]))
    with FaultyProxy(address) as proxy:
        yield XStage(server, proxy)
        assert {one.status for one in proxy.requests} <= {200, 201}, "Prism refuses what is not described"
    assert server.mistakes == []


def test_a_whole_life_keeps_to_the_description(stage: XStage) -> None:
    comments = stage.say_many([f"Question {number}" for number in range(120)])
    follower = Follower(stage)
    follower.poll()
    assert set(comments) <= set(follower.items)
    asked, began = stage.target(comments[0]), datetime.now(UTC)
    sent = stage.connector.reply(stage.access, asked, "On its way: https://kettle.example/a?b=c", key="k")
    found = stage.connector.look_up(
        stage.access, asked, "On its way: https://kettle.example/a?b=c", key="k", since=began
    )
    assert found == sent
    stage.server.publish("Look", author=stage.server.person("Eva"), quoted=stage.post)
    stage.edit(comments[1], "Question one, put better " * 20)
    follower.poll(later=timedelta(hours=2))
    stage.connector.moderate(stage.access, asked, Moderation.HOLD)
    stage.connector.moderate(stage.access, asked, Moderation.APPROVE)
    stage.remove(comments[2])
    verdicts = list(stage.connector.verify(stage.access, comments[:90], now=datetime.now(UTC)))
    assert [one.external_id for one in verdicts if one.item is None] == [comments[2]]
    asked_for = {one.split("?")[0].rstrip("0123456789") for one in stage.http.requests}
    assert len(asked_for) >= 6, "every kind of call passed Prism"


@pytest.mark.parametrize("path", ["users/7/mentions?max_results=9999", "users/7/mentions?expansions=nobody", "nothing"])
def test_prism_would_have_noticed(checking: str, path: str) -> None:
    """A proxy that lets everything pass proves nothing."""
    answer = requests.get(f"{checking}/2/{path}", headers={"authorization": f"Bearer {TOKEN}"}, timeout=10)
    assert answer.status_code in (404, 422)
    assert "stoplight.io/prism/errors" in answer.text


def test_every_call_is_one_that_x_describes(mock: str) -> None:
    access = Access("https://x.com/kettleco", {"account_id": US}, {"password": TOKEN})
    budget = prices.monthly("porch", 1_000.0, datetime.now(UTC))
    calls = Calls(client(CountingHttp(), Pace(), access, mock), LooseMeter(), budget)
    start = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    answers = [
        calls.me(),
        calls.mentions(US, 100, since_id="1", until_id="9"),
        calls.own(US, 5, since_id="1"),
        calls.search("(conversation_id:1) -from:kettleco", 10, start_time=start),
        calls.several(["1", "2"]),
        calls.quotes("1", 10),
        calls.create("On its way", "1"),
        calls.hide("1", hidden=True),
        calls.hide("1", hidden=False),
    ]
    assert all("data" in one for one in answers)


def test_asking_x_to_call_us_is_as_x_describes_it(activity: str) -> None:
    """A first time, again when X gave the webhook up, and no more. Prism keeps nothing, and is helped to remember."""
    address, token = "https://porchlight.example/hooks/x_com/a", b'{"token_type":"bearer","access_token":"x"}'
    webhook = {"id": "1", "url": address, "valid": False}
    told = {"subscription_id": "2", "webhook_id": "1", "tag": TAG, "filter": {"user_id": US}}
    remembered = {"/2/webhooks": [webhook], "/2/activity/subscriptions": [told]}
    with FaultyProxy(("127.0.0.1", int(activity.rpartition(":")[2]))) as proxy, ExitStack() as stack:
        asked = Activity(CountingHttp(), Pace(), App(KEY, SECRET), proxy.url.rstrip("/"))
        stack.enter_context(proxy.fault(Instead(200, token), path="/oauth2/token"))
        made = Instead(200, json.dumps({"data": webhook}).encode(), after=True)
        with proxy.fault(made, method="POST", path="/2/webhooks"):
            asked.begin(US, TOKEN, address)
        for path, said in remembered.items():
            body = json.dumps({"data": said}).encode()
            stack.enter_context(proxy.fault(Instead(200, body), method="GET", path=path))
        asked.begin(US, TOKEN, address)
        asked.end(US, address)
        assert {one.status for one in proxy.requests} == {200}
        acts = {(one.method, one.path.partition("?")[0]) for one in proxy.requests if one.method != "GET"}
    assert acts == {
        ("POST", "/oauth2/token"),
        ("POST", "/2/webhooks"),
        ("PUT", "/2/webhooks/1"),
        ("DELETE", "/2/webhooks/1"),
        ("POST", "/2/activity/subscriptions"),
        ("DELETE", "/2/activity/subscriptions"),
    }
