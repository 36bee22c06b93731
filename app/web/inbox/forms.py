"""What the composer's form says."""

from datetime import date

from flask import request

from app.core.text import plain
from app.remedies.guarding import Said
from app.remedies.types import Answer
from app.web.inbox import place as places
from app.web.inbox.talks import Draft
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
    named = request.values.get("voice", "")
    return Voice(named) if named in set(Voice) else Voice.REPLY


def tells() -> list[int]:
    """The remedies that the reply tells the person of."""
    return [int(one) for one in request.form.getlist("tells")[:20] if places.is_id(one)]


def owed() -> Said:
    """The answer to the question after an apology."""
    named = request.form.get("owed", "")
    try:
        day = date.fromisoformat(request.form.get("owed_on", ""))
    except ValueError:
        day = None
    return Said(
        answer=Answer(named) if named in list(Answer) else None,
        why=request.form.get("owed_why", ""),
        owner_id=places.number(request.form.get("owed_owner")),
        due_on=day,
    )
