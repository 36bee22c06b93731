"""How Meta calls us: one address for all accounts of our app, signed with its secret."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.connectors import errors
from app.connectors.decoding import decoded
from app.connectors.errors import Permanent
from app.connectors.hooks import Call, Hook
from app.connectors.meta.app import MetaApp
from app.core.signing import is_signed, same

_LONGEST_CHALLENGE = 200


def shared_hook(app: MetaApp) -> Hook | None:
    """The app's address; closed while anything of it is not configured."""
    if not app.ready or not app.verify_token:
        return None
    return Hook({"secret": app.secret, "verify_token": app.verify_token}, app.id)


def handshake(hook: Hook, query: Mapping[str, str]) -> str | None:
    """Meta asks whether the address is ours: the challenge goes back to whoever knows the token that we chose."""
    challenge = query.get("hub.challenge", "")
    known = same(query.get("hub.verify_token", ""), hook.secret["verify_token"])
    if query.get("hub.mode") != "subscribe" or not known or not challenge or len(challenge) > _LONGEST_CHALLENGE:
        return None
    return challenge if challenge.isascii() and challenge.isalnum() else None


def is_genuine(hook: Hook, call: Call) -> bool:
    """Whether Meta sent this: ``X-Hub-Signature-256`` over the bytes as they came."""
    return is_signed(hook.secret["secret"], call.headers.get("x-hub-signature-256", ""), call.body)


def changes(call: Call, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What a call tells: (account, field, value) of each change. ``kind`` is what it has to be about.

    Meta documents two forms: ``changes`` in an entry, or ``field`` and ``value`` directly in it.
    Raises Permanent(BAD_ANSWER).
    """
    told = decoded(call.body)
    if told is None:
        raise Permanent(errors.NOT_JSON, "no JSON")
    if not isinstance(told, dict) or told.get("object") != kind or not isinstance(told.get("entry"), list):
        raise Permanent(errors.BAD_ANSWER, f"not about a {kind}")
    for entry in told["entry"]:
        if not isinstance(entry, dict):
            continue
        single = entry.get("changes")
        for one in single if isinstance(single, list) else [entry]:
            value = one.get("value") if isinstance(one, dict) else None
            if isinstance(value, dict):
                yield str(entry.get("id", "")), str(one.get("field", "")), value
