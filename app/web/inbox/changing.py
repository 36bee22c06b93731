"""After a change: the conversation as it is, the next one, or the form again with why it was not taken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, PorchlightError
from app.desk import guided
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected
from app.inbox import journal
from app.inbox.types import Row
from app.remedies import guarding
from app.replies.holding import AnsweredError
from app.web.inbox import place as places
from app.web.inbox import screens, talks
from app.web.inbox.routes import address_in, by_script, here
from app.web.inbox.talks import Draft


def change(
    conversation_id: int,
    work: Callable[[datetime], object],
    said: str = "",
    *,
    moves_on: bool = False,
    onward: bool = False,
    returns: bool = False,
    sent: bool = False,
    draft: Draft | None = None,
    then: str | None = None,
) -> ResponseReturnValue:
    """Do it, then show the same conversation, or with ``moves_on`` the next one if this has left the list; with
    ``onward`` also if it has not.

    What was done can be undone; ``sent`` offers to take back the reply that ``work`` answered. With ``returns`` an open
    list is read again, because it may have to appear there. ``then`` is a page to go to instead, once it is done.
    """
    place, now = here(), utc_now()
    before = screens.row(session(), actor(), here(), conversation_id)
    following = screens.next_after(session(), actor(), place, before) if moves_on and not place.guided else None
    try:
        result = work(now)
    except (Conflict, InvalidInput) as error:
        return refused(conversation_id, draft or Draft(), error)
    if then is not None:
        return leave_for(then)
    row = screens.row(session(), actor(), here(), conversation_id)
    gone = moves_on and (row is None or not row.here)
    if gone and place.guided:
        following = guided.serve(session(), actor(), place.filter(actor()), now)
    shown = following if gone or (onward and following) else conversation_id
    if not by_script():
        return come_back(conversation_id if sent else shown, said)
    return changed(
        shown,
        row,
        gone=gone,
        said=said,
        returns=returns,
        reply_id=result if sent else None,
        entry=journal.entry(session()),
    )


def changed(
    shown: int | None,
    row: Row | None,
    *,
    gone: bool = False,
    said: str = "",
    returns: bool = False,
    reply_id: object = None,
    entry: int | None = None,
) -> ResponseReturnValue:
    """After a change: the conversation to go on with, and what became of ``row``. ``entry`` is what can be undone."""
    place, now = here(), utc_now()
    talk = talks.talk_screen(services(), session(), actor(), shown, Draft(), now) if shown else None
    body = render_template(
        "inbox/changed.html",
        talk=talk,
        row=row,
        gone=gone,
        place=place,
        said=said,
        entry=entry if said else None,
        reply_id=reply_id,
        undo_seconds=services().settings.outbox.undo_seconds,
        counts=screens.counts(session(), actor(), place),
    )
    response = make_response(body)
    response.headers["HX-Push-Url"] = address_of(shown)
    if returns:
        response.headers["HX-Trigger"] = "list-stale"
    return response


def leave_for(address: str) -> ResponseReturnValue:
    """Go on at another page."""
    if not by_script():
        return redirect(address, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = address
    return response


def come_back(conversation_id: int | None, said: str) -> ResponseReturnValue:
    if said:
        flash(said, "good")
    return redirect(address_of(conversation_id), 303)


def address_of(conversation_id: int | None) -> str:
    return address_in(here(), conversation_id)


def show(conversation_id: int, draft: Draft) -> ResponseReturnValue:
    """A conversation with a text to go on with; an open list reads itself again."""
    response = make_response(page(conversation_id, draft))
    response.headers["HX-Push-Url"] = address_of(conversation_id)
    response.headers["HX-Trigger"] = "list-stale"
    return response


def refused(conversation_id: int, draft: Draft, error: PorchlightError) -> ResponseReturnValue:
    """The conversation as it is now, what was written, and why it was not taken. Nothing is stored."""
    seen = places.position(request.form.get("seen", "")) if isinstance(error, Conflict) else None
    question = error.phrase if isinstance(error, guarding.OwedError) else ""
    answered = error.reply_id if isinstance(error, AnsweredError) else 0
    kept = replace(draft, error=error.message, seen=seen, question=question, answered=answered)
    return rejected(page(conversation_id, kept), status_of(error))


def page(conversation_id: int, draft: Draft) -> str:
    place, now = here(), utc_now()
    found = talks.talk_screen(services(), session(), actor(), conversation_id, draft, now)
    if by_script():
        return render_template("inbox/talk.html", talk=found, place=place)
    rows = screens.list_screen(session(), actor(), place, now)
    return render_template("inbox/overview.html", list=rows, talk=found, place=place, open_id=conversation_id)
