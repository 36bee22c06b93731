"""Mends the text of feeds that are not well-formed XML. Text in, text out; every step is linear in its length.

Real feeds break in a few known ways: visitors type characters XML can't hold, editors type ``]]>``, themes print HTML's
entities or warnings, declarations name the wrong charset, and connections end early.
"""

import re
from dataclasses import dataclass
from html import unescape
from html.entities import html5
from xml.sax.saxutils import escape

from app.connectors.errors import BAD_ANSWER, TOO_LARGE, Transient

ROOTS = frozenset({"rss", "feed", "RDF"})
MAX_ENTITY = 4_096
MAX_EXPANSION = 1_000_000
MAX_REFERENCES = 300_000
MAX_ROOT_TAG = 4_096

_PREFIXES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "media": "http://search.yahoo.com/mrss/",
}
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})

_CHARSET = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_MEDIA_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_TEXT_CODEC = re.compile(
    r"(?:iso-?8859-\d+|latin-?\d|windows-\d+|cp\d+|utf-?(?:8|16|32)(?:le|be)?|gb\d+|gbk|big5|euc-\w+|shift_?jis|"
    r"koi8-\w|iso-2022-jp|us-ascii|ascii|mac\w+|tis-620)\Z",
    re.IGNORECASE,
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|RDF)(?=[\s>])")
_HTML = re.compile(r"<html[\s>]|<!doctype\s+html", re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.:-]{1,64})\s+(?:"([^"<]*)"|'([^'<]*)')\s*>""")
_REFERENCE = re.compile(r"&([\w.:-]{1,64});")
_NOT_XML = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PIECE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|\]\]>|&(?:#([0-9]{1,8}|[xX][0-9a-fA-F]{1,7});|([A-Za-z][\w.-]{0,63});)?",
    re.DOTALL,
)
_OPENING = re.compile(r"<([\w.:-]{1,64})[^<>]*>\s*\Z")
_CLOSING = re.compile(r"\s{0,100}</")
_ROOT_TAG = re.compile(r"""<([\w.:-]+)(?:[^>"']|"[^"]*"|'[^']*')*>""")
_ENTRY = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(/?)(?:[\w.-]{1,40}:)?(?:item|entry)(?=[\s/>])[^>]*>", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Parts:
    """A feed's text before and from its root element on."""

    prolog: str
    content: str


@dataclass(frozen=True, slots=True)
class Pieces:
    """A feed cut up: the root's tag and name, everything before the first entry, and the entries that end."""

    root: str
    root_name: str
    head: str
    entries: list[str]
    breaks_off: bool


def local_name(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def decode(body: bytes, media_type: str) -> str:
    """The text, by evidence first and declaration second: many feeds declare what they are not.

    Valid UTF-8 is UTF-8, whatever was declared. Else the declared charset counts (RFC 7303: that of the media type
    before that of the XML declaration), and windows-1252 when even that is wrong.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    if body[:2] in (b"<\0", b"\0<"):
        return body.decode("utf-16-le" if body[:1] == b"<" else "utf-16-be", "replace")
    declared = _declared_charset(body, media_type)
    if declared.startswith("iso-2022") and b"\x1b" in body:
        return _decoded(body, declared)
    text = body.decode("utf-8-sig", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    if text.count("\ufffd") * (10 if declared else 2) <= foreign:
        return text
    return _decoded(body, declared or "windows-1252")


def _declared_charset(body: bytes, media_type: str) -> str:
    """The declared charset; "" when there is none that says more than the bytes do."""
    found = _MEDIA_CHARSET.search(media_type)
    in_text = _CHARSET.search(body, 0, 1_024)
    name = (found[1] if found else in_text[1].decode() if in_text else "").lower()
    # What calls itself Latin-1 or ASCII and is not, is windows-1252 in practice (as the WHATWG's encoding labels say).
    vague = name in ("utf-8", "utf8", "iso-8859-1", "latin1", "us-ascii", "ascii")
    return "" if vague or not _TEXT_CODEC.match(name) else name


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("windows-1252", "replace")


def split(text: str) -> Parts | None:
    """Find the feed behind blank lines, warnings and declarations; None when there is none, or it is a web page's."""
    root = _ROOT.search(text)
    if root is None or _HTML.search(text, 0, root.start()):
        return None
    return Parts(text[: root.start()], text[root.start() :])


def declared_entities(prolog: str) -> dict[str, str]:
    """Entities that a document type declares as plain text. Anything that would be fetched is never looked at.

    Raises Transient(BAD_ANSWER) for a declaration that grows beyond all use.
    """
    entities: dict[str, str] = {}
    room = MAX_EXPANSION
    for name, double, single in _ENTITY.findall(prolog):
        value = _REFERENCE.sub(lambda found: entities.get(found[1], found[0]), (double or single)[:MAX_ENTITY])
        room -= len(value)
        if len(value) >= MAX_ENTITY or room < 0:
            raise Transient(BAD_ANSWER, "the feed declares entities that grow without end")
        entities.setdefault(name, unescape(value))
    return entities


def mend(text: str, entities: dict[str, str]) -> str:
    """Make well-formed what can be told apart without knowing the structure.

    Raises Transient: BAD_ANSWER when the entities used grow beyond all use, TOO_LARGE.
    """
    if text.count("&") + text.count("]]>") > MAX_REFERENCES:
        raise Transient(TOO_LARGE, f"more than {MAX_REFERENCES} references in a feed that needs mending")
    text = _whole_sections(_NOT_XML.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n")))
    room = MAX_EXPANSION

    def mended(found: re.Match[str]) -> str:
        nonlocal room
        piece, number, name = found[0], found[1], found[2]
        if piece[0] == "<" or name in _XML_ENTITIES or (number and _is_xml_character(number)):
            return piece
        if number or piece == "]]>":
            return "" if number else "]]&gt;"
        value = entities.get(name or "") or html5.get(f"{name};")
        if value is None:
            return f"&amp;{piece[1:]}"
        room -= len(value)
        if room < 0:
            raise Transient(BAD_ANSWER, "the feed uses entities that grow without end")
        return escape(value)

    return _with_prefixes(_PIECE.sub(mended, text))


def cut(text: str) -> Pieces:
    """Cut a mended feed into its entries; one that does not end is left out. Raises Transient(BAD_ANSWER)."""
    root = _ROOT_TAG.match(text)
    if root is None or len(root[0]) > MAX_ROOT_TAG:
        raise Transient(BAD_ANSWER, "the feed's beginning can't be read")
    entries: list[str] = []
    opened = -1
    first = end = len(text)
    breaks_off = False
    for found in _ENTRY.finditer(text, root.end()):
        if found[1] is None or found[0].endswith("/>"):
            continue
        if not found[1]:
            breaks_off = breaks_off or opened >= 0
            opened = found.start()
            first = min(first, opened)
        elif opened >= 0:
            end = found.end()
            entries.append(text[opened:end])
            opened = -1
    ends = text.find(f"</{root[1]}", end if entries else root.end()) >= 0
    return Pieces(root[0], root[1], text[:first], entries, breaks_off or opened >= 0 or not ends)


def _whole_sections(text: str) -> str:
    """Let ``]]>`` stand in a CDATA section that fills an element: the section ends where the element does."""
    pieces = []
    done = 0
    closings: dict[str, int] = {}
    while (start := text.find("<![CDATA[", done)) >= 0 and len(closings) < 50:
        opening = _OPENING.search(text, max(done, start - 200), start)
        end = text.find("]]>", start)
        if end < 0:
            break
        if opening and not _CLOSING.match(text, end + 3):
            closing = closings.get(opening[1], 0)
            if closing < end:
                closing = text.find(f"</{opening[1]}", end)
                closings[opening[1]] = closing = len(text) if closing < 0 else closing
            last = text.rfind("]]>", end, closing)
            if closing < len(text) and last > end and text.find("<![CDATA[", end, last) < 0:
                pieces += [text[done:start], "<![CDATA[", text[start + 9 : last].replace("]]>", "]]]]><![CDATA[>")]
                done, end = last, last
        pieces.append(text[done : end + 3])
        done = end + 3
    return "".join([*pieces, text[done:]])


def _is_xml_character(number: str) -> bool:
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xDFFF < code < 0xFFFE or 0xFFFF < code < 0x110000


def _with_prefixes(text: str) -> str:
    """Declare the usual prefixes where they are used without a declaration."""
    root = _ROOT_TAG.match(text, 0, MAX_ROOT_TAG)
    if root is None:
        return text
    missing = [
        f' xmlns:{prefix}="{name}"'
        for prefix, name in _PREFIXES.items()
        if f"<{prefix}:" in text and f"xmlns:{prefix}=" not in root[0]
    ]
    at = root.end() - 1
    return f"{text[:at]}{''.join(missing)}{text[at:]}"
