"""Words on screen: gettext catalogues for English and German, and the language in force for this piece of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, negotiate_locale
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

LANGUAGES = ("en", "de")
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
_current: ContextVar[str] = ContextVar("language", default="en")
_zone: ContextVar[str | None] = ContextVar("zone", default=None)


@cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(CATALOGUES, [language])


def gettext(message: str, **values: object) -> str:
    """The message in the language in force; ``%(name)s`` placeholders are filled from ``values``."""
    text = _catalogue(_current.get()).ugettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """The form for ``n`` things; ``n`` itself may stand in the text as ``%(num)s``."""
    return _catalogue(_current.get()).ungettext(singular, plural, n) % {"num": number(n), **values}


def number(n: int) -> str:
    """A number as it is written in the language in force."""
    return str(n) if abs(n) < 1000 else str(format_decimal(n, locale=locale()))  # babel is slow, and most are small


def plural(singular: str, plural: str, n: int) -> str:
    """The form for ``n`` things, placeholders still in it: templates fill them in and escape what goes there."""
    return _catalogue(_current.get()).ungettext(singular, plural, n)


def pgettext(context: str, message: str, **values: object) -> str:
    """The message in a context, for words that translate differently in different places."""
    text = str(_catalogue(_current.get()).upgettext(context, message))
    return text % values if values else text


def lazy(message: str) -> str:
    """Mark a string for translation where no language is in force yet; pass it through ``gettext`` when shown."""
    return message


def language() -> str:
    """The language in force: ``en`` or ``de``."""
    return _current.get()


def locale() -> Locale:
    """Babel's locale of the language in force, for dates and numbers."""
    return _locale(_current.get())


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Put a language in force for the block; an unknown one means English."""
    token = _current.set(chosen if chosen in LANGUAGES else "en")
    try:
        yield
    finally:
        _current.reset(token)


def choose(wanted: list[str], default: str) -> str:
    """The first of ``wanted`` (language tags, best first) that we have, else ``default``."""
    return negotiate_locale([tag.replace("-", "_") for tag in wanted], list(LANGUAGES)) or default


def use(chosen: str) -> None:
    """Put a language in force for the rest of this request or command; an unknown one means English."""
    _current.set(chosen if chosen in LANGUAGES else "en")


def use_zone(name: str | None) -> None:
    """Put a time zone in force for the rest of this request; None: nobody has chosen one."""
    _zone.set(name)


def zone() -> ZoneInfo | None:
    """The time zone that the reader has chosen; None where nobody has, and for one that this machine does not know."""
    return zone_named(_zone.get())


def zone_named(name: str | None) -> ZoneInfo | None:
    """The time zone of that IANA name; None for none, and for one that this machine does not know."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # "America" is a folder
        return None
