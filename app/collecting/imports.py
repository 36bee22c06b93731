"""Files of comments from elsewhere, sent in a browser: checked whole, looked at by a person, then taken by a worker.

The file stands in the database until it was taken: whichever worker comes along finds it, and one that is killed leaves
what it has done and where to go on.
"""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import PurePath

import structlog
from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit import service as audit
from app.audit.types import Action
from app.collecting import history
from app.collecting.history import Format, Line
from app.collecting.models import Import
from app.collecting.service import store_history
from app.collecting.types import CheckedFile, Goal, ImportView
from app.connectors.ports import Found, Item
from app.core.clock import utc_now
from app.core.db import Database
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.core.text import one_line
from app.pages import queries as pages_queries
from app.pages import service as pages
from app.pages.types import PageState

log = structlog.get_logger()
ARCHIVE = "archive"
LARGEST = 10_000_000
"""Bytes of a file that may be sent; ``porchlight import`` takes any."""
SHOWN, PREVIEW = 20, 5
PORTION = 500
TURN = 20.0
"""Seconds a worker goes on before others get their turn."""
UNDECIDED_FOR = timedelta(days=1)
KEPT = timedelta(days=90)
SUFFIXES = {".csv": Format.CSV, ".tsv": Format.CSV, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL}


def form_of(file_name: str) -> Format | None:
    """What a file is, by its name."""
    return SUFFIXES.get(PurePath(file_name).suffix.lower())


def check(file_name: str, body: bytes, now: datetime) -> CheckedFile:
    """Read a whole file. Raises InvalidInput for what is no such file."""
    form = form_of(file_name)
    if form is None:
        raise InvalidInput(_("The file's name has to end in .csv, .tsv, .jsonl or .ndjson."), field="file")
    if len(body) > LARGEST:
        told = _("The file is too large; “porchlight import” on the server takes any size.")
        raise InvalidInput(told, field="file")
    if not body.strip():
        raise InvalidInput(_("There is nothing in this file."), field="file")
    comments, wrong = 0, 0
    mistakes: list[tuple[int, str]] = []
    for line in history.read(io.BytesIO(body), form, now):
        if line.item is not None:
            comments += 1
            continue
        wrong += 1
        if wrong <= SHOWN:
            mistakes.append((line.number, line.wrong))
    return CheckedFile(one_line(file_name, limit=200), form, body, comments, wrong, mistakes, now)


def keep(session: Session, by_id: int, file: CheckedFile, goal: Goal) -> int:
    """Keep a file until somebody decides; answer its id."""
    page = pages_queries.page(session, goal.page_id) if goal.page_id is not None else None
    row = Import(
        id=new_id(),
        by_id=by_id,
        file_name=file.name,
        form=file.form,
        body=file.body,
        page_id=goal.page_id,
        page_name=page.name if page else goal.name,
        team_id=goal.team_id,
        comments=file.comments,
        wrong=file.wrong,
        mistakes={"lines": [list(one) for one in file.mistakes]},
        checked_at=file.checked_at,
    )
    session.add(row)
    session.flush()
    return row.id


def view(session: Session, import_id: int) -> ImportView:
    """Raises NotFound."""
    found = _views(session, Import.id == import_id)
    if not found:
        raise _missing()
    return found[0]


def newest(session: Session, limit: int = 10) -> list[ImportView]:
    """The last files that were sent, newest first."""
    return _views(session, Import.id > 0, limit)


def preview(session: Session, import_id: int) -> list[Item]:
    """The first few comments of a file that waits for somebody to decide."""
    row = session.get(Import, import_id)
    return list(islice(_items(_lines(row)), PREVIEW)) if row is not None and row.body is not None else []


def begin(session: Session, by_id: int, import_id: int, *, skip_wrong: bool, now: datetime) -> None:
    """Have a file taken. Asked for again nothing happens. Raises NotFound, or Conflict while lines of it are wrong and
    nobody said that these are to be left out."""
    row = session.get(Import, import_id, with_for_update=True)
    if row is None:
        raise _missing()
    if row.begun_at is not None:
        return
    if (row.wrong and not skip_wrong) or not row.comments:
        raise Conflict(_("Lines of this file are wrong; mend it, or leave these lines out."), code="wrong")
    if row.page_id is None:
        row.page_id = page_named(session, row.page_name, row.team_id or 0, now, by=by_id)
    row.begun_at = now
    audit.note(
        session,
        Action.HISTORY_IMPORTED,
        f"page/{row.page_id}",
        now,
        by=by_id,
        file=row.file_name,
        comments=row.comments,
        left_out=row.wrong,
    )
    session.flush()
    defer_wake(session, JobName.IMPORT)


def discard(session: Session, import_id: int) -> None:
    """Forget a file that nobody wants taken. Raises NotFound, or Conflict when it is being taken already."""
    row = session.get(Import, import_id, with_for_update=True)
    if row is None:
        raise _missing()
    if row.begun_at is not None:
        raise Conflict(_("This file is being taken already."), code="begun")
    session.delete(row)
    session.flush()


def page_named(session: Session, name: str, team_id: int, now: datetime, *, by: int | None = None) -> int:
    """The page of that name for history alone; made if there is none."""
    url = f"{ARCHIVE}:{'-'.join(name.casefold().split())}"
    known = pages_queries.page_at(session, ARCHIVE, url)
    if known is not None and known.state is not PageState.REMOVED:
        return known.id
    found = Found(ARCHIVE, name.strip(), url)
    return pages.add_page(session, found, team_id=team_id, sealed_secret=None, account=None, since=None, now=now, by=by)


def has_due(session: Session, _now: datetime) -> bool:
    """Whether a worker would find something to do."""
    return _next(session) is not None


def run(db: Database, is_stopping: Callable[[], bool]) -> bool:
    """Take files, for a while; answer whether something is left."""
    ends = time.monotonic() + TURN
    while not is_stopping():
        with db.read() as session:
            import_id = _next(session)
            row = session.get(Import, import_id) if import_id is not None else None
            lines = _lines(row) if row is not None else iter(())
            done, page_id = (row.done, row.page_id) if row is not None else (0, None)
        if import_id is None or page_id is None:
            return False
        items = islice(_items(lines), done, None)
        while portion := list(islice(items, PORTION)):
            if not _take(db, import_id, done, portion):
                return True
            done += len(portion)
            if time.monotonic() >= ends or is_stopping():
                return True
        _finish(db, import_id, done)
    return True


def tidy(session: Session, now: datetime) -> None:
    """Forget files nobody decided about, and what is told of old ones."""
    undecided = Import.begun_at.is_(None) & (Import.checked_at < now - UNDECIDED_FOR)
    session.execute(delete(Import).where(or_(undecided, Import.finished_at < now - KEPT)))


def _take(db: Database, import_id: int, done: int, portion: Sequence[Item]) -> bool:
    """Store a portion, and that it was stored; False when another worker was quicker, or the page is just being read
    and brings the same comments: both are for the next turn."""
    try:
        with db.write() as session:
            row = session.get(Import, import_id, with_for_update=True)
            page = pages_queries.page(session, row.page_id) if row is not None and row.page_id is not None else None
            if row is None or page is None or row.done != done or row.finished_at is not None:
                return False
            now = utc_now()
            row.new += store_history(session, page.id, page.team_id, portion, now).new_comments
            row.done += len(portion)
    except IntegrityError:
        log.info("import_waits_for_a_reading", import_id=import_id)
        return False
    return True


def _finish(db: Database, import_id: int, done: int) -> None:
    with db.write() as session:
        row = session.get(Import, import_id, with_for_update=True)
        if row is not None and row.done == done:
            row.finished_at, row.body = utc_now(), None
    log.info("file_imported", import_id=import_id, comments=done)


def _next(session: Session) -> int | None:
    waiting = select(Import.id).where(Import.begun_at.is_not(None), Import.finished_at.is_(None))
    return session.scalar(waiting.order_by(Import.id).limit(1))


def _lines(row: Import) -> Iterator[Line]:
    """As they were when the file was checked: what was in the future then still is."""
    return history.read(io.BytesIO(row.body or b""), row.form, row.checked_at)


def _items(lines: Iterator[Line]) -> Iterator[Item]:
    return (line.item for line in lines if line.item is not None)


def _views(session: Session, which: ColumnElement[bool], limit: int = 1) -> list[ImportView]:
    query = select(Import, User.name).join(User, User.id == Import.by_id).where(which).order_by(Import.id.desc())
    return [
        ImportView(
            row.id,
            row.file_name,
            row.page_id,
            row.page_name,
            by,
            row.comments,
            row.wrong,
            [(number, words) for number, words in row.mistakes["lines"]],
            row.checked_at,
            row.begun_at,
            row.finished_at,
            row.done,
            row.new,
        )
        for row, by in session.execute(query.limit(limit))
    ]


def _missing() -> NotFound:
    return NotFound(_("There is no such file any more. Send it again."))
