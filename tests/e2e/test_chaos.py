"""Thirty processes killed while visitors comment and agents answer: nothing is lost, nothing is there twice.

In front of the blog stands a proxy that loses some of its answers, and most of the time the blog takes the same words
twice: what keeps a reply single is Porchlight alone. ``CHAOS_SEED`` repeats the choices of an earlier run.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

import psutil
import pytest

from tests.e2e.agent import Agent
from tests.e2e.crowd import Crowd
from tests.e2e.installation import Installation, Porch, wait_until
from tests.servers.faulty_proxy import Cut, FaultyProxy, Instead, Watched
from tests.servers.wordpress import Site

KILLS = 30
WITH_A_CAREFUL_BLOG = 6
"""So many of the kills while the blog refuses words that it has already, as WordPress does by itself."""
WAITING = 40
"""Comments that wait for an answer when it begins, so that there is something to answer while reading is disturbed."""
QUICK = {
    "PORCHLIGHT_OUTBOX_UNDO_SECONDS": "0",
    "PORCHLIGHT_OUTBOX_LEASE_SECONDS": "12",
    "PORCHLIGHT_OUTGOING_TOTAL_SECONDS": "5",
    "PORCHLIGHT_COLLECTING_FASTEST_SECONDS": "8",
}
"""Some replies without an answer are looked up, others come back with the comments before that."""
READING = "offset="
"""What the address of a read of the blog's comments holds, and that of a look-up does not."""
PATIENT = {"PORCHLIGHT_OUTGOING_TOTAL_SECONDS": "4", "PORCHLIGHT_OUTBOX_LEASE_SECONDS": "30"}
SETTLING_SECONDS = 150.0
COMMENTS = "/wp/v2/comments"
LOST = Cut(after=True)
"""The blog does what it was asked, and its answer never arrives."""


@dataclass
class Killer:
    """Kills what runs: at any moment, or in the middle of a send or a read."""

    porch: Porch
    proxy: FaultyProxy
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """One of Porchlight's processes dies."""
        way = self.chance.choice(["any", "any", "any", "before sending", "after sending", "reading"])
        if way == "any" or not self._in_the_middle(way):
            while not self._kill():
                pass  # all are just being started again

    def interrupt(self, agents: Sequence[Agent]) -> None:
        """The web server dies until an agent was in the middle of something, and had to do it once more."""
        before = sum(agent.retried for agent in agents)

        def cut_off() -> bool:
            self._kill("web")
            time.sleep(self.chance.uniform(0.2, 1.0))
            return sum(agent.retried for agent in agents) > before

        wait_until(cut_off, "an agent was cut off and tried again")

    def _in_the_middle(self, way: str) -> bool:
        part, method = ("patient", "GET") if way == "reading" else ("sending", "POST")
        struck = threading.Event()

        def strike() -> None:
            if not struck.is_set() and self._kill(part):
                struck.set()

        fault = Watched(then=strike) if way == "after sending" else Watched(before=strike)
        with self.proxy.fault(fault, method=method, path=COMMENTS):
            return struck.wait(5)

    def _kill(self, wanted: str | None = None) -> bool:
        running = [(part, one) for part, all_of_it in self.porch.processes().items() for one in all_of_it]
        there = [(part, one) for part, one in running if wanted in (None, part)]
        if not there:
            return False
        part, victim = self.chance.choice(there)
        with suppress(psutil.NoSuchProcess):
            victim.kill()
            self.killed[part] += 1
            return True
        return False


def lose_an_answer(porch: Porch, proxy: FaultyProxy) -> None:
    """A reply's answer is lost, and the reply itself can't come back with the comments: only looking it up helps."""
    with proxy.fault(Instead(503), method="GET", path=READING):
        with proxy.fault(LOST, method="POST", path=COMMENTS):
            wait_until(lambda: answers_lost(proxy), "an agent's answer reached the blog")
        wait_until(lambda: looked_up(porch), "the reply without an answer was looked up")


def answers_lost(proxy: FaultyProxy) -> int:
    return sum(request.method == "POST" and not request.status for request in proxy.requests)


def looked_up(porch: Porch) -> int:
    return porch.log.read_text().count("sending_looked_up")


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_nothing_is_lost_or_doubled_when_processes_are_killed(installation: Installation, wordpress_site: Site) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(2**32))
    print(f"CHAOS_SEED={seed}")
    chance = random.Random(seed)
    crowd = Crowd(installation, wordpress_site, seed)
    for _ in range(WAITING):
        crowd.visitors.write()
    with FaultyProxy(wordpress_site.address) as proxy:
        crowd.prepare(proxy.url)
        installation.porchlight("collect")
        with installation.running(**QUICK) as porch:
            killer = Killer(porch, proxy, chance)
            with crowd.at_work(porch):
                lose_an_answer(porch, proxy)
                killer.interrupt(crowd.agents)
                for number in range(KILLS):
                    if number == WITH_A_CAREFUL_BLOG:
                        wordpress_site.flags("no-duplicate-check")
                    with proxy.fault(LOST, method="POST", path=COMMENTS) if number % 3 == 0 else nullcontext():
                        crowd.stay(chance.uniform(0.5, 1.8))
                    killer.strike()
            crowd.wait_until_settled(SETTLING_SECONDS)
            lost, found = answers_lost(proxy), looked_up(porch)
            retried = sum(agent.retried for agent in crowd.agents)
    replies = sum(len(agent.accepted) for agent in crowd.agents)
    print(f"killed {dict(killer.killed)}; {len(crowd.visitors.written)} comments, {replies} replies")
    print(f"{lost} answers lost, {found} replies looked up, {retried} requests of agents repeated")
    crowd.reckon()
    assert sum(killer.killed.values()) >= KILLS
    assert lost, "no reply was left without an answer: what was to be tried did not happen"
    assert found, "no reply was looked up: what was to be tried did not happen"
    assert retried, "no agent was cut off: what was to be tried did not happen"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reply_that_a_slow_blog_takes_after_we_lost_patience_stands_there_once(
    installation: Installation, wordpress_site: Site
) -> None:
    crowd = Crowd(installation, wordpress_site, seed=1)
    wordpress_site.flags("no-duplicate-check")
    crowd.visitors.write()
    with FaultyProxy(wordpress_site.address) as proxy:
        crowd.prepare(proxy.url)
        installation.porchlight("collect")
        hesitant = Watched(before=lambda: time.sleep(14))
        with (
            installation.running(**{**QUICK, **PATIENT}) as porch,
            proxy.fault(hesitant, method="POST", path=COMMENTS),
        ):
            (agent, _other) = crowd.come(porch)
            assert agent.answer_one("Kommt heute")
            crowd.wait_until_settled(SETTLING_SECONDS)
    assert sum(request.method == "POST" for request in proxy.requests) == 1
    crowd.reckon()
