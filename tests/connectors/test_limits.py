"""What servers say about how often they may be asked holds for every worker."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors.errors import RateLimited
from app.connectors.feed import FeedConnector
from app.connectors.limits import Limits, Paced
from app.connectors.ports import Access
from app.connectors.wordpress import WordPressConnector
from app.core.http import Response
from app.core.pace import Pace
from tests.connectors.proxied_stage import CountingHttp
from tests.servers.loopback import Loopback, Reply

HERE, ELSEWHERE = "https://one.example", "https://other.example"


def answer(status: int, **headers: str) -> Response:
    told: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, f"{HERE}/xrpc/x", told, b"")


def soon() -> str:
    return str(int(time.time()) + 200)


def test_a_refusal_stops_everything_at_that_server_alone() -> None:
    limits = Limits(Pace(), "bluesky")
    with pytest.raises(RateLimited) as caught:
        limits.after(HERE, "reads", answer(429, ratelimit_reset=soon()))
    assert caught.value.retry_at is not None
    for kind in ("acts", "reads"):
        with pytest.raises(RateLimited):
            limits.before(HERE, kind)
        limits.before(ELSEWHERE, kind)


def test_too_many_sign_ins_of_one_account_stop_that_alone() -> None:
    limits = Limits(Pace(), "bluesky")
    with pytest.raises(RateLimited):
        limits.after(HERE, "sign-in:ann", answer(429, retry_after="290", ratelimit_reset=soon()))
    with pytest.raises(RateLimited):
        limits.before(HERE, "sign-in:ann")
    limits.before(HERE, "sign-in:bea")
    limits.before(HERE, "reads")


def test_reading_leaves_room_for_answers() -> None:
    limits = Limits(Pace(), "bluesky")
    limits.after(HERE, "reads", answer(200, ratelimit_limit="3000", ratelimit_remaining="2000", ratelimit_reset=soon()))
    limits.before(HERE, "reads")
    limits.after(HERE, "reads", answer(200, ratelimit_limit="3000", ratelimit_remaining="140", ratelimit_reset=soon()))
    limits.before(HERE, "acts")
    with pytest.raises(RateLimited):
        limits.before(HERE, "reads")
    limits.after(HERE, "acts", answer(200, ratelimit_limit="3000", ratelimit_remaining="0", ratelimit_reset=soon()))
    with pytest.raises(RateLimited):
        limits.before(HERE, "acts")


@pytest.mark.parametrize("value", ["", "soon", "-1", "99999999999999999999", "²"])
def test_nonsense_is_passed_over(value: str) -> None:
    limits = Limits(Pace(), "bluesky")
    limits.after(HERE, "reads", answer(200, ratelimit_limit=value, ratelimit_remaining="0", ratelimit_reset=value))
    with pytest.raises(RateLimited):
        limits.after(HERE, "reads", answer(429, ratelimit_reset=value))
    limits.before(HERE, "reads")


def test_each_account_of_a_server_may_have_a_limit_of_its_own_told_as_a_time() -> None:
    pace, told = Pace(), (datetime.now(UTC) + timedelta(minutes=4)).isoformat().replace("+00:00", "Z")
    limits = Limits(pace, "mastodon", "x-")
    left = {"x_ratelimit_limit": "300", "x_ratelimit_remaining": "0", "x_ratelimit_reset": told}
    limits.after(HERE, "reads", answer(200, **left), "7")
    with pytest.raises(RateLimited) as caught:
        Limits(pace, "mastodon", "x-").before(HERE, "acts", "7")
    assert caught.value.retry_at is not None
    assert timedelta(minutes=3) < caught.value.retry_at - datetime.now(UTC) <= timedelta(minutes=4)
    limits.before(HERE, "reads", "8")
    Limits(pace, "bluesky").before(HERE, "reads", "7")


def test_a_limit_of_nothing_is_none() -> None:
    limits = Limits(Pace(), "web", "x-")
    limits.after(HERE, "reads", answer(200, x_ratelimit_limit="0", x_ratelimit_remaining="0", x_ratelimit_reset=soon()))
    limits.before(HERE, "reads")


@pytest.mark.parametrize("told", ["", "soon", "-1", "9" * 30, "2026-13-01"])
def test_a_time_that_is_none_holds_nobody(told: str) -> None:
    limits = Limits(Pace(), "mastodon", "x-")
    limits.after(HERE, "reads", answer(200, x_ratelimit_limit="300", x_ratelimit_remaining="0", x_ratelimit_reset=told))
    limits.before(HERE, "reads")


@pytest.mark.parametrize("prefix", ["", "x_"])
def test_web_servers_of_all_kinds_are_left_alone_for_the_seconds_they_name(prefix: str) -> None:
    limits = Paced.by_host(CountingHttp(), Pace()).limits
    told = {
        f"{prefix}ratelimit_{name}": value for name, value in (("limit", "60"), ("remaining", "0"), ("reset", "90"))
    }
    limits.after(HERE, "reads", answer(200, **told))
    with pytest.raises(RateLimited) as caught:
        limits.before(HERE, "reads")
    assert caught.value.retry_at is not None
    assert timedelta(seconds=80) < caught.value.retry_at - datetime.now(UTC) <= timedelta(seconds=90)


def test_what_one_connector_is_told_by_a_server_holds_the_others(loopback: Loopback) -> None:
    """A blog's feed and its interface are on one server, which counts who asks and not for what."""
    pace, http = Pace(), CountingHttp()
    loopback.route("*", lambda _request: Reply(b"slow down", 429, [("Retry-After", "60")]))
    now, access = datetime.now(UTC), Access(loopback.url("/"))
    with pytest.raises(RateLimited):
        FeedConnector(http, pace).latest(access, count=1, now=now)
    for other in (WordPressConnector(http, pace), FeedConnector(http, pace)):
        with pytest.raises(RateLimited):
            other.latest(access, count=1, now=now)
    assert len(loopback.requests) == 1


def test_a_limit_of_one_person_at_wordpress_com_is_not_that_of_others(loopback: Loopback) -> None:
    """All blogs there are at one address."""
    loopback.route("*", lambda _request: Reply(b"slow down", 429, [("Retry-After", "60")]))
    pace, http, now = Pace(), CountingHttp(), datetime.now(UTC)
    of_one, of_other = (
        Access(
            "https://blog.example/", {"rest_root": loopback.url("/wp/v2/sites/7"), "user_id": person}, {"password": "x"}
        )
        for person in (1, 2)
    )
    for _time in range(2):
        with pytest.raises(RateLimited):
            WordPressConnector(http, pace).latest(of_one, count=1, now=now)
    assert len(loopback.requests) == 1
    with pytest.raises(RateLimited):
        WordPressConnector(http, pace).latest(of_other, count=1, now=now)
    assert len(loopback.requests) == 2
