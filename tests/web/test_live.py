"""The stream of news: who comes back is told what they missed, and each what concerns them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from flask import Flask

from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.events import Changed, announce
from app.web import live
from app.web.live import LiveStream
from tests.processes import PATIENCE
from tests.web.conftest import signed_in

pytestmark = pytest.mark.usefixtures("crew")


@pytest.fixture
def database_url(tmp_path: Any, sqlite_template: Any) -> str:
    """SQLite alone: what is passed on comes from Redis."""
    path = tmp_path / "porchlight.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


class Ear:
    """An open page's end of a stream."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.status = 0
        self.text = ""
        self.over = asyncio.Event()
        self._grown = asyncio.Event()

    def scope(self, query: str) -> dict[str, Any]:
        headers = [(b"cookie", f"porchlight={self.cookie}".encode())]
        return {"type": "http", "path": "/live", "query_string": query.encode(), "headers": headers}

    async def receive(self) -> dict[str, Any]:
        await self.over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()
        self._grown.set()

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until what was said makes it true."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                self._grown.clear()
                await self._grown.wait()

    @property
    def at(self) -> str:
        """The last number heard of."""
        return str(re.findall(r'(?:^id: |"at": ")([\d-]+)', self.text, re.MULTILINE)[-1])

    @property
    def news(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in re.findall(r"^event: changed\ndata: (.*)$", self.text, re.MULTILINE)]


@asynccontextmanager
async def listening(stream: LiveStream, ear: Ear, query: str = "") -> AsyncIterator[Ear]:
    task = asyncio.create_task(stream(ear.scope(query), ear.receive, ear.send))
    await ear.until(lambda: ear.status == 401 or '"at"' in ear.text)
    yield ear
    ear.over.set()
    await asyncio.wait_for(task, PATIENCE)


def _alone(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: where browser tests ran before, this one has an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def run(parts: Services, app: Flask, story: Callable[[LiveStream], Awaitable[None]]) -> None:
    async def whole() -> None:
        stream = LiveStream(parts, app)
        stream.start()
        async with asyncio.timeout(PATIENCE):
            while not stream.position:
                await asyncio.sleep(0.01)
        try:
            await story(stream)
        finally:
            await stream.stop()

    _alone(whole())


async def say(parts: Services, *changes: Changed) -> None:
    def commit() -> None:
        with parts.db.write() as session:
            announce(session, *changes)

    await asyncio.to_thread(commit)


def test_who_comes_back_hears_what_they_missed_and_nothing_else(parts: Services, app: Flask) -> None:
    cookie = signed_in(app, Role.AGENT).cookie()

    async def story(stream: LiveStream) -> None:
        async with listening(stream, Ear(cookie), f"after={stream.position}") as ear:
            assert ear.news == []  # nothing happened since the page was made
            await say(parts, Changed("conversation", 7))
            await ear.until(lambda: ear.news)
            heard = ear.at
        await say(parts, Changed("conversation", 8))
        await say(parts, Changed("inbox"))
        async with asyncio.timeout(PATIENCE):
            while stream.position == heard:
                await asyncio.sleep(0.01)
        async with listening(stream, Ear(cookie), f"after={heard}") as ear:
            await ear.until(lambda: len(ear.news) == 2)
            assert ear.news == [{"kind": "conversation", "id": 8}, {"kind": "inbox", "id": 0}]
            last = ear.at
        async with listening(stream, Ear(cookie), f"after={last}") as ear:
            await say(parts, Changed("page", 1))
            await ear.until(lambda: ear.news)
            assert ear.news == [{"kind": "page", "id": 1}]

    run(parts, app, story)


def test_a_new_process_knows_what_the_old_one_told(parts: Services, app: Flask) -> None:
    cookie = signed_in(app, Role.AGENT).cookie()
    heard: list[str] = []

    async def before(stream: LiveStream) -> None:
        async with listening(stream, Ear(cookie)) as ear:
            await say(parts, Changed("conversation", 7))
            await ear.until(lambda: {"kind": "conversation", "id": 7} in ear.news)
            heard.append(ear.at)

    async def after(stream: LiveStream) -> None:
        async with listening(stream, Ear(cookie), f"after={heard[0]}") as ear:
            await ear.until(lambda: ear.news)
            assert ear.news == [{"kind": "conversation", "id": 8}]

    run(parts, app, before)
    _alone(say(parts, Changed("conversation", 8)))
    run(parts, app, after)


def test_who_cant_say_what_they_heard_looks_once(parts: Services, app: Flask) -> None:
    cookie = signed_in(app, Role.AGENT).cookie()

    async def story(stream: LiveStream) -> None:
        for query in ("", "after=", "after=1-1", "after=nonsense", "after=99999999999999-0"):
            async with listening(stream, Ear(cookie), query) as ear:
                await ear.until(lambda ear=ear: ear.news)  # type: ignore[misc]
                assert ear.news == [{"kind": "all"}]

    run(parts, app, story)


def test_an_emptied_redis_makes_everybody_look(parts: Services, app: Flask) -> None:
    cookie = signed_in(app, Role.AGENT).cookie()

    async def story(stream: LiveStream) -> None:
        await say(parts, Changed("conversation", 7))
        parts.redis.flushall()
        async with listening(stream, Ear(cookie), f"after={stream.position}") as ear:
            await say(parts, Changed("conversation", 8))
            await ear.until(lambda: {"kind": "conversation", "id": 8} in ear.news)

    run(parts, app, story)


def test_what_one_is_told_nobody_else_hears(parts: Services, app: Flask, crew: dict[Role, int]) -> None:
    mine, others = signed_in(app, Role.AGENT).cookie(), signed_in(app, Role.MARKETER).cookie()

    async def story(stream: LiveStream) -> None:
        at = f"after={stream.position}"
        async with listening(stream, Ear(mine), at) as me, listening(stream, Ear(others), at) as other:
            me_alone = crew[Role.AGENT]
            await say(parts, Changed("notice", me_alone), Changed("counts", me_alone), Changed("page", 1))
            await me.until(lambda: len(me.news) == 3)
            await other.until(lambda: other.news)
            assert other.news == [{"kind": "page", "id": 1}]
        async with listening(stream, Ear(others), at) as other:
            await other.until(lambda: other.news)
            assert other.news == [{"kind": "page", "id": 1}]

    run(parts, app, story)


def test_strangers_hear_nothing_and_who_is_signed_out_no_more(
    parts: Services, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.05)
    browser = signed_in(app, Role.AGENT)

    async def story(stream: LiveStream) -> None:
        for cookie in ("", "x", browser.cookie()[:-3]):
            async with listening(stream, Ear(cookie)) as stranger:
                assert (stranger.status, stranger.text) == (401, "")
        ear = Ear(browser.cookie())
        task = asyncio.create_task(stream(ear.scope(""), ear.receive, ear.send))
        await ear.until(lambda: ear.news)

        def sign_out() -> None:
            with parts.db.write() as session:
                accounts.set_password(session, "agent", "another horse battery", utc_now(), by=None)

        await asyncio.to_thread(sign_out)
        await asyncio.wait_for(task, PATIENCE)

    run(parts, app, story)


def test_streams_end_at_once_when_the_server_stops(parts: Services, app: Flask) -> None:
    cookie = signed_in(app, Role.AGENT).cookie()

    async def story(stream: LiveStream) -> None:
        ear = Ear(cookie)
        task = asyncio.create_task(stream(ear.scope(""), ear.receive, ear.send))
        await ear.until(lambda: ear.news)
        stream.end_streams()
        await asyncio.wait_for(task, PATIENCE)
        late = Ear(cookie)
        await asyncio.wait_for(stream(late.scope(""), late.receive, late.send), PATIENCE)

    run(parts, app, story)


def test_a_page_says_up_to_where_it_knows(parts: Services, app: Flask) -> None:
    browser = signed_in(app, Role.AGENT)
    assert '<meta name="live" content="">' in browser.get("/account").text  # nothing listens here

    async def story(stream: LiveStream) -> None:
        text = (await asyncio.to_thread(browser.get, "/account")).text
        assert f'<meta name="live" content="{stream.position}">' in text

    run(parts, app, story)
