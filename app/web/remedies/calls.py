"""Where providers call: a signed word that something changed. Nothing in it is believed; it only has us ask again.

What it names is stored before it is answered, within a second or not at all: then it is to be sent again.
"""

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
from app.hooks.receiving import NotKeptError
from app.remedies import news, shops
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
    try:
        news.keep(services().quick_db, shop_id, notices, now)
    except NotKeptError:
        return "", 503, {"Retry-After": "5"}
    return "", 200
