"""How long a text is, counted each platform's way. ``app/web/static/js/lengths.js`` counts the same while one types."""

import re
import unicodedata

from app.connectors.ports import LengthUnit
from app.core.text import graphemes

URL_LENGTH = 23
"""What Mastodon and X count for a web address, however long it is."""
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_REMOTE_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w", re.ASCII)


def length(text: str, unit: LengthUnit) -> int:
    """How long the text is, counted the platform's way."""
    if unit is LengthUnit.BYTES:
        return len(text.encode("utf-8", "surrogatepass"))
    if unit is LengthUnit.GRAPHEMES:
        return graphemes(text)
    if unit is LengthUnit.MASTODON:
        return _mastodon(text)
    return len(text)


def _mastodon(text: str) -> int:
    """Web addresses count as 23, of ``@ann@example.org`` only ``@ann`` counts (docs.joinmastodon.org/user/posting)."""
    text = unicodedata.normalize("NFC", text)
    return len(_REMOTE_MENTION.sub(r"\1", _URL.sub("x" * URL_LENGTH, text)))
