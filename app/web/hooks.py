"""Where platforms call us. What they send is proved, kept as it came and answered; what it means is found out later."""

import redis
import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.connectors.hooks import Call, Hook, Receiver
from app.core.clock import utc_now
from app.core.errors import ConfigError
from app.edge.context import services
from app.edge.routes import PUBLIC, route
from app.hooks import addresses as hooks
from app.hooks.receiving import NotKeptError, keep, place_at
from app.hooks.runner import hook_of

log = structlog.get_logger()
blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
PLACE = "/<kind>/<place>"
GREETINGS_A_MINUTE = 30
"""Platforms ask whether an address is ours at most every half hour; anybody may, and the answer costs a signature."""
_LATER = ("", 503, {"Retry-After": "5"})


@route(blueprint, PLACE, needs=PUBLIC, methods=("GET",), own_transactions=True)
def greeted(kind: str, place: str) -> ResponseReturnValue:
    """The platform asks whether this address is ours."""
    try:
        found = _find(kind, place)
    except NotKeptError:
        return _LATER
    subscriber = services().connectors.subscriber(kind)
    if found is None or (found[1].leaving and subscriber is None) or _too_often(kind, place):
        return "", 404
    receiver, hook, page_id = found
    answer = receiver.handshake(hook, request.args.to_dict())
    if answer is None:
        log.warning("greeting_refused", kind=kind)
        return "", 404
    if subscriber is not None and page_id is not None:
        with services().db.write() as writing:
            if hook.leaving:
                hooks.close_hook(writing, page_id)
            else:
                hooks.record_confirmed(writing, page_id, utc_now(), subscriber.confirmed(hook, request.args.to_dict()))
    media_type = "application/json" if answer.startswith("{") else "text/plain"
    return Response(answer, 200, content_type=media_type)


@route(blueprint, PLACE, needs=PUBLIC, methods=("POST",), own_transactions=True)
def called(kind: str, place: str) -> ResponseReturnValue:
    """The platform tells us something. 400 for whoever did not sign, whatever the address; 503 when it could not be
    stored within a second, so that it is sent again."""
    call = Call({name.lower(): value for name, value in request.headers}, request.get_data(cache=False))
    try:
        found = _find(kind, place)
    except NotKeptError:
        return _LATER
    if found is None or found[1].leaving:
        log.warning("call_refused", kind=kind, why="closed")
        return "", 400
    receiver, hook, page_id = found
    if not receiver.is_genuine(hook, call, utc_now()):
        log.warning("call_refused", kind=kind, why="signature", page=page_id)
        return "", 400
    try:
        keep(services().quick_db, kind, place, page_id, call)
    except NotKeptError:
        return _LATER
    return "", 200


def _find(kind: str, place: str) -> tuple[Receiver, Hook, int | None] | None:
    """Whose address this is; None when it is nobody's, or closed. Raises NotKeptError."""
    receiver = services().connectors.receiver(kind)
    if receiver is None or len(place) > 200:
        return None
    shared = hook_of(receiver, services().box, None)
    if shared is not None and shared.place == place:
        return receiver, shared, None
    own = place_at(services().quick_db, kind, place)
    if own is None:
        return None
    try:
        hook = hook_of(receiver, services().box, own)
    except ConfigError as error:
        log.error("secret_not_opened", kind=kind, page=own.page_id, why=error.message)
        return None
    return (receiver, hook, own.page_id) if hook is not None else None


def _too_often(kind: str, place: str) -> bool:
    """Whether this address was asked for more often than any platform does. Nobody counts while Redis is away."""
    key = f"porchlight:greetings:{kind}:{place}"
    try:
        with services().redis.pipeline() as pipe:
            pipe.set(key, 0, ex=60, nx=True)
            pipe.incr(key)
            count = int(pipe.execute()[1])
    except redis.RedisError:
        return False
    return count > GREETINGS_A_MINUTE
