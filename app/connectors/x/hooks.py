"""How X calls us (X Activity API, docs.x.com/x-api/webhooks/quickstart and activity/event-payloads, August 2026): one
address for all accounts of our app, signed with its consumer secret.

The handshake is answered with the same key and in the same form as an event is signed. So only what can be no event is
answered, and only an object is taken for an event.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.connectors import errors
from app.connectors.code_flow import App
from app.connectors.decoding import decoded
from app.connectors.errors import Permanent
from app.connectors.hooks import Call, Change, Hook
from app.core.signing import mac, mac_base64, same

EVENTS = ("post.mention.create", "post.quote.create", "post.reply.create")
"""What is said to an account; its other events are of what it does itself."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,200}")
"""What X asks with. No quotes and no braces: no JSON object is written with these."""
_PREFIX = "sha256="


def shared_hook(consumer: App) -> Hook | None:
    """The app's address; closed while its consumer secret is not configured. The place in it follows from the secret,
    so that nobody who was not told it can ask there for anything."""
    if not consumer.secret:
        return None
    place = mac(consumer.secret, b"porchlight: where X calls").hex()[:32]
    return Hook({"secret": consumer.secret}, place)


def handshake(hook: Hook, query: Mapping[str, str]) -> str | None:
    """X asks whether the address is ours (CRC): its token signed, in JSON."""
    token = query.get("crc_token", "")
    if not _TOKEN.fullmatch(token):
        return None
    return json.dumps({"response_token": _PREFIX + mac_base64(hook.secret["secret"], token.encode())})


def is_genuine(hook: Hook, call: Call) -> bool:
    """Whether X sent this: ``x-twitter-webhooks-signature`` over the bytes as they came, which have to be an object."""
    expected = _PREFIX + mac_base64(hook.secret["secret"], call.body)
    given = call.headers.get("x-twitter-webhooks-signature", "").strip()
    return same(expected, given) and call.body.lstrip()[:1] == b"{"


def changes(call: Call) -> Sequence[Change]:
    """The posts in a call that speak to an account of ours. What they say is asked for later, so only their numbers are
    kept; a post that names and answers us is told of twice, and is one change. Raises Permanent(NOT_JSON, BAD_ANSWER).
    """
    told = decoded(call.body)
    if told is None:
        raise Permanent(errors.NOT_JSON, "no JSON")
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict | list):
        raise Permanent(errors.BAD_ANSWER, "no event of X's")
    found = (_change(one) for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict))
    return [one for one in found if one is not None]


def _change(event: Mapping[str, Any]) -> Change | None:
    """One event as a change; None for one that is not of a kind we asked for."""
    filtered = event.get("filter")
    account = str(filtered.get("user_id") or "") if isinstance(filtered, dict) else ""
    if event.get("event_type") not in EVENTS or not account:
        return None
    payload = event.get("payload")
    number = str(payload.get("id") or "") if isinstance(payload, dict) else ""
    key = f"post {number}" if number else f"event {event.get('event_uuid')}"
    return Change(key[:500], json.dumps({"id": number}).encode(), account=f"user:{account}")
