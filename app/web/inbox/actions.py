"""What an agent does with a conversation. Every action is a form; without script it comes back to the page."""

from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox import service as inbox
from app.outbox.types import Act
from app.replies import service as replies
from app.routing import service as routing
from app.web.inbox import place as places
from app.web.inbox.changing import change, refused, show
from app.web.inbox.routes import ID, REPLY_ID, blueprint
from app.web.inbox.talks import Draft
from app.writing import service as writing
from app.writing.types import Voice, Words

POST = ("POST",)


@route(blueprint, f"/{ID}/take", needs=Permission.ANSWER, methods=POST)
def take(conversation_id: int) -> ResponseReturnValue:
    """Make it one's own; a colleague who is writing keeps their text."""
    return change(conversation_id, lambda now: writing.take(session(), actor(), conversation_id, seen_version(), now))


@route(blueprint, f"/{ID}/assign", needs=Permission.ANSWER, methods=POST)
def assign(conversation_id: int) -> ResponseReturnValue:
    """Give it to somebody, or back to all."""
    named = request.form.get("assignee", "")

    def give(now: datetime) -> None:
        to = places.number(named)
        if named and to is None:
            raise InvalidInput(_("Choose somebody from the list."))
        inbox.assign(session(), actor(), conversation_id, to, seen_version(), now)

    return change(conversation_id, give)


@route(blueprint, f"/{ID}/hand-over", needs=Permission.ANSWER, methods=POST)
def hand_over(conversation_id: int) -> ResponseReturnValue:
    """Wrong team: move it, and remember the correction."""
    team_id = places.number(request.form.get("team")) or 0

    def move(now: datetime) -> None:
        reason = plain(request.form.get("reason", ""))
        routing.correct(session(), actor(), conversation_id, team_id, version=seen_version(), reason=reason, now=now)

    return change(conversation_id, move, _("Handed over."), moves_on=True)


@route(blueprint, f"/{ID}/resolve", needs=Permission.ANSWER, methods=POST)
def resolve(conversation_id: int) -> ResponseReturnValue:
    """Nothing more to do."""

    def work(now: datetime) -> None:
        inbox.resolve(session(), actor(), conversation_id, seen_version(), now)

    return change(conversation_id, work, _("Done."), moves_on=True)


@route(blueprint, f"/{ID}/reopen", needs=Permission.ANSWER, methods=POST)
def reopen(conversation_id: int) -> ResponseReturnValue:
    """It waits for us again; also what takes "done" and "spam" back."""

    def work(now: datetime) -> None:
        routing.reopen(session(), actor(), conversation_id, seen_version(), now)

    return change(conversation_id, work, returns=True)


@route(blueprint, f"/{ID}/spam", needs=Permission.ANSWER, methods=POST)
def spam(conversation_id: int) -> ResponseReturnValue:
    """Set it aside."""

    def work(now: datetime) -> None:
        routing.set_aside(session(), actor(), conversation_id, seen_version(), now)

    return change(conversation_id, work, _("Set aside as spam."), moves_on=True)


@route(blueprint, f"/{ID}/note", needs=Permission.ANSWER, methods=POST)
def note(conversation_id: int) -> ResponseReturnValue:
    """Words between colleagues."""
    text = _text()

    def add(now: datetime) -> None:
        inbox.add_note(session(), actor(), conversation_id, text, now, key=_key())
        writing.drop(session(), actor().id, conversation_id, Voice.NOTE)

    return change(conversation_id, add, draft=Draft(mode=Voice.NOTE, words=Words(text)))


@route(blueprint, f"/{ID}/moderate", needs=Permission.ANSWER, methods=POST)
def moderate(conversation_id: int) -> ResponseReturnValue:
    """Have a comment approved, held, marked as spam or thrown away at the page."""
    comment_id = places.number(request.form.get("comment"), 2**63 - 1) or 0
    name = request.form.get("act", "")

    def ask(now: datetime) -> None:
        if name not in {one.value for one in Act if not one.speaks}:
            raise InvalidInput(_("Choose what is to be done."))
        key = request.form.get("key") or str(new_id())
        replies.moderate(session(), actor(), conversation_id, comment_id, Act(name), key=key, now=now)

    return change(conversation_id, ask, _("The page is being told."))


@route(blueprint, f"/{ID}/replies/{REPLY_ID}/undo", needs=Permission.ANSWER, methods=POST)
def undo(conversation_id: int, reply_id: int) -> ResponseReturnValue:
    """Take a reply back before it leaves, and go on writing it."""
    try:
        conversation_id = replies.undo(session(), actor(), reply_id, utc_now())
    except Conflict as error:
        return refused(conversation_id, Draft(), error)
    return show(conversation_id, Draft())


@route(blueprint, f"/{ID}/replies/{REPLY_ID}/settle", needs=Permission.ANSWER, methods=POST)
def settle(conversation_id: int, reply_id: int) -> ResponseReturnValue:
    """Decide about a reply that failed, or that nobody knows about."""
    again = request.form.get("again") == "yes"
    return change(conversation_id, lambda now: replies.settle(session(), actor(), reply_id, send_again=again, now=now))


def seen_version() -> int:
    """The version the form was made at; a form that doesn't say has seen none."""
    return request.form.get("version", type=int, default=-1)


def _key() -> str | None:
    """What tells a form sent twice from two forms."""
    given = request.form.get("key", "")
    return given if 8 <= len(given) <= 40 else None


def _text() -> str:
    return plain(request.form.get("text", ""))
