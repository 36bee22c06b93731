"""From the bytes of an answer to the entries of a feed, also when they are not the XML they claim to be.

A healthy feed is parsed once, strictly. Only where that fails the text is decoded by hand, mended and, if need be, cut
into single entries, so that one broken comment costs nothing but itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from lxml import etree

from app.connectors.errors import BAD_ANSWER, NOT_A_FEED, TOO_LARGE, Transient
from app.connectors.feed import mending
from app.core.text import one_line

MAX_BYTES = 5_000_000
MAX_ELEMENTS = 100_000
MAX_ATTRIBUTES = 150_000
"""``<`` and ``=`` signs in a feed. Each may cost a few hundred bytes of memory, however few bytes it takes itself."""

_BLANK = b" \t\r\n\x0b\x0c"
_BOM = b"\xef\xbb\xbf"
_LOGIN_FORM = ('type="password"', "type='password'", "type=password")


@dataclass(frozen=True, slots=True)
class Document:
    """A feed. ``channel`` holds what is said about the whole of it."""

    root: etree._Element
    channel: etree._Element
    entries: list[etree._Element]
    """They all stand in the tree of ``root``."""
    damage: str = ""
    """What could not be read, in English for the operator; empty when nothing is missing."""
    source: bytes = b""
    """The very bytes that were parsed; empty where they had to be mended before."""


def read(body: bytes, media_type: str = "") -> Document:
    """Raises Transient: NOT_A_FEED with what it is instead, BAD_ANSWER, TOO_LARGE."""
    if len(body) > MAX_BYTES:
        raise Transient(TOO_LARGE, f"more than {MAX_BYTES} bytes")
    if body.count(b"<") > MAX_ELEMENTS or body.count(b"=") > MAX_ATTRIBUTES:
        raise Transient(TOO_LARGE, f"more than {MAX_ELEMENTS} elements or {MAX_ATTRIBUTES} attributes")
    source = body.strip(_BLANK).removeprefix(_BOM).lstrip(_BLANK)
    if b"<!DOCTYPE" not in body and (root := _strict(source)) is not None:
        if mending.local_name(str(root.tag)) not in mending.ROOTS:
            raise Transient(NOT_A_FEED, describe(body.decode("utf-8", "replace"), media_type))
        return _document(root, source)
    return _damaged(mending.decode(body, media_type), media_type)


def cuttings(document: Document, portions: Sequence[Sequence[int]]) -> Iterator[bytes]:
    """The feed again and again, each time with only the entries of these numbers. Uses the document up."""
    if len(portions) == 1 and len(portions[0]) == len(document.entries):
        yield _written(document)
        return
    for entry in document.entries:
        parent = entry.getparent()
        if parent is not None:
            parent.remove(entry)
    for portion in portions:
        chosen = [document.entries[number] for number in sorted(portion)]
        document.channel.extend(chosen)
        yield _written(document)
        for entry in chosen:
            document.channel.remove(entry)


def _written(document: Document) -> bytes:
    return etree.tostring(document.root, encoding="utf-8", xml_declaration=True)


def describe(text: str, media_type: str) -> str:
    """What an answer is that is no feed, in a few English words."""
    start = text[:65_536].lstrip("\ufeff \t\r\n")
    lower = start.lower()
    if not start:
        return "an empty answer"
    if "<html" in lower or lower.startswith("<!doctype html"):
        kind = "a login page" if any(mark in lower for mark in _LOGIN_FORM) else "an HTML page"
        title = start[lower.find("<title") :].partition(">")[2].partition("<")[0] if "<title" in lower else ""
        return f'{kind} "{one_line(unescape(title), limit=80)}"' if title.strip() else kind
    if start[0] in "{[":
        return "JSON"
    if start[0] == "<":
        name = start.removeprefix("<?xml").partition("<")[2] if start.startswith("<?xml") else start[1:]
        return f"an XML document <{one_line(name.split('>')[0].split()[0] if name.split('>')[0] else '', limit=40)}>"
    return f"neither RSS nor Atom ({one_line(media_type, limit=60) or 'of no stated type'})"


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _strict(data: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(data, _parser(recover=False))
    except etree.XMLSyntaxError:
        return None


def _damaged(text: str, media_type: str) -> Document:
    parts = mending.split(text)
    if parts is None:
        raise Transient(NOT_A_FEED, describe(text, media_type))
    mended = mending.mend(parts.content, mending.declared_entities(parts.prolog))
    root = _strict(mended.encode())
    return _document(root) if root is not None else _salvaged(mended)


def _salvaged(text: str) -> Document:
    """The entries that are whole, each judged alone."""
    pieces = mending.cut(text)
    head = _recovered(pieces.head)
    if head is None:
        raise Transient(BAD_ANSWER, "the feed's beginning can't be read")
    good = []
    for entry in pieces.entries:
        alone = f"{pieces.root}{entry}</{pieces.root_name}>".encode()
        if _strict(alone) is not None:
            good.append(entry)
        elif (root := _recovered(alone.decode())) is not None and len(root):
            good.append(etree.tostring(root[0], encoding="unicode", with_tail=False))
    damage = [f"{len(pieces.entries) - len(good)} entries can't be read"] if len(good) < len(pieces.entries) else []
    damage += [f"the feed breaks off after {len(pieces.entries)} whole entries"] if pieces.breaks_off else []
    whole = _recovered(f"{pieces.root}{''.join(good)}</{pieces.root_name}>")
    if whole is None:
        raise Transient(BAD_ANSWER, "the feed's entries can't be read")
    channel, entries = _channel(head), list(whole)
    channel.extend(entries)
    return Document(head, channel, entries, "; ".join(damage))


def _recovered(text: str) -> etree._Element | None:
    try:
        return etree.fromstring(text.encode(), _parser(recover=True))
    except etree.XMLSyntaxError:
        return None


def _document(root: etree._Element, source: bytes = b"") -> Document:
    channel = _channel(root)
    places = (root,) if channel is root else (channel, root)
    entries = [child for place in places for child in place if mending.local_name(str(child.tag)) in ("item", "entry")]
    return Document(root, channel, entries, source=source)


def _channel(root: etree._Element) -> etree._Element:
    """RSS keeps what is said about the feed in an element of its own; RSS 1.0 puts the items beside it."""
    return next((child for child in root if mending.local_name(str(child.tag)) == "channel"), root)
