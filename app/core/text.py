"""Foreign text made safe: plain, bounded, without control characters."""

import re
import unicodedata

import regex

_FOREIGN_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

_GRAPHEME = regex.compile(r"\X")
_SMILEY = re.compile(r"(?<!\S)(?::[a-z?!]{1,8}:|[8:;=]-?[()?!|DPpOoXx])(?!\S)")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def plain(text: str) -> str:
    """The text without NUL, other control characters (tab and line feed stay), lone surrogates and the noncharacters
    U+FFFE and U+FFFF that no XML can carry; every kind of line end as LF."""
    if text.isprintable() or not _UNWANTED.search(text):  # the former is quicker, and true of most
        return text
    text = _FOREIGN_LINE_END.sub("\n", text)
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _UNWANTED.sub("", text)


def one_line(text: str, *, limit: int = 300) -> str:
    """For names and titles: ``plain``, every run of white space as one space, cut to ``limit`` characters."""
    if len(text) <= limit and text.isprintable() and "  " not in text:  # most names are
        return text.strip()
    text = " ".join(plain(text[: limit * 8]).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def bare_words(text: str) -> str:
    """Letters and digits alone, in one case, without accents, smileys and ``http://``: what is left of a text whatever
    typography a platform puts it through. Empty when it is made of nothing but symbols."""
    text = _SCHEME.sub("", _SMILEY.sub("", text)).replace("×", "x")
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def graphemes(text: str) -> int:
    """How many characters a reader counts: a family of emoji, or a letter with its accents, is one."""
    return len(_GRAPHEME.findall(text))


def each_grapheme(text: str) -> list[str]:
    """The characters a reader counts."""
    return list(_GRAPHEME.findall(text))
