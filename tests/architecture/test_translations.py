"""Every string on screen goes through gettext, exists in German, with the same placeholders, and is compiled."""

import ast
import io
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from app.routing import reading
from app.web.present import names

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
FOLDER = APP / "translations/de/LC_MESSAGES"
TEMPLATES = sorted((APP / "web/templates").rglob("*.html"))
REMEDY = "run “make translations”"

TRANSLATES = {"_", "gettext", "ngettext", "pgettext", "plural"}
SAME_IN_ALL_LANGUAGES = {"Porchlight", "Esc"}
VERBATIM = {"pre", "code", "kbd", "style", "script"}
"""Elements whose text is typed or run as it stands."""
SEEN_OR_HEARD = {"title", "placeholder", "aria-label", "alt", "aria-description", "aria-roledescription"}
SHOWN = {"flash", "echo", "PorchlightError", "InvalidInput", "NotFound", "Forbidden", "Conflict", "UsageError"}
"""Functions and errors whose first argument people read."""


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


class Words(HTMLParser):
    """Collects what a reader of the page sees or hears."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._verbatim = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._verbatim += tag in VERBATIM
        self.found += [value for name, value in attrs if name in SEEN_OR_HEARD and value]

    def handle_endtag(self, tag: str) -> None:
        self._verbatim -= tag in VERBATIM

    def handle_data(self, data: str) -> None:
        if not self._verbatim:
            self.found.append(data)


def bare_words(texts: list[str]) -> list[str]:
    return [text.strip() for text in texts if re.search(r"[A-Za-z]{2}", text) and not bare_allowed(text)]


def bare_allowed(text: str) -> bool:
    return not set(re.findall(r"[A-Za-z]{2,}", text)) - SAME_IN_ALL_LANGUAGES


def markup(node: nodes.Node) -> str:
    """The template without its expressions, all branches one after the other."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Block) and node.name.endswith("_class"):
        return ""
    return "".join(markup(child) for child in node.iter_child_nodes())


def literals(node: nodes.Node) -> Iterator[str]:
    """Sentences and words with capitals in expressions, outside calls that translate them."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATES:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and re.search(r"\b[A-Z][a-z]+\b", node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from literals(child)


def parsed(source: str) -> nodes.Template:
    return Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)


def untranslated(source: str) -> list[str]:
    template = parsed(source)
    return bare_words(Words(markup(template)).found) + bare_words(list(literals(template)))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(APP / "web/templates")))
def test_no_word_of_a_template_bypasses_gettext(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>{% if a %}Bare{% endif %} {{ _('fine') }}</p>",
        "<a title='Bare'>{{ _('fine') }}</a>",
        "{{ ui.badge('Bare', 'icon') }}",
        "<pre>code</pre><p>Bare</p>",
    ],
)
def test_bare_words_are_noticed(source: str) -> None:
    assert untranslated(source) == ["Bare"]


def test_what_goes_through_gettext_is_let_pass() -> None:
    source = "<p title=\"{{ _('A') }}\">{% trans %}Some <b>words</b>{% endtrans %} · {{ ngettext('B', 'C', n) }}</p>"
    assert untranslated(source) == []


def english(call: ast.Call) -> str | None:
    """The words that stand in a call's first argument as they are."""
    first = call.args[0] if call.args else None
    parts = first.values if isinstance(first, ast.JoinedStr) else [first]
    said = " ".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
    return said if re.search(r"(?<![\w/])[A-Za-z]{2,}(?![\w/])", said) else None


def test_no_message_of_the_code_bypasses_gettext() -> None:
    found = []
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in SHOWN and (said := english(node)):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {said}")
    assert found == []


def test_the_first_rules_have_names_in_every_language() -> None:
    first = reading.read((APP / "routing/default_rules.toml").read_text(encoding="utf-8"))
    assert {rule.name for rule in first} <= names.OURS
    assert names.shown("A rule of our own") == "A rule of our own"
