"""What Flask answers in a thread arrives whole, in order, and is tidied up after."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.web.screens import Screens

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "POST",
    "path": "/to",
    "query_string": b"a=1",
    "headers": [(b"content-length", b"6")],
}


class Answer:
    """An answer in these pieces, as a WSGI application."""

    def __init__(self, *pieces: bytes, breaks: bool = False) -> None:
        self.pieces = pieces
        self.breaks = breaks
        self.closed = False
        self.asked: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
        self.asked = {**environ, "body": environ["wsgi.input"].read(6)}
        begin("201 CREATED", [("X-One", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.breaks:
            raise ZeroDivisionError

    def close(self) -> None:
        self.closed = True


def sent(answer: Answer) -> list[Any]:
    """The messages that the server is given."""
    found: list[Any] = []
    coming = [
        {"type": "http.request", "body": b"bod", "more_body": True},
        {"type": "http.request", "body": b"y12", "more_body": False},
    ]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        found.append(message)

    with ThreadPoolExecutor(1) as pool:  # a browser of another test may leave its event loop in our thread
        pool.submit(asyncio.run, Screens(answer, 1)(SCOPE, receive, send)).result()
    return found


@pytest.mark.parametrize("pieces", [(), (b"one",), (b"one", b"two"), (b"one", b"", b"three")])
def test_an_answer_arrives_whole_and_in_order(pieces: tuple[bytes, ...]) -> None:
    answer = Answer(*pieces)
    begun, *rest = sent(answer)
    assert begun["status"] == 201
    assert begun["headers"] == [(b"x-one", b"1"), (b"set-cookie", b"a"), (b"set-cookie", b"b")]
    assert b"".join(one["body"] for one in rest) == b"".join(pieces)
    assert [one["more_body"] for one in rest] == [True] * (len(rest) - 1) + [False]
    assert answer.closed
    assert answer.asked["body"] == b"body12"
    assert answer.asked["QUERY_STRING"] == "a=1"


def test_a_screen_goes_back_in_one_piece() -> None:
    assert len(sent(Answer(b"a whole page"))) == 2


def test_what_breaks_off_is_tidied_up_and_told() -> None:
    answer = Answer(b"one", breaks=True)
    with pytest.raises(ZeroDivisionError):
        sent(answer)
    assert answer.closed
