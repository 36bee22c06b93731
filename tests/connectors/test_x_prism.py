"""tweepy's requests and the stand-in's answers, held against X's own description by Prism: as a mock, and as a proxy
that passes on nothing the description does not know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from app.connectors.meter import LooseMeter
from app.connectors.ports import Access, Moderation
from app.connectors.x import prices
from app.connectors.x.calls import Calls
from app.connectors.x.transport import client
from app.core.pace import Pace
from tests.connectors.contract import Follower
from tests.connectors.wordpress_stage import CountingHttp
from tests.connectors.x_stage import XStage
from tests.servers import prism
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.x import TOKEN, US, X

DESCRIPTION = Path(__file__).parent / "x_data" / "openapi-subset.json"


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
