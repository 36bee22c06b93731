"""Open event streams on one web process: what they cost, how soon each hears of a comment and a browser shows it, how a
restart goes.

Starts Redis and the web server on loopback with an empty SQLite database, opens streams as browsers do, and stores
comments through the whole intake. Each open page asks for what is new when it is told, after a wait as in
``static/js/live.js``. One page is a real Chromium: from just before the commit until the frame that shows "1 new".
Usage: ``python -m bench.live [--streams N] [--comments N] [--shown N] [--restarted N]``.
"""

import argparse
import asyncio
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from playwright.async_api import async_playwright

from app import bootstrap
from app.accounts import service as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.cli import redis_server
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import Author, Batch, Found, Item, Post
from app.core import logs, migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.pages import leases
from app.pages import service as pages
from app.pages.types import Claim
from bench.live_page import Page

PASSWORD = "correct horse battery"
ERROR_AFTER = 10.0
EACH_TIME = 50
"""Comments until the browser opens its list anew."""
WATCH = """() => {
    window.drawn ??= 0;
    window.watching ??= new MutationObserver(() => requestAnimationFrame(() => (window.drawn = Date.now())));
    window.watching.observe(document.getElementById("news"), { childList: true, subtree: true, characterData: true });
    return window.drawn;
}"""
"""Notes when the number of new comments is drawn; answers when it last was."""


@dataclass
class House:
    """The parts, a page that is claimed for reading, and the web server's process."""

    services: Services
    claim: Claim
    port: int
    said: int = 0
    web: "subprocess.Popen[bytes] | None" = None

    def say(self) -> float:
        """Somebody comments; answers the moment just before it is stored."""
        self.said += 1
        item = Item(
            external_id=f"c{self.said}",
            post=Post("p1", "https://blog.example/p1", "Spring"),
            author=Author(name=f"Person {self.said}", key=f"mailto:p{self.said}@example.org"),
            text="Where is my order?",
            published_at=utc_now() - timedelta(seconds=5),
        )
        begun = time.monotonic()
        with self.services.db.write() as session:
            collecting.store_loads(session, [Load(self.claim, Batch([item], {"last": self.said}))], utc_now())
        return begun

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
        environment |= {
            "PORCHLIGHT_DATA_DIR": str(self.services.settings.data_dir),
            "PORCHLIGHT_WEB_PORT": str(self.port),
            "PORCHLIGHT_LOG_LEVEL": "error",
        }
        self.web = subprocess.Popen([sys.executable, "-P", "-m", "app.cli", "web"], env=environment)

    def stop(self) -> None:
        assert self.web is not None
        self.web.terminate()
        self.web.wait(15)

    def wait(self) -> float:
        """Seconds until the server answers."""
        begun = time.monotonic()
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return time.monotonic() - begun
            time.sleep(0.02)

    def memory(self) -> float:
        """MB that the server and its children hold for themselves."""
        assert self.web is not None
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        return sum(_own_mb(pid) for pid in (str(self.web.pid), *children))

    def sign_in(self) -> str:
        """The cookie header of somebody signed in."""
        jar = CookieJar()
        browser = build_opener(HTTPCookieProcessor(jar))
        base = f"http://127.0.0.1:{self.port}"
        page = browser.open(f"{base}/sign-in", timeout=30).read().decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        form = urlencode({"csrf_token": token[1], "login": "ann", "password": PASSWORD})
        browser.open(f"{base}/sign-in", form.encode(), timeout=30)
        return "; ".join(f"{one.name}={one.value}" for one in jar)


def _own_mb(pid: str) -> float:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kb) for kb in re.findall(r"^Private_\w+: +(\d+) kB", rows, re.MULTILINE)) / 1024


async def opened(house: House, cookie: str, count: int) -> tuple[list[Page], list["asyncio.Task[None]"]]:
    """That many pages with their streams open."""
    pages_, tasks = [], []
    for first in range(0, count, 50):
        some = [Page(house.port, cookie) for _ in range(first, min(first + 50, count))]
        tasks += [asyncio.create_task(one.live()) for one in some]
        await asyncio.wait_for(asyncio.gather(*(one.connected.wait() for one in some)), 120)
        pages_ += some
    return pages_, tasks


async def many(house: House, cookie: str, streams: int, comments: int) -> None:
    """Memory and delay with all streams open."""
    before = house.memory()
    open_pages, tasks = await opened(house, cookie, streams)
    await asyncio.sleep(1)
    grown = house.memory() - before
    print(f"{streams} streams: {grown:.1f} MB more ({before:.0f} MB before), {grown * 1024 / streams:.1f} kB each")
    delays: list[float] = []
    for _ in range(comments):
        begun = await asyncio.to_thread(house.say)
        deadline = begun + 30
        while any(not one.heard for one in open_pages) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        delays += [one.heard[0] - begun if one.heard else 30.0 for one in open_pages]
        await asyncio.sleep(0.1)
        for one in open_pages:
            one.heard.clear()
    delays.sort()
    print(
        f"a new comment is heard of by all, {len(delays)} times: half within {1000 * delays[len(delays) // 2]:.0f} ms, "
        f"99 % within {1000 * delays[int(len(delays) * 0.99)]:.0f} ms, the last after {1000 * delays[-1]:.0f} ms"
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def shown(house: House, cookie: str, streams: int, comments: int) -> None:
    """How soon a real browser shows that there is something new, with all streams open beside it."""
    open_pages, tasks = await opened(house, cookie, streams)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page()
        base = f"http://127.0.0.1:{house.port}"
        name, _equals, value = cookie.partition("=")
        await page.context.add_cookies([{"name": name, "value": value, "url": base}])
        await page.goto(f"{base}/inbox?view=all")
        await page.wait_for_selector("html[data-live=stream]")
        delays = []
        for number in range(comments):
            if number % EACH_TIME == 0:
                await page.goto(f"{base}/inbox?view=all")
                await page.wait_for_selector("html[data-live=stream]")
            before = await page.evaluate(WATCH)
            begun = time.time()
            await asyncio.to_thread(house.say)
            await page.wait_for_function("before => window.drawn > before", arg=before, timeout=30_000)
            delays.append(await page.evaluate("window.drawn") / 1000 - begun)
            await asyncio.sleep(random.random())
        await browser.close()
    delays.sort()
    asks = sorted(one for page_ in open_pages for one in page_.asks)
    print(
        f"a browser shows a new comment, {comments} times beside {streams} streams: half within "
        f"{1000 * delays[len(delays) // 2]:.0f} ms, 99 % within {1000 * delays[int(len(delays) * 0.99)]:.0f} ms, the "
        f"last after {1000 * delays[-1]:.0f} ms; the other pages asked {len(asks)} times what is new, 99 % answered "
        f"within {1000 * asks[int(len(asks) * 0.99)] if asks else 0:.0f} ms"
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def restart(house: House, cookie: str, count: int) -> None:
    """The server stops and starts again under open pages; a comment comes in meanwhile."""
    open_pages, tasks = await opened(house, cookie, count)
    for one in open_pages:
        one.heard.clear()
        one.looks = 0
    begun = time.monotonic()
    await asyncio.to_thread(house.stop)
    stopped = time.monotonic() - begun
    await asyncio.to_thread(house.say)
    house.start()
    waited = await asyncio.to_thread(house.wait)
    await asyncio.wait_for(asyncio.gather(*(one.connected.wait() for one in open_pages)), 60)
    back = time.monotonic() - begun
    await asyncio.sleep(max(0.0, begun + ERROR_AFTER + 5 - time.monotonic()))
    late = sum(at > begun + ERROR_AFTER for one in open_pages for at in one.failures)
    print(
        f"restart with {count} pages: stopped in {stopped:.1f} s, answering {waited:.1f} s later, all pages back "
        f"{back:.1f} s after the beginning; failures after {ERROR_AFTER:.0f} s: {late}; pages that were told of the "
        f"comment in between: {sum(bool(one.heard) for one in open_pages)}; "
        f"that had to look at everything: {sum(one.looks > 0 for one in open_pages)}"
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def prepared(folder: Path) -> House:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(data_dir=folder / "data")
    services = bootstrap.build(settings)
    migrate.upgrade(settings.database_url)
    bootstrap.seed(services)
    now = utc_now()
    with services.db.write() as session:
        accounts.create_user(session, login="ann", role=Role.AGENT, password=PASSWORD, now=now, teams=["marketing"])
        found = Found("feed", "Blog", "https://blog.example/feed")
        page_id = pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=now)
    with services.db.write() as session:
        claim = leases.claim_read(session, page_id, utc_now())
    assert claim is not None
    read_before = replace(claim, cursor={"last": 0})  # what comes is routed as it is stored
    return House(services, read_before, port)


def keep_claim(house: House, over: threading.Event) -> None:
    """As a reader does."""
    while not over.wait(5):
        with house.services.db.write() as session:
            leases.keep(session, [house.claim], utc_now())


def main() -> None:
    logs.configure("critical", "text")
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--comments", type=int, default=20)
    parser.add_argument("--shown", type=int, default=100)
    parser.add_argument("--restarted", type=int, default=200)
    options = parser.parse_args()
    over = threading.Event()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(data_dir=Path(name) / "data")
        settings.data_dir.mkdir()
        redis = subprocess.Popen(redis_server.command(settings))
        try:
            while not redis_server.answers(settings.redis_socket):
                time.sleep(0.02)
            house = prepared(Path(name))
            house.start()
            house.wait()
            threading.Thread(target=keep_claim, args=(house, over), daemon=True).start()
            cookie = house.sign_in()
            asyncio.run(many(house, cookie, options.streams, options.comments))
            asyncio.run(shown(house, cookie, options.streams, options.shown))
            asyncio.run(restart(house, cookie, options.restarted))
            house.stop()
        finally:
            over.set()
            redis.terminate()
            redis.wait(10)


if __name__ == "__main__":
    main()
