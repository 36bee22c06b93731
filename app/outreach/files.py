"""Outreach from a file: an affiliate network's or a press tool's export, one line each."""

import codecs
import csv
import io
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.outreach import service, sources
from app.outreach.types import By, Line

LINES = 2_000
LONGEST = 2_000_000


def text_of(body: bytes) -> str:
    """What a file says: UTF-8, UTF-16 with its mark, or else Windows-1252, which spreadsheets in Europe write.

    Raises InvalidInput for what is no text, or too long.
    """
    if len(body) > LONGEST:
        raise InvalidInput(_("This is too long. Take it in parts."), field="file")
    marked = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(_("This is no table of texts parted by commas."), field="file")


def take(session: Session, by: By, text: str, now: datetime) -> list[Line]:
    """Enter each line by itself: what is wrong in one holds up no other. Raises InvalidInput for what is no such file.

    The first line names the columns, as in the API; they are parted by commas, semicolons or tabs.
    """
    if len(text) > LONGEST:
        raise InvalidInput(_("This is too long. Take it in parts."), field="file")
    text = text.lstrip("\ufeff")
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=mark, strict=True))
    except csv.Error:
        raise InvalidInput(_("This is no table of texts parted by commas."), field="file") from None
    columns = {(name or "").strip().casefold() for name in (rows[0] if rows else {})}
    if not {"kind", "stance", "name"} <= columns:
        known = "kind, stance, name, site, account, email, message, from, until, id"
        raise InvalidInput(_("The first line has to name the columns: %(known)s.", known=known), field="file")
    if len(rows) > LINES:
        raise InvalidInput(_("At most %(n)s lines at a time.", n=LINES), field="file")
    return [_line(session, by, number, row, now) for number, row in enumerate(rows, 2)]


def _line(session: Session, by: By, number: int, row: dict[str, str | None], now: datetime) -> Line:
    said = {name.strip().casefold(): value.strip() for name, value in row.items() if name and isinstance(value, str)}
    try:
        with session.begin_nested():
            return Line(number, service.record(session, by, sources.typed(said), now))
    except PorchlightError as error:
        return Line(number, None, error.message)
