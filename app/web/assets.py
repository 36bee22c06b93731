"""Static files: read once at the start, served from memory, kept by browsers for good.

All files share one version, a hash over everything, that stands in the address: modules and style sheets name their
neighbours relatively and still never meet an old one. Served here and not by the web server, so that every way to run
Porchlight (ASGI, any WSGI server) behaves the same; a browser asks once per version.
"""

import gzip
import hashlib
import mimetypes
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for
from werkzeug.exceptions import NotFound

ENDPOINT = "asset"
FOLDER = Path(__file__).parent / "static"
BUNDLES = {
    "css/every.css": ("css/tokens.css", "css/base.css", "css/components.css", "css/frame.css"),
    "css/desk.css": ("css/inbox.css", "css/talk.css"),
}
"""What is always asked for together is sent together: fewer requests, and it compresses better."""
MAIN = "js/main.js"
SMALL = ("csrf", "theme", "flash", "menu", "fold")
"""Scripts that are sent in ``MAIN``; they neither import nor export, and each keeps its names to itself."""
MODULES = ("times", "once", "keys", "list", "pick", "rows", "news", "live", "duty")
"""Modules that are sent in ``MAIN``, each after those it needs; no two may use a name alike. Modules that come later
import from them by their own addresses, which lead there."""
_IMPORT = re.compile(rb'^import (?:\{[^}]*\} from )?"\./[a-z]+\.js";.*\n?', re.MULTILINE)
SMALLEST = 1_000
"""Bytes from which compression is worth it."""
_TEXT = ("text/", "application/json", "image/svg+xml")
_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_ASIDE = re.compile(rb"(?<=[;{},)]) +// .*$", re.MULTILINE)
"""A comment behind the code it speaks of."""
_AIR = re.compile(rb'("[^"]*")|\s*(\{)\s*|[;\s]*(\})\s*|\s*(;)\s*|([,:])\s+')
"""What a style sheet's words stand apart by, and its texts, which keep theirs."""
_FILES = "porchlight.assets"
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to be sent."""

    body: bytes
    packed: bytes | None
    media_type: str


def install(app: Flask) -> None:
    """Serve the static files and compress pages. Templates get ``asset(path)``."""
    files = _read(FOLDER)
    version = _version(files)

    def file(version: str, path: str) -> Response:
        return _send(files, path, _FOREVER if version == current else "no-cache")

    current = version
    app.extensions[_FILES] = files
    file.needs = "public"  # type: ignore[attr-defined] # as app.edge.routes marks its views; reads no database
    app.add_url_rule("/static/<version>/<path:path>", endpoint=ENDPOINT, view_func=file)
    addresses: dict[tuple[str, str], str] = {}

    def asset(path: str) -> str:
        place = (request.script_root, path)  # a page asks for the icons' address a hundred times
        if place not in addresses:
            addresses[place] = url_for(ENDPOINT, version=version, path=path)
        return addresses[place]

    app.jinja_env.globals["asset"] = asset
    app.after_request(_pack)


def plain(path: str) -> Response:
    """A file at an address without a version: asked for anew each time."""
    return _send(current_app.extensions[_FILES], path, "no-cache")


def _read(folder: Path) -> dict[str, Asset]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix == ".md":
            continue
        body = path.read_bytes()
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".js":
            media_type = "text/javascript"
        if not name.startswith("vendor/"):
            body = _lean(body, path.suffix)
        files[name] = _asset(body, media_type)
    for name, parts in BUNDLES.items():
        files[name] = _asset(b"\n".join(files[part].body for part in parts), "text/css")
    files[MAIN] = _asset(_main(files), "text/javascript")
    files.update({f"js/{name}.js": _asset(b'export * from "./main.js";', "text/javascript") for name in MODULES})
    return files


def _main(files: Mapping[str, Asset]) -> bytes:
    """All scripts that every page needs, as one."""
    small = [b"{\n%s\n}" % files[f"js/{name}.js"].body for name in SMALL]
    modules = [_IMPORT.sub(b"", files[name].body) for name in (*(f"js/{one}.js" for one in MODULES), MAIN)]
    return b"\n".join([*small, *modules])


def _lean(body: bytes, kind: str) -> bytes:
    """Our own files without what only their authors read: comments, and room between words."""
    if kind == ".css":
        body = _AIR.sub(lambda found: b"".join(filter(None, found.groups())), _COMMENT.sub(b"", body))
    if kind == ".js":
        body = _ASIDE.sub(b"", body)
    if kind in (".css", ".js"):
        lines = (line.strip() for line in body.splitlines())
        body = b"\n".join(line for line in lines if line and not line.startswith(b"//"))
    return body


def _asset(body: bytes, media_type: str) -> Asset:
    packed = gzip.compress(body, 9, mtime=0) if len(body) > SMALLEST and media_type.startswith(_TEXT) else None
    return Asset(body, packed, media_type)


def _version(files: dict[str, Asset]) -> str:
    whole = hashlib.blake2b(digest_size=8)
    for name, asset in files.items():
        whole.update(f"{name}\0{len(asset.body)}\0".encode() + asset.body)
    return whole.hexdigest()


def _send(files: dict[str, Asset], path: str, keep: str) -> Response:
    asset = files.get(path)
    if asset is None:
        raise NotFound
    packed = asset.packed is not None and _takes_gzip()
    response = Response(asset.packed if packed else asset.body, content_type=_content_type(asset.media_type))
    response.headers["Cache-Control"] = keep
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _pack(response: Response) -> Response:
    """Compress a page.

    A random number of bytes goes along: the length of an answer that holds both a secret (the form token) and
    something an attacker chose must not tell how well the two compress together (the BREACH attack).
    """
    if (
        response.direct_passthrough
        or response.is_streamed
        or "Content-Encoding" in response.headers
        or not response.content_type.startswith(_TEXT)
        or not _takes_gzip()
    ):
        return response
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    packed = bytearray(gzip.compress(body, 5, mtime=0))
    name = b"p" * secrets.randbelow(100) + b"\0"
    packed[3] |= 0x08  # FNAME follows the ten bytes of the header (RFC 1952, 2.3)
    packed[10:10] = name
    response.set_data(bytes(packed))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _takes_gzip() -> bool:
    return bool(request.accept_encodings["gzip"])


def _content_type(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
