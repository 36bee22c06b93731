"""Removing what nobody needs any more."""

import structlog

from app import bootstrap
from app.accounts import service as accounts
from app.audit import heads
from app.collecting import imports
from app.collecting import service as collecting
from app.core.clock import utc_now
from app.duty import giving
from app.hooks import care as hooks
from app.inbox import counts, journal
from app.notifications import outgoing as notifications
from app.pages import spending
from app.routing import anew, trials
from workers import context

log = structlog.get_logger()


def tidy() -> None:
    """Remove expired sessions and the like, and raw answers and calls older than ``collecting.keep_raw_days``.

    The numbers of conversations are compared with what is there; that they were wrong is logged. The audit log's end is
    written into the data folder here too.
    """
    services = context.services()
    now = utc_now()
    with services.db.write() as session:
        accounts.tidy(session, now)
        notifications.tidy(session, now)
        journal.tidy(session, now)
        giving.tidy(session, now)
        anew.tidy(session, now)
        trials.tidy(session, now)
        collecting.tidy(session, now, services.settings.collecting.keep_raw_days)
        spending.tidy(session, now)
        imports.tidy(session, now)
        hooks.tidy(session, now, services.settings.collecting.keep_raw_days)
    with services.db.write() as session:
        mended = counts.mend(session)
    if mended:
        log.warning("counts_mended", sorts=mended)
    settings = services.settings
    with services.db.read() as session:
        heads.write(session, heads.file_of(settings.data_dir), bootstrap.audit_key(settings), now)
