"""Looking after pages between and after campaigns."""

from app.core.clock import utc_now
from app.upkeep import belonging, handing_over
from workers import context
from workers.context import services


def look_after() -> int:
    """See what belongs to which campaign, and give what closed ones left to their heirs; answer how many were given."""
    more = True
    while more and not context.stopping.is_set():
        with services().db.write() as session:
            more = belonging.work(session, utc_now())
    given = 0
    while not context.stopping.is_set():
        with services().db.write() as session:
            count = handing_over.give_heirs(session, utc_now())
        given += count
        if count < handing_over.AT_ONCE:
            break
    return given
