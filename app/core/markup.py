"""The words of foreign HTML.

We keep words, never markup: what people see of a comment is text that the templates escape. So nothing here tries to
tell good HTML from bad; it reads the HTML as a browser would and keeps what a reader sees.
"""

import re
import threading
from html import unescape
from typing import Any, Final, cast

from lxml import etree

from app.core.text import plain

MAX_HTML_BYTES = 65_536
"""HTML beyond this many bytes of UTF-8 is cut off (TEXT columns of blogs end there too)."""

MAX_TAGS = 8_000
"""HTML from this many ``<`` on is cut off: a closing tag costs the parser as much as elements are open."""

MAX_QUOTE_DEPTH = 8
MAX_URL_LENGTH = 2_000

# Marks in the text while it is put together. ``plain`` removes these characters from foreign text and HTML has no way
# to write them, so they can't be forged.
_BREAK: Final = "\x01"
_EDGE: Final = "\x02"
_PARAGRAPH: Final = "\x03"
_QUOTE: Final = "\x04"
_UNQUOTE: Final = "\x05"
_SPACE: Final = "\x06"

_NEEDS_WORK = re.compile("[<&\n\t\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]|  ")
_LINE_END = re.compile(" ?[\x01-\x03][ \x01-\x03]*")
_NO_END_TAG = re.compile(r"</(?![a-zA-Z])")
_MANY_TAGS = re.compile(rf"(?:[^<]*<){{{MAX_TAGS}}}")
_TWO_LINE_ENDS = re.compile(r"\n\s*\n")
_WEB_ADDRESS = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_ADDRESS_PREFIX = re.compile(r"\Ahttps?://(?:www\.)?", re.IGNORECASE)

_UNSEEN = frozenset({"script", "style", "iframe", "noscript", "noembed", "noframes", "template", "title", "object"})
_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "section",
        "summary",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    }
)
_APART = frozenset({"td", "th", "button", "input"})
_BREAKS_LINES = re.compile(rf"<(?i:br|{'|'.join(sorted(_PARAGRAPHS | _BLOCKS))})[\s/>]")


# Most comments have no other markup than this, and need no parser.
_BREAKS: Final = {"br": _BREAK, "br/": _BREAK, "br /": _BREAK}
_IN_LINES = {**dict.fromkeys(("b", "/b", "i", "/i", "u", "/u", "em", "/em", "strong", "/strong"), ""), **_BREAKS}
_IN_PARAGRAPHS = {"p": _PARAGRAPH, "/p": _PARAGRAPH, **_BREAKS}
_ODD_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|#0?3[2-9]|#82(?:1[1-9]|2[0-9]|30));)")


def from_html(html: str) -> str:
    """The words a reader would see: no markup, entities decoded once, block elements and ``<br>`` as line breaks.

    At most one blank line in a row. List items start with ``- `` or their number, quoted lines with ``> ``, images are
    their alternative text. A link is its text; its address follows in parentheses when it is a web address that the
    text does not already show, but not for mentions and hash tags (``@ann``, ``#bread``). Line feeds in text that
    has no line-breaking markup of its own are kept: that is how blogs hold what somebody typed.

    Linear in time, never recursive; anything after ``MAX_HTML_BYTES`` is ignored.
    """
    html = _cut(html)
    if "<" not in html and "&" not in html:
        return _tidy(_single_spaces(plain(html), "\t")) if _NEEDS_WORK.search(html) else html.strip()
    text = plain(html)
    simple = _read_simple(text)
    return _lines(_read(text, keep_lines=not _BREAKS_LINES.search(text)) if simple is None else simple)


def _cut(html: str) -> str:
    if len(html) * 4 <= MAX_HTML_BYTES:
        return html
    cut = html.encode("utf-8", "surrogatepass")[:MAX_HTML_BYTES].decode("utf-8", "ignore")
    if cut.count("<") > MAX_TAGS and (many := _MANY_TAGS.match(cut)):
        cut = many.group()
    return cut if len(cut) == len(html) else cut.rstrip("</")


def _read_simple(html: str) -> str | None:
    """What ``_read`` makes of it, without a parser; None where that takes one.

    A paragraph that begins within an element ends with it, so paragraphs are never mixed with elements here.
    """
    if _ODD_ENTITY.search(html):
        return None
    known = _IN_PARAGRAPHS if "<p>" in html else _IN_LINES
    if known is _IN_LINES and "<br" not in html:
        html = html.replace("\n", _BREAK)
    before, *rest = html.split("<")
    parts, within = [before], False
    for one in rest:
        tag, closed, words = one.partition(">")
        mark = known.get(tag)
        if mark is None or not closed or (tag == "/p" and not within):
            return None
        within = tag == "p" or (within and tag != "/p")
        parts.append(mark)
        parts.append(words)
    return unescape("".join(parts))


def _read(html: str, *, keep_lines: bool) -> str:
    reader, parser = _own.reader, _own.parser
    reader.begin(keep_lines=keep_lines)
    # The element around it keeps the parser from adding paragraphs of its own around bare text.
    # Browsers take ``</3`` for the start of a comment; people mean a broken heart.
    parser.feed("<div>" + _NO_END_TAG.sub("&lt;/", html))
    return cast("str", parser.close())


def _single_spaces(text: str, *others: str) -> str:
    """Every run of blanks as one space; ``others`` are what counts as a blank besides. No pattern is as quick."""
    for other in others:
        text = text.replace(other, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _lines(marked: str) -> str:
    text = _single_spaces(marked, "\t", "\n", "\r").strip(" \x01\x02\x03")
    if _BREAK in text or _EDGE in text or _PARAGRAPH in text:
        text = _LINE_END.sub(_line_end, text)
    if _QUOTE in text:
        text = _quoted(text)
    return _tidy(text.replace(_SPACE, " "))


def _line_end(found: re.Match[str]) -> str:
    run = found.group()
    return "\n\n" if _PARAGRAPH in run or run.count(_BREAK) > 1 else "\n"


def _quoted(text: str) -> str:
    lines = []
    depth = 0
    for line in text.split("\n"):
        depth += line.count(_QUOTE)
        words = line.replace(_QUOTE, "").replace(_UNQUOTE, "").strip(" ")
        lines.append("> " * min(depth, MAX_QUOTE_DEPTH) + words if words else "")
        depth -= line.count(_UNQUOTE)
    return "\n".join(lines)


def _tidy(text: str) -> str:
    text = "\n".join([line.rstrip() if line[:2] == "  " else line.strip() for line in text.split("\n")])
    return _TWO_LINE_ENDS.sub("\n\n", text).strip() if "\n\n\n" in text else text.strip()


class _Reader:
    """Target of lxml's parser: gathers what is seen, with marks for line ends and quotes."""

    def __init__(self) -> None:
        self.begin(keep_lines=False)

    def begin(self, *, keep_lines: bool) -> None:
        """Forget what was gathered."""
        self._keep_lines = keep_lines
        self._parts: list[str] = []
        self._unseen = 0
        self._pre = 0
        self._lists: list[int | None] = []
        self._link: tuple[str, int] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif self._unseen:
            return
        elif tag == "br":
            self._parts.append(_BREAK)
        elif tag in _PARAGRAPHS:
            self._start_paragraph(tag)
        elif tag in _BLOCKS:
            self._start_block(tag)
        elif tag == "a":
            self._link = (attributes.get("href") or "", len(self._parts))
        elif tag == "img":
            self.data(attributes.get("alt") or "")
        elif tag in _APART:
            self._parts.append(" ")

    def end(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen -= 1
        elif self._unseen:
            return
        elif tag in _PARAGRAPHS:
            self._end_paragraph(tag)
        elif tag in _BLOCKS:
            self._parts.append(_EDGE)
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
        elif tag == "a" and self._link:
            self._end_link(*self._link)

    def data(self, text: str) -> None:
        if self._unseen:
            return
        text = plain(text)
        if self._pre:
            text = text.replace("\n", _BREAK).replace("\t", "    ").replace(" ", _SPACE)
        elif self._keep_lines:
            text = text.replace("\n", _BREAK)
        self._parts.append(text)

    def close(self) -> str:
        return "".join(self._parts)

    def _start_paragraph(self, tag: str) -> None:
        self._parts.append(_PARAGRAPH)
        if tag == "blockquote":
            self._parts.append(_QUOTE)
        elif tag == "pre":
            self._pre += 1

    def _end_paragraph(self, tag: str) -> None:
        if tag == "blockquote":
            self._parts.append(_UNQUOTE)
        elif tag == "pre":
            self._pre -= 1
        self._parts.append(_PARAGRAPH)

    def _start_block(self, tag: str) -> None:
        self._parts.append(_EDGE)
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            number = self._lists[-1] if self._lists else None
            if number is None:
                self._parts.append("- ")
            else:
                self._lists[-1] = number + 1
                self._parts.append(f"{number + 1}. ")

    def _end_link(self, href: str, start: int) -> None:
        self._link = None
        text = "".join(self._parts[start:]).strip(" \x01\x02\x03")
        address = "".join(href.split())
        if not text or text[0] in "@#" or len(address) > MAX_URL_LENGTH or not _WEB_ADDRESS.match(address):
            return
        shown = _ADDRESS_PREFIX.sub("", address).rstrip("/").lower()
        if shown not in text.lower():
            self._parts.append(f" ({plain(address)})")


class _Own(threading.local):
    """A parser for each thread: making one takes lxml longer than reading a comment with it."""

    def __init__(self) -> None:
        self.reader = _Reader()
        self.parser = etree.HTMLParser(target=cast("Any", self.reader), huge_tree=True)


_own = _Own()
