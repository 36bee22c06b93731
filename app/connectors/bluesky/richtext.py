"""Bluesky's rich text: parts of a text that are links, mentions or tags, named by their place in its UTF-8. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MOST_MENTIONS = 10

_LINK = re.compile(rb"(?<![\w@/.])https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}'\x80-\xff]")
_MENTION = re.compile(rb"(?<![\w@/.])@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]{0,61})")
_TAG = re.compile(r"(?<![\w#&/])#([^\W\d_][\w]{0,63}|\d+[^\W\d][\w]{0,60})")
_SHORTENED = ("…", "...")


def facets(text: str, find_did: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """The facets of a text we write; without them a link or a mention is dead text. ``find_did`` answers whose handle
    that is, None when nobody's."""
    data = text.encode()
    found = [_facet(one.start(), one.end(), "link", uri=one[0].decode()) for one in _LINK.finditer(data)]
    for one in list(_MENTION.finditer(data))[:MOST_MENTIONS]:
        did = find_did(one[1].decode().lower())
        if did is not None:
            found.append(_facet(one.start(), one.end(), "mention", did=did))
    for tag in _TAG.finditer(text):
        start = len(text[: tag.start()].encode())
        if not any(one["index"]["byteStart"] <= start < one["index"]["byteEnd"] for one in found):
            found.append(_facet(start, start + len(tag[0].encode()), "tag", tag=tag[1]))
    return sorted(found, key=lambda one: one["index"]["byteStart"])


def shown(record: Mapping[str, Any]) -> str:
    """A post's words, with the addresses of links whose text is another one, and what is said about its pictures."""
    text = record.get("text")
    words = _with_addresses(text if isinstance(text, str) else "", record.get("facets"))
    return "\n".join(part for part in (words, *_attached(record.get("embed"), words)) if part)


def pictures(record: Mapping[str, Any]) -> int:
    """How many pictures and films came with a post."""
    embed = record.get("embed")
    if isinstance(embed, Mapping) and isinstance(embed.get("media"), Mapping):  # a quotation with pictures
        embed = embed["media"]
    if not isinstance(embed, Mapping):
        return 0
    found = embed.get("images")
    return (len(found) if isinstance(found, list) else 0) + ("video" in embed)


def mentions(record: Mapping[str, Any], did: str, handle: str) -> bool:
    """Whether a post speaks of an account: by a mention, or by its handle typed with an ``@``."""
    if any(feature.get("did") == did for _start, _end, feature in _features(record.get("facets"))):
        return True
    text = record.get("text")
    named = re.compile(rf"(?<![\w.@])@{re.escape(handle)}(?![\w-]|\.\w)", re.I)
    return isinstance(text, str) and named.search(text) is not None


def _facet(start: int, end: int, kind: str, **value: str) -> dict[str, Any]:
    feature = {"$type": f"app.bsky.richtext.facet#{kind}", **value}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def _features(given: Any) -> list[tuple[int, int, Mapping[str, Any]]]:
    """(start, end, feature), in order. Nobody checks the numbers at Bluesky: those that make no sense are left out."""
    found = []
    for one in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
        index = one.get("index") if isinstance(one, Mapping) else None
        start, end = (index.get("byteStart"), index.get("byteEnd")) if isinstance(index, Mapping) else (None, None)
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
            features = one.get("features")
            listed = features if isinstance(features, list) else []
            found += [(start, end, feature) for feature in listed if isinstance(feature, Mapping)]
    return sorted(found, key=lambda one: one[:2])


def _with_addresses(text: str, given: Any) -> str:
    data, done, pieces = text.encode("utf-8", "replace"), 0, []
    for start, end, feature in _features(given):
        address = feature.get("uri")
        if not isinstance(address, str) or not address.startswith(("http://", "https://")) or start < done:
            continue
        if end > len(data) or _says_address(data[start:end].decode("utf-8", "ignore"), address):
            continue
        pieces += [data[done:end], f" ({address[:2000]})".encode("utf-8", "replace")]
        done = end
    return b"".join([*pieces, data[done:]]).decode("utf-8", "ignore")


def _says_address(words: str, address: str) -> bool:
    bare, said = (
        address.partition("://")[2].removeprefix("www."),
        words.removeprefix("https://").removeprefix("http://"),
    )
    if said.endswith(_SHORTENED):  # Bluesky's own app cuts long addresses off
        return False
    return said.removeprefix("www.").rstrip("/") == bare.rstrip("/")


def _attached(embed: Any, words: str) -> list[str]:
    if not isinstance(embed, Mapping):
        return []
    media = embed.get("media")
    if isinstance(media, Mapping):  # a quotation with pictures
        return _attached(media, words)
    pictures = embed.get("images")
    told = [one.get("alt") for one in pictures if isinstance(one, Mapping)] if isinstance(pictures, list) else []
    told.append(embed.get("alt"))
    external = embed.get("external")
    address = external.get("uri") if isinstance(external, Mapping) else None
    if isinstance(address, str) and address.startswith(("http://", "https://")) and address not in words:
        told.append(address[:2000])
    return [f"[{one.strip()}]" for one in told if isinstance(one, str) and one.strip()]
