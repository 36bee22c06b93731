"""A request gets a thread once its body is there, whoever sends it, and however."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.web.bodies import NotArrivedError, arrived

GONE = {"type": "http.disconnect"}
MOST = 10


def piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def take(*messages: Mapping[str, Any], length: int | None = None) -> tuple[dict[bytes, bytes], list[Any]]:
    """The headers a request is answered with, and the messages that are left to be read."""
    coming = list(messages)

    async def receive() -> Any:
        return coming.pop(0) if coming else await asyncio.Event().wait()

    async def run() -> tuple[dict[bytes, bytes], list[Any]]:
        headers = [(b"transfer-encoding", b"chunked")]
        if length is not None:
            headers = [(b"content-length", str(length).encode())]
        scope, rest = await arrived({"method": "POST", "headers": headers}, receive, most=MOST, seconds=0.01)
        left = [await rest()]
        while left[-1].get("more_body"):
            left.append(await rest())
        return dict(scope["headers"]), left

    with ThreadPoolExecutor(1) as pool:  # a browser of another test may leave its event loop in our thread
        return pool.submit(asyncio.run, run()).result()


def test_a_body_in_pieces_gets_its_length() -> None:
    assert take(piece(b"one", more=True), piece(b"two", more=False)) == (
        {b"content-length": b"6"},
        [piece(b"onetwo", more=False)],
    )


def test_of_a_larger_body_the_beginning_is_waited_for() -> None:
    messages = [piece(b"x" * 8, more=True), piece(b"y" * 8, more=True), piece(b"z" * 8, more=False)]
    headers, left = take(*messages, length=24)
    assert headers == {b"content-length": b"24"}
    assert left == [piece(b"x" * 8 + b"y" * 8, more=True), messages[2]]


@pytest.mark.parametrize(
    ("messages", "length", "status"),
    [
        ([piece(b"x", more=True)], 8, 408),
        ([], 8, 408),
        ([piece(b"x" * 11, more=True)], None, 413),
        ([piece(b"x" * 11, more=False)], None, 413),
        ([piece(b"x", more=True), GONE], 8, None),
    ],
)
def test_what_does_not_arrive_takes_no_thread(
    messages: list[dict[str, Any]], length: int | None, status: int | None
) -> None:
    with pytest.raises(NotArrivedError) as refused:
        take(*messages, length=length)
    assert refused.value.status == status
