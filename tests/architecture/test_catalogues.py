"""Every string on screen exists in German, with the same placeholders, and is compiled."""

import io
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "app/translations/de/LC_MESSAGES"
REMEDY = "run “make translations”"


@pytest.fixture(scope="module")
def german() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="de")


def translations(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def test_the_catalogue_has_every_string_of_the_code() -> None:
    done = subprocess.run([ROOT / "scripts/translations.sh", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}: {REMEDY}"


def test_everything_is_translated(german: Catalog) -> None:
    missing = [
        message.id for message in german if message.id and not (all(translations(message)) and not message.fuzzy)
    ]
    assert missing == []


def test_placeholders_survive_translation(german: Catalog) -> None:
    wrong = {message.id: [str(error) for error in errors] for message, errors in german.check()}
    assert wrong == {}


def test_what_is_compiled_is_what_is_written(german: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, german)
    assert (FOLDER / "messages.mo").read_bytes() == compiled.getvalue(), REMEDY
