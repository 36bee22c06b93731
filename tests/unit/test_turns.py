"""Whoever waits for a slow page keeps nobody else from reading."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.collecting import turns
from app.collecting.turns import Turn, Turns


def test_a_slow_one_gives_its_turn_away_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SLOW_SECONDS", 0.0)
    both, hanging, over = Turns(1), threading.Event(), threading.Event()
    order: list[str] = []

    def hang(turn: Turn) -> None:
        with turn:
            hanging.set()
            over.wait(30)
        order.append("slow")

    def read(turn: Turn) -> None:
        with turn:
            order.append("quick")

    slow = both.turn()
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(hang, slow)
        assert hanging.wait(30)
        second = pool.submit(read, both.turn())
        assert slow.slow()
        assert slow.slow()
        second.result(30)
        over.set()
        first.result(30)
        assert order == ["quick", "slow"]
        pool.submit(read, both.turn()).result(30)
    assert not both._free.acquire(blocking=False) or not both._free.acquire(blocking=False), "one turn, not two"


def test_one_that_is_done_before_its_end_gives_its_turn_away_once() -> None:
    one = Turns(1)
    with one.turn() as turn:
        turn.give_back()
        with one.turn():
            assert not one._free.acquire(blocking=False)
    assert one._free.acquire(blocking=False)
    assert not one._free.acquire(blocking=False), "one turn, not two"


def test_a_quick_one_keeps_its_turn() -> None:
    one = Turns(1)
    with one.turn() as turn:
        assert not turn.slow()
        assert not one._free.acquire(blocking=False)
    assert one._free.acquire(blocking=False)
