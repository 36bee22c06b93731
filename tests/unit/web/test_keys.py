"""The map of keys is true: what it says is pressed stands on a button, and no button has a key of its own."""

import re
from pathlib import Path

from app.web.present.keys import KEYS

ROOT = Path(__file__).resolve().parents[3] / "app" / "web"
INBOX = ("inbox/*.html", "macros/nav.html", "remedies/in_side.html", "rules/beside.html")
"""What stands on the screen of the inbox; other screens have keys of their own."""
TEMPLATES = "\n".join(
    path.read_text(encoding="utf-8") for pattern in INBOX for path in (ROOT / "templates").glob(pattern)
)
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "static" / "js").glob("*.js"))


def test_buttons_and_map_agree() -> None:
    on_buttons = set(re.findall(r'data-key="([^"{]+)"', TEMPLATES))
    pressed = {key for one in KEYS if one.presses for key in one.keys}
    assert on_buttons == pressed


def test_what_no_button_does_a_script_does() -> None:
    for key in (key for one in KEYS if not one.presses for key in one.keys if len(key) == 1):
        assert re.search(rf'["\']{re.escape(key)}["\']', SCRIPTS), key


def test_no_key_does_two_things() -> None:
    keys = [key for one in KEYS for key in one.keys]
    assert len(keys) == len(set(keys))
