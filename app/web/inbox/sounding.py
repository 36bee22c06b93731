"""How an answer should sound, beside the composer: notes when somebody begins to write, words while they do."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox import threads
from app.texts import tone, voice
from app.web.inbox import forms
from app.web.inbox.routes import ID, blueprint


@route(blueprint, f"/{ID}/voice", needs=Permission.ANSWER)
def voice_notes(conversation_id: int) -> ResponseReturnValue:
    """What holds there; and, where words are listed, what looks for them from then on."""
    talk = threads.conversation(session(), actor(), conversation_id)
    return render_template(
        "inbox/voice.html",
        notes=voice.notes_for(session(), talk.page_id, talk.language),
        listens=bool(voice.terms_for(session(), talk.page_id, talk.language)),
        conversation_id=conversation_id,
        voice=forms.voice(),
    )


@route(blueprint, f"/{ID}/terms", needs=Permission.ANSWER, methods=("POST",))
def terms(conversation_id: int) -> ResponseReturnValue:
    """Which words of what was written so far are not said there."""
    talk = threads.conversation(session(), actor(), conversation_id)
    listed = voice.terms_for(session(), talk.page_id, talk.language)
    return render_template("inbox/terms.html", found=tone.find(plain(request.form.get("text", "")), listed))
