"""The map of keys is true: what it says is pressed stands on a button; what an agent does has a key or a name."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.web.present.keys import KEYS, NAMED

ROOT = Path(__file__).resolve().parents[3] / "app" / "web"
INBOX = ("inbox/*.html", "macros/nav.html", "remedies/in_side.html", "rules/beside.html", "contacts/parts.html")
"""What stands on the screen of the inbox; other screens have keys of their own."""
NEAR = ("contacts/*.html", "remedies/beside.html", "remedies/in_composer.html", "outreach/beside.html")
PATHS = sorted({path for pattern in (*INBOX, *NEAR) for path in (ROOT / "templates").glob(pattern)})
ELSEWHERE = ("saved.html", "all_tags.html", "earlier.html", "texts.html", "picker.html", "no_talk.html")
"""Screens of their own, most of them for browsers without scripts, and what a field opens while somebody types."""
FINDS = ("contacts/overview.html", "contacts/choose.html")
"""One field, and Enter."""
TEMPLATES = "\n".join(
    path.read_text(encoding="utf-8") for pattern in INBOX for path in (ROOT / "templates").glob(pattern)
)
EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in PATHS)
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "static" / "js").glob("*.js"))
MARKS = {"data-key", "data-bulk", "data-named", "data-send", "data-use", "data-focus", "autofocus"}
"""What a key, a name or the opening of what holds it leads to. Sending and earlier answers have keys of their own."""


@dataclass
class Part:
    """An element that is open while a template is read."""

    tag: str
    reached: bool
    buttons: list[str] = field(default_factory=list)


class Unreached(HTMLParser):
    """Collects buttons without a key or name of their own, or of the form or the fold that they are in."""

    def __init__(self) -> None:
        super().__init__()
        self._open = [Part("", False)]
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        marked = bool(names & MARKS)
        if marked and tag != "button":
            for part in self._open[1:]:
                part.reached = True
        if "data-focus" in names and not any(part.tag == "details" for part in self._open):
            self._open[0].reached = True  # what a menu of another template opens with
        if tag in ("form", "details", "dialog", "noscript"):
            self._open.append(Part(tag, tag in ("dialog", "noscript")))
        marked = marked or bool(names & {"data-close", "data-pane"}) or ("type", "reset") in attrs
        if tag == "button" and not marked:
            self._open[-1].buttons.append(str(self.getpos()) + (self.get_starttag_text() or ""))

    def handle_endtag(self, tag: str) -> None:
        if self._open[-1].tag == tag:
            part = self._open.pop()
            if not part.reached:
                self._open[-1].buttons += part.buttons

    def close(self) -> None:
        super().close()
        self.found = [button for part in self._open if not part.reached for button in part.buttons]


def html_of(path: Path) -> str:
    """A template as HTML alone; a macro that makes a form is one."""
    text = re.sub(
        r"{% call forms\..*?%}(.*?){% endcall %}", r"<form>\1</form>", path.read_text("utf-8"), flags=re.DOTALL
    )
    return re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)


def test_buttons_and_map_agree() -> None:
    on_buttons = set(re.findall(r'data-key="([^"{]+)"', TEMPLATES))
    pressed = {key for one in KEYS if one.presses for key in one.keys}
    assert on_buttons == pressed


def test_a_key_is_one_sign_on_every_screen() -> None:
    """The map shows whatever is marked so as a key."""
    everywhere = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    assert {one for one in re.findall(r'data-key="([^"]*)"', everywhere) if len(one) != 1} == set()


def test_names_and_palette_agree() -> None:
    names = [one.name for one in NAMED]
    assert sorted(set(re.findall(r'data-named="([^"]+)"', EVERYTHING))) == sorted(names)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(path.parts[-2:]))
def test_whatever_is_done_has_a_key_or_a_name(path: Path) -> None:
    reader = Unreached()
    reader.feed(html_of(path))
    reader.close()
    elsewhere = path.name in ELSEWHERE or "/".join(path.parts[-2:]) in FINDS
    assert reader.found == [] or elsewhere, "give it data-key or data-named, and a line in app/web/present/keys.py"


def test_what_no_button_does_a_script_does() -> None:
    for key in (key for one in KEYS if not one.presses for key in one.keys if len(key) == 1):
        assert re.search(rf'["\']{re.escape(key)}["\']', SCRIPTS), key


def test_no_key_does_two_things() -> None:
    keys = [key for one in KEYS for key in one.keys]
    assert len(keys) == len(set(keys))
