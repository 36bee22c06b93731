"""A page that takes for ever takes its turn, not everybody's; an act whose time is over stays here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from app.collecting import due, runner
from app.connectors import errors
from app.connectors.answers import ask, in_time
from app.connectors.ports import Access, Batch
from app.core import patience
from app.core.clock import utc_now
from app.core.http import Http
from app.core.sections import Outgoing
from app.inbox.views import CommentView
from app.pages import queries as page_queries
from app.web.inbox import thread
from tests.domain.conftest import House
from tests.servers.loopback import Loopback, drip


def test_an_endless_walk_gives_way_and_goes_on_later(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []

    def endless(access: Access, cursor: dict[str, Any] | None, **_named: Any) -> Iterator[Batch]:
        step = (cursor or {}).get("step", 0)
        while True:
            step += 1
            steps.append(step)
            yield Batch((), {"step": step})

    monkeypatch.setattr(house.platform, "collect", endless)
    monkeypatch.setattr(runner, "_LONGEST_WALK_SECONDS", 0.05)
    monkeypatch.setattr(due, "SHIFT_SECONDS", 0.3)
    assert house.collector.run_due() >= 1
    assert steps == list(range(1, len(steps) + 1)), "each turn goes on where the last one ended"
    with house.db.read() as session:
        assert page_queries.due(session, utc_now(), 10) == [house.page_id]


def test_a_site_that_drags_out_every_answer_is_given_up_as_a_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "QUICK_SECONDS", 0.0)
    http = Http(Outgoing(allow_networks=["127.0.0.0/8"]))
    asked: list[str] = []

    def walk(access: Access, _cursor: dict[str, Any] | None, **_named: Any) -> Iterator[Batch]:
        for number in range(1_000):
            asked.append(ask(http, "GET", server.url()).url)
            if number % 2:
                yield Batch((), {"step": number})

    monkeypatch.setattr(house.platform, "collect", walk)
    with Loopback() as server:
        server.route("/", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", [b"o", b"k"]))
        patient = replace(house.collector, patience_seconds=0.6)
        monkeypatch.setattr(runner, "_LONGEST_WALK_SECONDS", 1.0)
        monkeypatch.setattr(due, "SHIFT_SECONDS", 0.3)
        begun = monotonic()
        patient.run_due()
        assert monotonic() - begun > 1, "each portion of comments may take as long again"
        server.route("/", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", [b"o"] * 400))
        before = len(asked)
        (outcome,) = patient.run([house.page_id], force=True)
    assert outcome.code == errors.TIMED_OUT
    assert len(asked) == before


def test_an_act_is_held_back_once_its_time_is_over(now: datetime) -> None:
    in_time(Access("https://b.example/"))
    in_time(Access("https://b.example/", act_before=utc_now() + timedelta(minutes=1)))
    with pytest.raises(errors.Transient):
        in_time(Access("https://b.example/", act_before=utc_now() - timedelta(seconds=1)))


def test_a_thread_too_long_to_send_is_cut_where_it_hurts_least(talk_with: "TalkWith") -> None:
    talk, comments = talk_with
    lines = thread.lines(talk, comments, [])
    whole = [line.comment.id for line in lines if line.comment and not line.cut]
    assert 1 in whole, "what the person said last is whole"
    assert sum(len(line.comment.text) for line in lines if line.comment and not line.cut) <= thread.BUDGET
    assert any(line.cut for line in lines)


TalkWith = tuple[Any, list[CommentView]]


@pytest.fixture
def talk_with(house: House, now: datetime) -> TalkWith:
    from app.inbox import queries, threads
    from app.inbox.types import ConversationState, ListFilter

    house.platform.say("Eva", "Hello", now)
    house.collect()
    with house.db.read() as session:
        (row,) = queries.rows(session, ListFilter(ConversationState.NEW))
        talk = threads.conversation(session, house.ann, row.id)
        (first,) = threads.thread(session, house.ann, row.id)
    long = [
        replace(first, id=number, text="x" * 60_000, published_at=now - timedelta(minutes=number))
        for number in range(1, 20)
    ]
    return talk, long
