"""Says in a sentence what to do about trouble that is nobody's programming error: full disks, absent servers."""

import errno
import sqlite3

import redis
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, ProgrammingError

from app.core.i18n import gettext as _

_DAMAGED = ("file is not a database", "malformed")


def explain(error: BaseException) -> str | None:
    """The sentence for the person at the terminal; None when the error is not of this kind."""
    if isinstance(error, (OperationalError, ProgrammingError)):
        return _explain_database(error)
    if type(error) in (DatabaseError, sqlite3.DatabaseError):
        return _explain_file(error)
    if isinstance(error, redis.RedisError):
        return _(
            "Redis can't be used (%(reason)s). Start “porchlight run”, or check redis.url in config.toml.",
            reason=_first_line(error),
        )
    if isinstance(error, OSError):
        return _explain_system(error)
    return None


def _explain_system(error: OSError) -> str | None:
    where = error.filename or _("the data folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _(
            "The disk is full (%(where)s). Free some space, or choose another data_dir in config.toml.", where=where
        )
    if error.errno == errno.EEXIST:
        return _("%(where)s is a file, but a folder is needed. Choose another data_dir in config.toml.", where=where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT):
        return _(
            "%(where)s can't be used (%(reason)s). Give this user the right to write there, or choose "
            "another data_dir in config.toml.",
            where=where,
            reason=error.strerror,
        )
    return None


def _explain_file(error: BaseException) -> str | None:
    """What SQLite says of its own file; its other kinds of trouble have classes of their own."""
    reason = _first_line((error.orig if isinstance(error, DatabaseError) else None) or error)
    if not any(words in reason for words in _DAMAGED):
        return None
    return _(
        "The database file is damaged (%(reason)s). Stop Porchlight, keep a copy of the data folder as it is, and "
        "restore a backup.",
        reason=reason,
    )


def _explain_database(error: DBAPIError) -> str:
    reason = _first_line(error.orig or error)
    if "disk is full" in reason:
        return _("The disk with the database is full. Free some space, or choose another data_dir in config.toml.")
    if "disk I/O error" in reason:  # also what SQLite says when there is no room for the files beside the database
        return _(
            "The database can't be read or written (%(reason)s). Most often the disk is full: free some space. "
            "If there is space, the disk may be failing.",
            reason=reason,
        )
    if "no such table" in reason or isinstance(error, ProgrammingError):
        return _("The database is not up to date (%(reason)s). Run “porchlight db upgrade”.", reason=reason)
    return _(
        "The database can't be used (%(reason)s). Check that it runs; see database.url and data_dir in config.toml.",
        reason=reason,
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
