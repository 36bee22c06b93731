"""Where providers call: a signed word that something changed. Nothing in it is believed; it only has us ask again."""

import structlog
from flask import request
from flask.typing import ResponseReturnValue

from app.core.clock import utc_now
from app.core.errors import NotFound
from app.edge.context import services
from app.edge.routes import PUBLIC, route
from app.executors import errors
from app.executors.errors import Refused
from app.executors.ports import Access
from app.remedies import execution, shops
from app.web.remedies.routes import blueprint
from app.web.remedies.shops import SHOP

log = structlog.get_logger()
LONGEST_BODY = 500_000


@route(blueprint, f"/called/{SHOP}", needs=PUBLIC, methods=("POST",), own_transactions=True)
def called(shop_id: int) -> ResponseReturnValue:
    """Check the signature, and look again at what it names. 400 for whoever did not sign, whatever the shop."""
    body = request.get_data(cache=False)
    now = utc_now()
    try:
        with services().db.read() as reading:
            shop = shops.shop(reading, shop_id)
        secret = services().box.open(shop.sealed_secret) if shop.sealed_secret else {}
        executor = services().executors.get(shop.kind)
        if len(body) > LONGEST_BODY:
            raise Refused(errors.BAD_ANSWER, "too long")
        notices = executor.notices(Access(shop.settings, secret), dict(request.headers), body, now)
    except (NotFound, Refused, KeyError) as error:
        log.warning("call_refused", shop=shop_id, error=type(error).__name__)
        return "", 400
    keys = [one.key for one in notices if one.key]
    ids = [one.external_id for one in notices if one.external_id]
    if keys or ids:
        with services().db.write() as writing:
            execution.look_again(writing, shop_id, keys, ids, now)
    return "", 204
