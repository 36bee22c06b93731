"""Signatures over bytes, checked in constant time: whose call it is, and that nobody changed it on the way."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=300)
"""A call signed with its time is refused when that is further away than this: it may be a recording."""
_ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")


def mac(key: str, body: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of ``body``. ``algorithm``: one of the four that hashlib always has and webhooks use."""
    return hmac.new(key.encode(), body, algorithm).digest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def mac_base64(key: str, body: bytes) -> str:
    """The HMAC-SHA256 of ``body`` in base64, as X and shops write it."""
    return base64.b64encode(mac(key, body)).decode()


def is_signed(key: str, header: str, body: bytes, algorithms: tuple[str, ...] = ("sha256",)) -> bool:
    """Whether ``header`` is ``<algorithm>=<hex>``, the body's HMAC by one of ``algorithms``. Never without a key."""
    algorithm, _equals, given = header.strip().partition("=")
    if not key or algorithm not in algorithms or algorithm not in _ALGORITHMS:
        return False
    return same(mac(key, body, algorithm).hex(), given.strip().lower())


def sign(key: str, body: bytes, now: datetime) -> str:
    """``t=<seconds>,v1=<hex>``: HMAC-SHA256 over time, a point, and the body."""
    at = int(now.timestamp())
    return f"t={at},v1={_timed(key, at, body)}"


def wrong_with(key: str, header: str, body: bytes, now: datetime) -> str:
    """What is wrong with a signature that ``sign`` makes: "" when the body was signed with the key, at most five
    minutes ago."""
    parts = [part.strip().partition("=") for part in header.split(",")[:20]]
    times = [value for name, _equals, value in parts if name == "t"]
    given = [value for name, _equals, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12) or not key:
        return "no signature"
    at = int(times[0])
    expected = _timed(key, at, body)
    if not any(same(expected, one) for one in given):
        return "wrong signature"
    if abs(now.timestamp() - at) > TOLERANCE.total_seconds():
        return "too old"
    return ""


def _timed(key: str, at: int, body: bytes) -> str:
    return hmac.new(key.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
