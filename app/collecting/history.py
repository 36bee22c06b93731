"""Comments from elsewhere, out of CSV or JSON lines. Reads any length in bounded memory; decides nothing.

The columns are those of ``porchlight export comments``; docs/connectors/archive.md describes them.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, BinaryIO

from app.connectors.ports import Author, Item, Post, Status
from app.core.i18n import gettext as _
from app.core.spreadsheet import uncovered
from app.core.text import one_line, plain

LONGEST_LINE = 1_000_000
LONGEST_TEXT = 100_000
LONGEST_ID = 400
NEEDED = ("external_id", "text", "published_at")
COLUMNS = (
    "external_id",
    "author",
    "text",
    "published_at",
    "parent",
    "url",
    "status",
    "page",
    "is_us",
    "author_id",
    "author_url",
    "author_email",
    "post",
    "post_title",
    "post_url",
    "private",
)
"""All that are known; ``page`` is the exporter's and is passed over."""
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})
_NO_POST = "-"


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One comment of a file, or what is wrong with it."""

    number: int
    """Where it begins, from 1."""
    item: Item | None
    wrong: str = ""
    is_last: bool = False
    """Nothing after it can be read."""


def read(stream: BinaryIO, form: Format, now: datetime) -> Iterator[Line]:
    """The comments of a file, one by one. A date without a zone is UTC. Blank lines are passed over."""
    return _read_csv(stream, now) if form is Format.CSV else _read_json(stream, now)


def _read_json(stream: BinaryIO, now: datetime) -> Iterator[Line]:
    for number, text in _lines(stream):
        if text is None:
            yield Line(number, None, _too_long(), is_last=True)
            return
        if not text.strip():
            continue
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            yield Line(number, None, _("not a JSON object"))
        else:
            yield _line(number, fields, now)


def _read_csv(stream: BinaryIO, now: datetime) -> Iterator[Line]:
    lines = _Texts(stream)
    number = 1
    try:
        head = next(lines, "")
        separator = max(",;\t", key=head.count)
        header = [name.strip() for name in next(csv.reader([head], delimiter=separator, strict=True), [])]
        if complaint := _header_complaint(header):
            yield Line(1, None, complaint, is_last=True)
            return
        number = 2
        reader = csv.reader(lines, delimiter=separator, strict=True)
        for row in reader:
            if row:
                yield _row(number, header, row, now)
            number = reader.line_num + 2
    except csv.Error:
        told = _("a quotation mark that is not closed or stands in the middle, or far too long a value")
        yield Line(number, None, told, is_last=True)
        return
    if lines.too_long:
        yield Line(lines.too_long, None, _too_long(), is_last=True)


def _row(number: int, header: Sequence[str], row: Sequence[str], now: datetime) -> Line:
    if len(row) != len(header):
        return Line(number, None, _("%(n)s values for %(columns)s columns", n=len(row), columns=len(header)))
    return _line(number, dict(zip(header, map(uncovered, row), strict=True)), now)


class _Texts:
    """The lines of a file, up to one that is too long; ``too_long`` is its number then."""

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = _lines(stream)
        self.too_long = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, text = next(self._lines)
        if text is None:
            self.too_long = number
            raise StopIteration
        return text


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """Number and text of each line; None for one that is too long, the last that is given. Bytes that are no UTF-8
    become lone surrogates, which are found with the value they stand in."""
    number = 0
    while data := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(data) > LONGEST_LINE:
            yield number, None
            return
        text = data.decode("utf-8", "surrogateescape")
        yield number, text.removeprefix("\ufeff") if number == 1 else text


def _too_long() -> str:
    return _("longer than %(n)s bytes", n=LONGEST_LINE)


def _header_complaint(header: Sequence[str]) -> str:
    missing = [name for name in NEEDED if name not in header]
    if missing:
        return _("the first line has to name the columns; missing: %(names)s", names=", ".join(missing))
    return _unknown(header) or (_("a column is named twice") if len(set(header)) < len(header) else "")


def _unknown(names: Sequence[str]) -> str:
    unknown = [name[:40] for name in names if name not in COLUMNS]
    if not unknown:
        return ""
    return _("unknown columns: %(names)s; known are %(known)s", names=", ".join(unknown[:5]), known=", ".join(COLUMNS))


def _line(number: int, fields: Mapping[str, Any], now: datetime) -> Line:
    try:
        if complaint := _unknown(list(fields)):
            raise _WrongError(complaint)
        return Line(number, _item(fields, now))
    except _WrongError as wrong:
        return Line(number, None, str(wrong))


class _WrongError(Exception):
    """What is the matter with a comment."""


def _item(fields: Mapping[str, Any], now: datetime) -> Item:
    return Item(
        external_id=_id(fields, "external_id", needed=True),
        post=Post(
            _id(fields, "post") or _NO_POST, _url(fields, "post_url"), one_line(_text(fields, "post_title")) or None
        ),
        author=Author(
            name=one_line(_text(fields, "author"), limit=200),
            key=_id(fields, "author_id") or None,
            url=_url(fields, "author_url"),
            email=_text(fields, "author_email")[:254] or None,
            is_us=_yes(fields, "is_us"),
        ),
        text=_words(fields),
        published_at=_moment(fields, now),
        parent=_id(fields, "parent") or None,
        url=_url(fields, "url"),
        status=_status(fields),
        private=_yes(fields, "private"),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise _WrongError(_("%(name)s is not a text", name=name))
    if any("\ud800" <= one <= "\udfff" for one in value):
        raise _WrongError(_("%(name)s is not UTF-8", name=name))
    return value


def _id(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = _text(fields, name).strip()
    if (needed and not value) or len(value) > LONGEST_ID or plain(value) != value:
        raise _WrongError(_("%(name)s is missing, too long, or holds control characters", name=name))
    return value


def _words(fields: Mapping[str, Any]) -> str:
    if "text" not in fields:
        raise _WrongError(_("%(name)s is missing", name="text"))
    text = _text(fields, "text")
    if len(text) > LONGEST_TEXT:
        raise _WrongError(_("text has more than %(n)s characters", n=LONGEST_TEXT))
    return plain(text)


def _url(fields: Mapping[str, Any], name: str) -> str | None:
    value = _text(fields, name).strip()
    if value and not value.startswith(("http://", "https://")):
        raise _WrongError(_("%(name)s is not a web address", name=name))
    return value[:2000] or None


def _moment(fields: Mapping[str, Any], now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(fields, "published_at").strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _WrongError(_("published_at is not a time such as 2024-03-01T10:00:00Z")) from None
    if moment > now:
        raise _WrongError(_("published_at is in the future"))
    return moment


def _one_of(name: str, value: str, *known: str) -> _WrongError:
    told = ", ".join(known)
    return _WrongError(_("%(name)s is “%(value)s”; it may be %(known)s", name=name, value=value[:40], known=told))


def _yes(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if isinstance(value, bool):
        return value
    text = _text(fields, name).strip().casefold()
    if text not in _TRUE | _FALSE:
        raise _one_of(name, text, "true", "false")
    return text in _TRUE


def _status(fields: Mapping[str, Any]) -> Status:
    text = _text(fields, "status").strip().casefold()
    try:
        return Status(text) if text else Status.LIVE
    except ValueError:
        raise _one_of("status", text, *Status) from None
