"""Looking after pages between and after campaigns."""

from app.core.clock import utc_now
from app.upkeep import belonging, handing_over, keeping, pulses, reminding, rolling
from workers import context
from workers.context import services


def look_after() -> int:
    """See what belongs to which campaign, add up days, judge pages once an hour, see to their plans, say again what
    nobody sees to, and give what nobody has to who inherited it or looks after the page; answer how many were given."""
    for portion in (belonging.work, rolling.work):
        more = True
        while more and not context.stopping.is_set():
            with services().db.write() as session:
                more = portion(session, utc_now())
    with services().db.write() as session:
        if pulses.is_due(session, utc_now()):
            pulses.take(session, utc_now())
    with services().db.write() as session:
        keeping.work(session, utc_now())
        reminding.work(session, utc_now())
    given = 0
    for give in (handing_over.give_heirs, keeping.give_stewards):
        count = handing_over.AT_ONCE
        while count >= handing_over.AT_ONCE and not context.stopping.is_set():
            with services().db.write() as session:
                count = give(session, utc_now())
            given += count
    return given
