"""Removing what nobody needs any more."""

from app.accounts import service as accounts
from app.core.clock import utc_now
from workers import context


def tidy() -> None:
    """Remove expired sessions and the like."""
    services = context.services()
    with services.db.write() as session:
        accounts.tidy(session, utc_now())
