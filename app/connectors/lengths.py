"""How long a text is, counted each platform's way. ``app/web/static/js/lengths.js`` counts the same while one types."""

import re
import unicodedata

import regex

from app.connectors.ports import LengthUnit
from app.core.text import each_grapheme, graphemes

URL_LENGTH = 23
"""What Mastodon and X count for a web address, however long it is."""
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_REMOTE_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w", re.ASCII)

_WEB = re.compile(
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|info|io|co|de|uk|fr|at|ch|eu|us|shop|app|dev)\b(?:/[^\s<>\"]*[^\s<>\".,;:!?)])?",
    re.IGNORECASE | re.ASCII,
)
"""Addresses as X finds them; of those without a scheme the usual endings."""
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_EMOJI = regex.compile(r"\A\p{Emoji_Presentation}|\uFE0F|\u20E3")


def length(text: str, unit: LengthUnit) -> int:
    """How long the text is, counted the platform's way."""
    if unit is LengthUnit.BYTES:
        return len(text.encode("utf-8", "surrogatepass"))
    if unit is LengthUnit.GRAPHEMES:
        return graphemes(text)
    if unit is LengthUnit.MASTODON:
        return _mastodon(text)
    if unit is LengthUnit.WEIGHTED:
        return _weighted(text)
    return len(text)


def _mastodon(text: str) -> int:
    """Web addresses count as 23, of ``@ann@example.org`` only ``@ann`` counts (docs.joinmastodon.org/user/posting)."""
    text = unicodedata.normalize("NFC", text)
    return len(_REMOTE_MENTION.sub(r"\1", _URL.sub("x" * URL_LENGTH, text)))


def _weighted(text: str) -> int:
    """X's count, version 3 (docs.x.com/fundamentals/counting-characters): 1 for Latin and what is near it, 2 for other
    scripts, 2 for any emoji, 23 for an address."""
    text = unicodedata.normalize("NFC", text)
    return sum(_weight(one) for one in each_grapheme(_WEB.sub("x" * URL_LENGTH, text)))


def _weight(grapheme: str) -> int:
    if _EMOJI.search(grapheme):
        return 2
    return sum(1 if any(low <= ord(one) <= high for low, high in _LIGHT) else 2 for one in grapheme)
