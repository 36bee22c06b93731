"""Pictures that people send in: decoded before they are kept, so that nothing else passes for one."""

import hashlib
import struct
import threading
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from app.core.errors import InvalidInput
from app.core.i18n import gettext as _

LARGEST = 8_000_000
"""Bytes of one picture: photographs of telephones have up to about six million."""
MOST_PIXELS = 40_000_000
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
"""MPO is what some telephones write: a JPEG with a second one behind it."""
_NOT_ONE = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, OverflowError, struct.error)
"""What Pillow raises for files that are damaged, or are none."""
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was decoded once, as it came."""

    body: bytes
    media_type: str
    """What it is, not what it was called."""
    width: int
    height: int
    digest: str
    """SHA-256 of the body, in hexadecimal."""


def checked(body: bytes) -> Picture:
    """A PNG, JPEG or WebP. Raises InvalidInput for anything else, for what is damaged, and for what is too large.

    One is decoded at a time in a process: that may need four bytes a pixel.
    """
    if len(body) > LARGEST:
        raise _wrong(_("A picture may have %(n)s megabytes at most.", n=LARGEST // 1_000_000))
    try:
        with _one_at_a_time, Image.open(BytesIO(body), formats=("PNG", "JPEG", "WEBP")) as image:
            width, height = image.size
            media_type = _TYPES[image.format or ""]
            if width * height > MOST_PIXELS:
                raise _wrong(_("A picture may have %(n)s million pixels at most.", n=MOST_PIXELS // 1_000_000))
            image.draft(None, (max(1, width // 8), max(1, height // 8)))  # a JPEG is decoded small, which is enough
            image.load()
    except InvalidInput:
        raise
    except (*_NOT_ONE, Image.DecompressionBombError):
        raise _wrong(_("This is no picture that can be read. Send a PNG, JPEG or WebP file.")) from None
    return Picture(body, media_type, width, height, hashlib.sha256(body).hexdigest())


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="pictures")
