"""What commands share: the settings in force, and data printed for people or for programs."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from app.core import config
from app.core.config import Settings
from app.core.i18n import speaking

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def settings() -> Settings:
    """The settings; from here on this command speaks their language. Raises ConfigError."""
    loaded = config.load()
    context = click.get_current_context(silent=True)
    if context is not None:
        context.with_resource(speaking(loaded.language))
    return loaded


def print_json(value: Any) -> None:
    """One JSON document on one line."""
    said = json.dumps(value, ensure_ascii=False, default=str)
    try:
        said.encode()
    except UnicodeEncodeError:  # half a character, as an id that somebody else made up may have: it is printed escaped
        said = json.dumps(value, default=str)
    click.echo(said)


def print_json_lines(values: Iterable[Any]) -> None:
    """One JSON document a line."""
    for value in values:
        print_json(value)


def progress(length: int, label: str) -> Any:
    """A progress bar on a terminal, on stderr; nothing anywhere else. Use as a context and ``update`` it."""
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
