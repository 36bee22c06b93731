"""Publications on their way: claimed, recorded. Each step is a short transaction of its own; none spans the network.

The promises are those of replies (``app.outbox``), and so are the times of trying and looking again.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Sent, Status
from app.connectors.publishing import NewPost
from app.core.chance import draw
from app.core.db import changed_rows
from app.core.jobs import JobName, defer_wake
from app.library import holding, rules
from app.library.models import Publication
from app.library.types import Claimed, PublicationState
from app.outbox import rules as outbox
from app.pages import service as pages
from app.pages import words
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState
from app.signals.service import tell
from app.signals.types import SignalKind


def due(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """Ids of publications that can be worked on now, the longest due first, none of stopped pages."""
    expired = Publication.lease_until <= now
    ready = or_(
        and_(Publication.state == PublicationState.QUEUED, Publication.due_at <= now),
        and_(Publication.state == PublicationState.SENDING, expired),
        and_(
            Publication.state == PublicationState.UNKNOWN,
            Publication.due_at <= now,
            or_(Publication.lease_until.is_(None), expired),
        ),
    )
    query = (
        select(Publication.id)
        .join(Page, Page.id == Publication.page_id)
        .join(Connection, Connection.page_id == Publication.page_id)
        .where(ready, Page.state == PageState.ACTIVE, Connection.state != ConnectionState.STOPPED)
        .order_by(Publication.due_at, Publication.id)
    )
    return list(session.scalars(query.limit(limit)))


def has_due(session: Session, now: datetime) -> bool:
    """Whether a worker would find something to do."""
    return bool(due(session, now, limit=1))


def claim(session: Session, publication_id: int, now: datetime, lease_seconds: float) -> Claimed | None:
    """Claim a publication for this process; None when somebody else was quicker, it has to be held, or its day is over.

    One that was being sent when its lease ran out may stand there: it is claimed to be looked up, not to be sent.
    """
    lease, until = secrets.token_hex(8), now + timedelta(seconds=lease_seconds)
    one = Publication
    send = (
        update(one)
        .where(one.id == publication_id, one.state == PublicationState.QUEUED, one.due_at <= now)
        .values(
            state=PublicationState.SENDING,
            attempts=one.attempts + 1,
            first_sent_at=func.coalesce(one.first_sent_at, now),
            lease=lease,
            lease_until=until,
        )
    )
    look = (
        update(one)
        .where(
            one.id == publication_id,
            one.state.in_([PublicationState.SENDING, PublicationState.UNKNOWN]),
            one.due_at <= now,
            or_(one.lease_until.is_(None), one.lease_until <= now),
        )
        .values(state=PublicationState.UNKNOWN, lease=lease, lease_until=until)
    )
    if changed_rows(session, send):
        return None if _must_not_leave(session, publication_id, now) else _claimed(session, publication_id, look=False)
    return _claimed(session, publication_id, look=True) if changed_rows(session, look) else None


def record_sent(session: Session, claimed: Claimed, sent: Sent, now: datetime) -> None:
    """It stands on the platform."""
    one = _mine(session, claimed)
    if one is None:
        return
    one.state, one.sent_at, one.at_platform = PublicationState.SENT, now, sent.status is Status.HELD
    one.external_id, one.external_url = sent.external_id, sent.url
    one.error_code = one.error_detail = None
    session.flush()
    defer_wake(session, JobName.UPKEEP)


def record_not_sent(
    session: Session,
    claimed: Claimed,
    code: str,
    detail: str,
    now: datetime,
    *,
    again: bool,
    named: datetime | None = None,
) -> None:
    """It certainly does not stand there: try later when ``again``, else (or after many tries) say so."""
    one = _mine(session, claimed)
    if one is None:
        return
    when = outbox.retry_at(now, one.attempts, draw(), named) if again else None
    one.error_code, one.error_detail = code, detail
    if when is not None:
        one.state, one.due_at = PublicationState.QUEUED, when
        session.flush()
    else:
        _give_up(session, one, PublicationState.FAILED, SignalKind.POST_FAILED, now)


def record_unknown(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """Nobody knows whether it stands there: it will be looked up, and after a day a person decides. Not before the
    lease of its sending is over: a slow platform may still act on it after we lost patience."""
    one = _mine(session, claimed)
    if one is None:
        return
    one.error_code, one.error_detail = code, detail
    when = outbox.look_again_at(now, one.first_sent_at or now, draw())
    if when is None:
        _give_up(session, one, PublicationState.UNCLEAR, SignalKind.POST_UNCLEAR, now)
        return
    one.state = PublicationState.UNKNOWN
    one.due_at = when if claimed.look_up else max(when, claimed.lease_until)
    session.flush()


def record_unknowable(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """The platform can't be asked: a person decides."""
    one = _mine(session, claimed)
    if one is not None:
        one.error_code, one.error_detail = code, detail
        _give_up(session, one, PublicationState.UNCLEAR, SignalKind.POST_UNCLEAR, now)


def record_not_there(session: Session, claimed: Claimed, now: datetime) -> None:
    """The look-up proved that it never arrived: it is sent again at once."""
    one = _mine(session, claimed)
    if one is not None:
        one.state, one.due_at = PublicationState.QUEUED, now
        session.flush()
        defer_wake(session, JobName.PUBLISH)


def record_stopped(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """The page's credentials no longer work: it waits with everything else of the page until they are mended, or a
    moment where they are only late to be renewed."""
    pages.stop(session, claimed.page_id, now, code, detail, used=claimed.sealed_secret)
    one = _mine(session, claimed)
    if one is not None:
        one.state = PublicationState.UNKNOWN if claimed.look_up else PublicationState.QUEUED
        stopped = session.get_one(Connection, claimed.page_id).state is ConnectionState.STOPPED
        one.due_at = now if stopped else now + pages.RENEWED_IN
        one.error_code, one.error_detail = code, detail
        session.flush()


def _must_not_leave(session: Session, publication_id: int, now: datetime) -> bool:
    """The last look: at trouble that came up since it was planned, and at whether its day is over."""
    one = session.get_one(Publication, publication_id, populate_existing=True)
    if one.attempts > 1:  # it was let go once, and may stand there in part
        return False
    if rules.too_late(one.due_at, one.attempts - 1, now):
        one.error_code, one.error_detail = words.TOO_LATE, ""
        _give_up(session, one, PublicationState.FAILED, SignalKind.POST_FAILED, now)
        return True
    held = holding.hold(session, one, now, now)
    if held:
        one.attempts, one.first_sent_at = 0, None
        session.flush()
    return held


def _claimed(session: Session, publication_id: int, *, look: bool) -> Claimed:
    query = (
        select(Publication, Page, Connection)
        .join(Page, Page.id == Publication.page_id)
        .join(Connection, Connection.page_id == Publication.page_id)
        .where(Publication.id == publication_id)
    )
    one, page, connection = session.execute(query.execution_options(populate_existing=True)).one()
    return Claimed(
        id=one.id,
        page_id=page.id,
        connector=page.connector,
        url=page.url,
        settings=dict(connection.settings),
        sealed_secret=connection.sealed_secret,
        post=NewPost(one.text, one.title, one.link, one.image, one.language),
        key=f"post:{one.id}",
        look_up=look,
        first_sent_at=one.first_sent_at or one.created_at,
        lease=one.lease or "",
        lease_until=one.lease_until or one.due_at,
    )


def _mine(session: Session, claimed: Claimed) -> Publication | None:
    """The publication, if it is still this process's; whatever is recorded ends its lease."""
    query = select(Publication).where(Publication.id == claimed.id, Publication.lease == claimed.lease)
    one = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if one is not None:
        one.lease = one.lease_until = None
    return one


def _give_up(session: Session, one: Publication, state: PublicationState, kind: SignalKind, now: datetime) -> None:
    one.state = state
    one.lease = one.lease_until = None
    session.flush()
    tell(session, kind, now, people=[one.author_id], page_id=one.page_id, code=one.error_code)
