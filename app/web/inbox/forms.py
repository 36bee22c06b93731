"""What the composer's form says."""

from flask import request

from app.core.text import plain
from app.web.inbox import place as places
from app.web.inbox.screens import Draft
from app.writing.rules import EFFECTS_AT_MOST
from app.writing.types import Voice, Words


def words() -> Words:
    """The text, the saved reply it was made from, and what sending it is to do besides."""
    also = request.form.getlist("also")[:EFFECTS_AT_MOST]
    return Words(
        text=plain(request.form.get("text", "")),
        saved_id=places.number(request.form.get("saved")),
        also=tuple(plain(one)[:80] for one in also),
    )


def draft(kept: Words, mode: Voice = Voice.REPLY) -> Draft:
    """The form as it has to come back when it is refused; its key stays the same, so that it is taken once."""
    key = request.form.get("key", "")
    return Draft(mode=mode, words=kept, key=key) if 8 <= len(key) <= 40 else Draft(mode=mode, words=kept)


def voice() -> Voice:
    """To whom it is written."""
    return Voice.NOTE if request.form.get("voice") == Voice.NOTE else Voice.REPLY
