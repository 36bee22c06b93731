"""What fills the gaps of a saved reply, and which one somebody means who types a few letters."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from app.inbox.views import ConversationView
from app.texts.types import SavedReply

VARIABLES = ("person", "first_name", "page", "post", "account", "team", "agent")
PLACEHOLDERS = tuple(f"{{{name}}}" for name in VARIABLES)
TITLE_MAXIMUM = 120
SHORTCUT_MAXIMUM = 40
TEXT_MAXIMUM = 20_000
TAGS_MAXIMUM = 10
_GAP = re.compile(r"(?P<before>[ \t]*)\{(?P<name>" + "|".join(VARIABLES) + r")(?:\|(?P<fallback>[^{}\n]{0,200}))?\}")
_LIKE_A_GAP = re.compile(r"\{[ \t]*[^\W\d][\w .-]{0,60}(?:\|[^{}\n]{0,200})?\}")
_SHORTCUT = re.compile(r"[\w-]+")


def values(talk: ConversationView, account: str, agent: str) -> dict[str, str]:
    """What the variables stand for in a conversation."""
    person = " ".join(talk.person.split())
    return {
        "person": person,
        "first_name": person.split(" ")[0],
        "page": talk.page_name,
        "post": talk.post_title or "",
        "account": account,
        "team": talk.team_name,
        "agent": agent,
    }


def fill(text: str, known: Mapping[str, str]) -> str:
    """The text with its variables filled in.

    ``{person|there}`` says what stands there when nothing is known. Without that the gap closes, with the blank before
    it: "Hello {person}, thanks" reads "Hello, thanks". What is put in is never filled again.
    """

    def put(found: re.Match[str]) -> str:
        value = known.get(found["name"], "") or found["fallback"] or ""
        return found["before"] + value if value else ""

    return _GAP.sub(put, text)


def gaps(text: str) -> list[str]:
    """Variables that still stand in a text, as they are written there, each once."""
    return list(dict.fromkeys(found[0].lstrip() for found in _GAP.finditer(text)))


def unknown(text: str) -> list[str]:
    """What looks like a variable and is none, as it is written there, each once: ``{name}``, ``{Person}``."""
    like = dict.fromkeys(found[0] for found in _LIKE_A_GAP.finditer(text))
    return [one for one in like if not _GAP.fullmatch(one)]


def is_shortcut(text: str) -> bool:
    """Whether it can be typed after a slash: letters, digits, hyphens."""
    return len(text) <= SHORTCUT_MAXIMUM and _SHORTCUT.fullmatch(text) is not None


def find(query: str, candidates: Sequence[SavedReply]) -> list[SavedReply]:
    """Those that a few letters may mean, the likeliest first: by where the letters stand, then by use."""
    words = _bare(query).split()
    ranked = []
    for one in candidates:
        place = _place(words, one)
        if place is not None:
            ranked.append((place, -one.used, one.title.casefold(), one.id, one))
    return [found for *_key, found in sorted(ranked, key=lambda entry: entry[:4])]


def _place(words: Sequence[str], one: SavedReply) -> int | None:
    """How far from the front all words stand: 0 the whole shortcut, then its beginning, the title, the text."""
    if not words:
        return 0
    shortcut, title = _bare(one.shortcut), _bare(one.title)
    if shortcut == "".join(words):
        return 0
    if len(words) == 1 and shortcut.startswith(words[0]):
        return 1
    if all(any(word.startswith(start) for word in title.split()) for start in words):
        return 2
    anywhere = f"{shortcut} {title}"
    if all(word in anywhere for word in words):
        return 3
    everything = f"{anywhere} {_bare(one.text)}"
    return 4 if all(word in everything for word in words) else None


def _bare(text: str) -> str:
    """Lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
