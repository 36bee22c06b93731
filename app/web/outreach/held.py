"""Acts that are held: both sides, what was said, and three ways on."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.inbox import threads
from app.library import holding as library
from app.outreach import holding, queries
from app.outreach.types import ENTERED, HeldKind, Settled, Stance
from app.pages import connect
from app.pages import queries as pages
from app.remedies import telling
from app.replies import holding as replies
from app.web.inbox.place import number
from app.web.outreach.routes import HELD_ID, PLACE, POST, blueprint
from app.web.present import outreach as words


@route(blueprint, f"{PLACE}/held", needs=Permission.READ_INBOX)
def settled() -> ResponseReturnValue:
    """Held acts that were settled, the newest first."""
    rows, more = queries.held(session(), waiting=False, after=number(request.args.get("after"), 2**63 - 1))
    return render_template("outreach/settled.html", rows=rows, more=more, say=words)


@route(blueprint, f"{PLACE}/held/{HELD_ID}", needs=Permission.READ_INBOX)
def held(held_id: int) -> ResponseReturnValue:
    """One of them."""
    return _page(held_id, {})


@route(blueprint, f"{PLACE}/held/{HELD_ID}/say", needs=Permission.ANSWER, methods=POST)
def say(held_id: int) -> ResponseReturnValue:
    """Write to the other side; the act waits."""
    text = plain(request.form.get("text", ""))
    try:
        holding.say(session(), actor(), held_id, text, utc_now())
    except (Conflict, InvalidInput) as error:
        return _refused(held_id, error, "said")
    return redirect(url_for("outreach.held", held_id=held_id), 303)


@route(blueprint, f"{PLACE}/held/{HELD_ID}/change", needs=Permission.ANSWER, methods=POST)
def change(held_id: int) -> ResponseReturnValue:
    """Do it as both sides agreed."""
    stance, text = request.form.get("stance", ""), plain(request.form.get("text", ""))
    if request.form.get("kind") == HeldKind.POST:
        return _settle(held_id, lambda: _change_post(held_id, text))
    return _settle(held_id, lambda: holding.change(session(), actor(), held_id, stance, text, _version(), utc_now()))


@route(blueprint, f"{PLACE}/held/{HELD_ID}/agree", needs=Permission.ANSWER, methods=POST)
def agree(held_id: int) -> ResponseReturnValue:
    """The other side lets it go."""
    return _settle(held_id, lambda: holding.agree(session(), actor(), held_id, _version(), utc_now()))


@route(blueprint, f"{PLACE}/held/{HELD_ID}/go-on", needs=Permission.ANSWER, methods=POST)
def go_on(held_id: int) -> ResponseReturnValue:
    """Do it all the same, with a reason."""
    reason = plain(request.form.get("reason", ""))
    return _settle(held_id, lambda: holding.go_on(session(), actor(), held_id, reason, _version(), utc_now()))


@route(blueprint, f"{PLACE}/held/{HELD_ID}/drop", needs=Permission.ANSWER, methods=POST)
def drop(held_id: int) -> ResponseReturnValue:
    """Don't do it."""
    return _settle(held_id, lambda: holding.drop(session(), actor(), held_id, _version(), utc_now()))


def _settle(held_id: int, work: Callable[[], Settled]) -> ResponseReturnValue:
    try:
        done = work()
        if done.conversation_id is not None:
            _release(held_id, done.conversation_id)
        if done.kind is HeldKind.POST:
            undo = services().settings.outbox.undo_seconds
            library.released(session(), done, undo, utc_now())
    except (Conflict, InvalidInput) as error:
        return _refused(held_id, error)
    flash(words.outcome(done.state), "good")
    return redirect(url_for("outreach.held", held_id=held_id), 303)


def _change_post(held_id: int, text: str) -> Settled:
    reach = pages.reach(session(), library.page_of(session(), held_id))
    form = connect.post_form(services().connectors, services().box, reach)
    return library.change(session(), actor(), held_id, text, _version(), utc_now(), form)


def _release(held_id: int, conversation_id: int) -> None:
    """Send a reply that was let go, and keep what it tells the person of."""
    page_id = threads.conversation(session(), actor(), conversation_id).page_id
    can = connect.capabilities(services().connectors, services().box, pages.reach(session(), page_id))
    undo = services().settings.outbox.undo_seconds
    done = replies.release(session(), held_id, limit=can.length, undo_seconds=undo, now=utc_now(), private=can.private)
    if done.reply_id is not None:
        telling.tells(session(), conversation_id, done.reply_id, done.tells)
    if done.proposal_id is not None:
        telling.tells_once_approved(session(), conversation_id, done.proposal_id, done.tells)


def _version() -> int:
    return request.form.get("version", type=int, default=-1)


def _refused(held_id: int, error: Conflict | InvalidInput, field: str = "") -> ResponseReturnValue:
    return rejected(_page(held_id, {field or getattr(error, "field", None) or "": error.message}), status_of(error))


def _page(held_id: int, errors: dict[str, str]) -> str:
    one = queries.held_act(session(), actor(), held_id, utc_now())
    return render_template(
        "outreach/held.html",
        one=one,
        row=one.row,
        typed=request.form,
        errors=errors,
        in_crisis=any(side.stance is Stance.CRISIS for side in one.sides),
        stances=[(stance.value, words.stance(stance).text) for stance in ENTERED],
        say=words,
    )
