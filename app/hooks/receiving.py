"""Keeping a call: within a second, or not at all, and then whoever calls is told so."""

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.connectors.hooks import Call
from app.core.clock import utc_now
from app.core.db import Database
from app.hooks import queries, service
from app.hooks.types import Place

log = structlog.get_logger()


class NotKeptError(Exception):
    """The call was not stored: whoever sent it should send it again."""


def place_at(database: Database, kind: str, token: str) -> Place | None:
    """The page's own address with that token in it; None when it is nobody's. Raises NotKeptError.

    ``database`` is as for ``keep``: whoever calls is answered within a second, also while it does not answer.
    """
    try:
        with database.read() as session:
            return queries.place(session, kind, token)
    except (OperationalError, PoolTimeout) as error:
        log.warning("call_not_kept", kind=kind, error=type(error).__name__)
        raise NotKeptError from None


def keep(database: Database, kind: str, place: str, page_id: int | None, call: Call) -> None:
    """Store a call that was verified; the same call again is not stored again. Raises NotKeptError.

    ``database`` is one that loses patience in well under a second.
    """
    try:
        with database.write() as session:
            fresh = service.keep_call(session, kind, place, page_id, call, utc_now())
    except (OperationalError, PoolTimeout) as error:
        log.warning("call_not_kept", kind=kind, error=type(error).__name__)
        raise NotKeptError from None
    log.info("call_kept" if fresh else "call_known", kind=kind, page=page_id)
