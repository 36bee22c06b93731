"""Changing pages: adding, pausing, stopping, removing. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.audit import service as audit
from app.audit.types import Action
from app.connectors.ports import Account, Found
from app.core.db import one_at_a_time, run_in_bulk
from app.core.errors import Conflict, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.pages import queries, tokens
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState
from app.signals.service import tell
from app.signals.types import SignalKind

RENEWED_IN = timedelta(seconds=15)
"""How long tokens whose renewal is late are waited for before they are tried again."""
_ACCOUNTS = 0x70616765  # any number, as long as every Porchlight takes the same


def add_page(
    session: Session,
    found: Found,
    *,
    team_id: int,
    sealed_secret: bytes | None,
    account: Account | None,
    since: datetime | None,
    now: datetime,
    demo: bool = False,
    by: int | None = None,
) -> int:
    """Add a page and have it read at once; answer its id. A removed page comes back with its history, under another
    address of the same account too.

    ``by`` is who does it, for the audit log; None: the command line.

    Raises Conflict when the page is there already, or when the team is the demonstration's and the page is real.
    """
    if not demo and session.get_one(Team, team_id).demo:
        raise Conflict(_("This team belongs to the demonstration. Choose another for a real page."), code="demo")
    settings = {**found.settings, **(account.settings if account else {})}
    if account is not None and account.is_the_page:
        one_at_a_time(session, _ACCOUNTS)  # of two addresses of one account at once the second sees the first
    known = queries.page_at(session, found.kind, found.url, account)
    if known is not None and known.state is not PageState.REMOVED:
        raise _exists(known.name)
    if known is None:
        page, connection = _new_page(session, found, team_id, now, demo=demo)
    else:
        page = session.get_one(Page, known.id)
        connection = session.get_one(Connection, known.id)
        page.state, page.name, page.team_id = PageState.ACTIVE, found.name[:200], team_id
        page.url = found.url
    connection.settings = settings
    connection.sealed_secret = sealed_secret
    connection.account_name = account.name if account else None
    connection.account_key = account.key if account else None
    connection.can_log_in = found.can_log_in
    connection.since = since
    _forget_trouble(connection, now)
    session.flush()
    tokens.note_end(session, page.id, account.ends_at if account else None)
    defer_wake(session, JobName.COLLECT)
    announce(session, Changed("page", page.id))
    if not demo:
        what, login = f"page/{page.id}", sealed_secret is not None
        audit.note(session, Action.PAGE_CONNECTED, what, now, by=by, connector=found.kind, team=team_id, login=login)
    return page.id


def _new_page(session: Session, found: Found, team_id: int, now: datetime, *, demo: bool) -> tuple[Page, Connection]:
    page = Page(connector=found.kind, name=found.name[:200], url=found.url, team_id=team_id, demo=demo, created_at=now)
    session.add(page)
    try:
        session.flush()
    except IntegrityError:  # somebody else was quicker by a moment
        raise _exists(found.name) from None
    connection = Connection(page_id=page.id, next_read_at=now, next_verify_at=now + timedelta(minutes=10))
    session.add(connection)
    return page, connection


def _exists(name: str) -> Conflict:
    return Conflict(_("This page is connected already as “%(name)s”.", name=name), code="page_exists")


def set_credentials(
    session: Session,
    page_id: int,
    sealed_secret: bytes | None,
    account: Account | None,
    now: datetime,
    *,
    by: int | None = None,
) -> None:
    """Exchange the credentials; a stopped connection starts again and what waited to be sent goes out. ``by``: who."""
    connection = _connection(session, page_id)
    if account is None or account.key != connection.account_key:
        # What somebody could see decided the cursor: with another account everything recent is looked at again.
        connection.cursor = None
    connection.sealed_secret = sealed_secret
    connection.account_name = account.name if account else None
    connection.account_key = account.key if account else None
    if account:
        connection.settings = {**connection.settings, **account.settings}
    tokens.note_end(session, page_id, account.ends_at if account else None)
    _forget_trouble(connection, now)
    session.flush()
    defer_wake(session, JobName.COLLECT)
    defer_wake(session, JobName.DELIVER)
    defer_wake(session, JobName.PUBLISH)
    announce(session, Changed("page", page_id))
    known = sealed_secret is not None
    audit.note(session, Action.PAGE_LOGIN_CHANGED, f"page/{page_id}", now, by=by, login=known)


def set_state(session: Session, page_id: int, state: PageState, now: datetime, *, by: int | None = None) -> None:
    """Pause, take up again or remove a page. What was collected stays. ``by``: who, for the audit log."""
    page = session.get(Page, page_id)
    if page is None:
        raise NotFound(_("There is no page %(id)s.", id=page_id))
    page.state = state
    if state is PageState.REMOVED:
        _connection(session, page_id).sealed_secret = None
        tokens.note(session, page_id, None, now)
    if state is PageState.ACTIVE:
        _connection(session, page_id).next_read_at = now
        defer_wake(session, JobName.COLLECT)
    session.flush()
    announce(session, Changed("page", page_id))
    audit.note(session, Action.PAGE_STATE_CHANGED, f"page/{page_id}", now, by=by, state=state.value)


def hold(session: Session, page_ids: Sequence[int]) -> None:
    """Lock these pages until the transaction ends: what others are storing is finished, and nothing new begins."""
    session.scalars(select(Connection.page_id).where(Connection.page_id.in_(page_ids)).with_for_update()).all()
    session.scalars(select(Page.id).where(Page.id.in_(page_ids)).with_for_update()).all()


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove the pages themselves, once nothing of theirs is left."""
    run_in_bulk(session, delete(Page).where(Page.id.in_(page_ids)))
    announce(session, *(Changed("page", page_id) for page_id in page_ids))


def stop(session: Session, page_id: int, now: datetime, code: str, detail: str, *, used: bytes | None = None) -> None:
    """The credentials no longer work: nothing is read or sent for this page until a person mends it.

    ``used`` are those that did not work. When the page has others by now, it goes on with them; when they are about to
    be renewed, renewing them says whether the sign-in has ended or just its token.
    """
    connection = _connection(session, page_id)
    if used is not None and connection.sealed_secret != used:
        connection.next_read_at = now
        connection.lease = connection.lease_until = None
        session.flush()
        return
    connection.failing_since = connection.failing_since or now
    if used is not None and tokens.renewal_is_late(session, page_id, now):
        connection.next_read_at = now + RENEWED_IN
        connection.error_code, connection.error_detail = code, detail
        if connection.state is not ConnectionState.STOPPED:
            connection.state = ConnectionState.FAILING
        connection.lease = connection.lease_until = None
        session.flush()
        return
    if connection.state is not ConnectionState.STOPPED:
        since = connection.failing_since.isoformat()
        tell(session, SignalKind.PAGE_STOPPED, now, page_id=page_id, code=code, since=since)
    connection.state = ConnectionState.STOPPED
    connection.error_code, connection.error_detail = code, detail
    connection.lease = connection.lease_until = None
    session.flush()
    announce(session, Changed("page", page_id))


def read_soon(session: Session, page_id: int, now: datetime) -> None:
    """Have a page read now: somebody asked for it."""
    connection = _connection(session, page_id)
    connection.next_read_at = now
    if connection.state is ConnectionState.STOPPED:
        connection.state = ConnectionState.FAILING
    session.flush()
    defer_wake(session, JobName.COLLECT)


def heard(session: Session, page_id: int, newest: datetime, now: datetime) -> None:
    """Something was said at the page at ``newest``, as the platform told us by itself."""
    newest = min(newest, now)
    older = Connection.last_item_at.is_(None) | (Connection.last_item_at < newest)
    statement = update(Connection).where(Connection.page_id == page_id, older).values(last_item_at=newest)
    session.execute(statement.execution_options(synchronize_session=False))


def _connection(session: Session, page_id: int) -> Connection:
    connection = session.get(Connection, page_id)
    if connection is None:
        raise NotFound(_("There is no page %(id)s.", id=page_id))
    return connection


def _forget_trouble(connection: Connection, now: datetime) -> None:
    connection.state = ConnectionState.NEW
    connection.error_code = connection.error_detail = connection.failing_since = None
    connection.failures = 0
    connection.next_read_at = now
