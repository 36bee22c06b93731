"""WebSub (W3C, 23 January 2018): feeds that name a hub are told of by it, so that nobody waits for the next read.

What the hub sends is a feed, signed with a secret that only it was told. It may be old by the time it comes, so it only
brings comments we did not know; what changed is found by reading the feed itself, which follows at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from app.connectors.answers import refusal
from app.connectors.errors import ConnectorError
from app.connectors.feed import walk
from app.connectors.hooks import Call, Change, Hook, News
from app.connectors.limits import Paced
from app.connectors.ports import Access, Payload
from app.core.signing import is_signed

ALGORITHMS = ("sha256", "sha384", "sha512", "sha1")
LEASE = timedelta(days=10)
"""What we ask for, and take for granted where a hub names none."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)
FRESH = timedelta(days=2)
"""Older comments than this are no news: how far back a page is read is not the hub's to say."""
_LONGEST_CHALLENGE = 1_000


def wants(access: Access) -> dict[str, str] | None:
    """What to subscribe to; None where the feed names no hub."""
    hub, topic = access.settings.get("hub"), access.settings.get("topic")
    return {"hub": str(hub), "topic": str(topic)} if hub and topic else None


def subscribe(web: Paced, hook: Hook, address: str) -> None:
    """Ask the hub to call ``address``. It asks back before it does. Raises ConnectorError."""
    seconds = str(int(LEASE.total_seconds()))
    _ask(web, hook, address, "subscribe", {"hub.lease_seconds": seconds, "hub.secret": hook.secret["secret"]})


def unsubscribe(web: Paced, hook: Hook, address: str) -> None:
    """Ask the hub to call ``address`` no more. It asks back before it stops. Raises ConnectorError."""
    _ask(web, hook, address, "unsubscribe", {})


def _ask(web: Paced, hook: Hook, address: str, mode: str, more: Mapping[str, str]) -> None:
    form = {"hub.callback": address, "hub.mode": mode, "hub.topic": str(hook.settings["topic"]), **more}
    response = web.ask("POST", str(hook.settings["hub"]), form=form)
    if response.status >= 300:
        raise refusal(response, act=True)


def handshake(hook: Hook, query: Mapping[str, str]) -> str | None:
    """The hub asks back: only what we asked for is confirmed."""
    challenge = query.get("hub.challenge", "")
    wanted = "unsubscribe" if hook.leaving else "subscribe"
    ours = query.get("hub.mode") == wanted and query.get("hub.topic") == hook.settings.get("topic")
    return challenge if ours and 0 < len(challenge) <= _LONGEST_CHALLENGE else None


def lease(query: Mapping[str, str]) -> timedelta:
    """How long the hub will call us."""
    seconds = query.get("hub.lease_seconds", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 10):
        return LEASE
    return min(max(timedelta(seconds=int(seconds)), SHORTEST), LONGEST)


def is_genuine(hook: Hook, call: Call) -> bool:
    """Whether the hub sent this: ``X-Hub-Signature`` over the bytes as they came, by any of the four ways it may."""
    return is_signed(hook.secret["secret"], call.headers.get("x-hub-signature", ""), call.body, ALGORITHMS)


def split(call: Call) -> Sequence[Change]:
    """One change: the feed as it came, with what it says it is."""
    media_type = call.headers.get("content-type", "")[:100].replace("\n", " ")
    return [Change(blake2b(call.body, digest_size=32).hexdigest(), media_type.encode() + b"\n" + call.body)]


def take(access: Access, change: Change, now: datetime) -> News:
    """The comments in it that are new. What can't be read says at least that there is something to read."""
    media_type, _line, body = change.body.partition(b"\n")
    payload = Payload(walk.address(access), media_type.decode("utf-8", "replace"), body)
    try:
        found = walk.read(access, payload, now, {}).items
    except ConnectorError:
        return News(look=True)
    items = [item for item in found if item.published_at >= now - FRESH]
    return News(walk.oldest_first(items), only_new=True, look=True)
