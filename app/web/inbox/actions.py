"""What an agent does with a conversation. Every action is a form; without script it comes back to the page."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.text import plain
from app.desk import guided
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.inbox import journal
from app.inbox import service as inbox
from app.inbox.types import Row
from app.outbox.types import Act
from app.pages import connect
from app.pages import queries as pages
from app.remedies import guarding, telling
from app.replies import approval, requirements
from app.replies import service as replies
from app.replies.speaking import Answer
from app.routing import service as routing
from app.web.inbox import forms, screens
from app.web.inbox import place as places
from app.web.inbox.routes import ID, REPLY_ID, address_in, blueprint, by_script, here
from app.web.inbox.screens import Draft
from app.writing import service as writing
from app.writing.types import Voice, Words

POST = ("POST",)


@route(blueprint, f"/{ID}/take", needs=Permission.ANSWER, methods=POST)
def take(conversation_id: int) -> ResponseReturnValue:
    """Make it one's own; a colleague who is writing keeps their text."""
    return change(conversation_id, lambda now: writing.take(session(), actor(), conversation_id, _version(), now))


@route(blueprint, f"/{ID}/assign", needs=Permission.ANSWER, methods=POST)
def assign(conversation_id: int) -> ResponseReturnValue:
    """Give it to somebody, or back to all."""
    named = request.form.get("assignee", "")

    def give(now: datetime) -> None:
        to = places.number(named)
        if named and to is None:
            raise InvalidInput(_("Choose somebody from the list."))
        inbox.assign(session(), actor(), conversation_id, to, _version(), now)

    return change(conversation_id, give)


@route(blueprint, f"/{ID}/hand-over", needs=Permission.ANSWER, methods=POST)
def hand_over(conversation_id: int) -> ResponseReturnValue:
    """Wrong team: move it, and remember the correction."""
    team_id = places.number(request.form.get("team")) or 0

    def move(now: datetime) -> None:
        reason = plain(request.form.get("reason", ""))
        routing.correct(session(), actor(), conversation_id, team_id, version=_version(), reason=reason, now=now)

    return change(conversation_id, move, _("Handed over."), moves_on=True)


@route(blueprint, f"/{ID}/resolve", needs=Permission.ANSWER, methods=POST)
def resolve(conversation_id: int) -> ResponseReturnValue:
    """Nothing more to do."""

    def work(now: datetime) -> None:
        inbox.resolve(session(), actor(), conversation_id, _version(), now)

    return change(conversation_id, work, _("Done."), moves_on=True)


@route(blueprint, f"/{ID}/reopen", needs=Permission.ANSWER, methods=POST)
def reopen(conversation_id: int) -> ResponseReturnValue:
    """It waits for us again; also what takes "done" and "spam" back."""

    def work(now: datetime) -> None:
        routing.reopen(session(), actor(), conversation_id, _version(), now)

    return change(conversation_id, work, returns=True)


@route(blueprint, f"/{ID}/spam", needs=Permission.ANSWER, methods=POST)
def spam(conversation_id: int) -> ResponseReturnValue:
    """Set it aside."""

    def work(now: datetime) -> None:
        routing.set_aside(session(), actor(), conversation_id, _version(), now)

    return change(conversation_id, work, _("Set aside as spam."), moves_on=True)


@route(blueprint, f"/{ID}/note", needs=Permission.ANSWER, methods=POST)
def note(conversation_id: int) -> ResponseReturnValue:
    """Words between colleagues."""
    text = _text()

    def add(now: datetime) -> None:
        inbox.add_note(session(), actor(), conversation_id, text, now, key=_key())
        writing.drop(session(), actor().id, conversation_id, Voice.NOTE)

    return change(conversation_id, add, draft=Draft(mode=Voice.NOTE, words=Words(text)))


@route(blueprint, f"/{ID}/reply", needs=Permission.ANSWER, methods=POST)
def reply(conversation_id: int) -> ResponseReturnValue:
    """Answer in public; it leaves a few seconds later."""
    words, done = forms.words(), request.form.get("then") != "wait"
    draft = forms.draft(words)

    talk = screens.row(session(), actor(), here(), conversation_id)
    reach = pages.reach(session(), talk.page_id) if talk else None
    can = connect.capabilities(services().connectors, services().box, reach)
    needed = requirements.of_ids(session(), actor().id, talk.page_id, talk.team_id) if talk else []

    def check(now: datetime) -> None:
        if talk and not can.reply:
            raise InvalidInput(_("This page can't be answered from here. Answer at the page itself."))
        telling.check_public(session(), conversation_id, words.text)
        guarding.check(session(), actor(), conversation_id, words.text, forms.owed(), now)

    def send(now: datetime) -> int:
        check(now)
        reply_id = replies.send(
            session(),
            actor(),
            conversation_id,
            words.text,
            key=draft.key,
            version=_version(),
            resolve=done,
            limit=can.length,
            undo_seconds=services().settings.outbox.undo_seconds,
            now=now,
            saved_id=words.saved_id,
            also=words.also,
        )
        telling.tells(session(), conversation_id, reply_id, forms.tells())
        return reply_id

    def propose(now: datetime) -> int:
        check(now)
        answer = Answer(words.text, done, words.saved_id, words.also)
        key, version, limit = draft.key, _version(), can.length
        return approval.propose(
            session(), actor(), conversation_id, answer, key=key, version=version, limit=limit, now=now
        )

    if needed:
        return change(conversation_id, propose, _("Sent for approval."), moves_on=done, onward=True, draft=draft)
    return change(conversation_id, send, moves_on=done, draft=draft, sent=True)


@route(blueprint, f"/{ID}/moderate", needs=Permission.ANSWER, methods=POST)
def moderate(conversation_id: int) -> ResponseReturnValue:
    """Have a comment approved, held, marked as spam or thrown away at the page."""
    comment_id = places.number(request.form.get("comment"), 2**63 - 1) or 0
    name = request.form.get("act", "")

    def ask(now: datetime) -> None:
        if name not in set(Act) - {Act.REPLY}:
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
        return _refused(conversation_id, Draft(), error)
    return _show(conversation_id, Draft())


@route(blueprint, f"/{ID}/replies/{REPLY_ID}/settle", needs=Permission.ANSWER, methods=POST)
def settle(conversation_id: int, reply_id: int) -> ResponseReturnValue:
    """Decide about a reply that failed, or that nobody knows about."""
    again = request.form.get("again") == "yes"
    return change(conversation_id, lambda now: replies.settle(session(), actor(), reply_id, send_again=again, now=now))


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
) -> ResponseReturnValue:
    """Do it, then show the same conversation, or with ``moves_on`` the next one if this has left the list; with
    ``onward`` also if it has not.

    What was done can be undone; ``sent`` offers to take back the reply that ``work`` answered. With ``returns`` an open
    list is read again, because it may have to appear there.
    """
    place, now = here(), utc_now()
    before = screens.row(session(), actor(), here(), conversation_id)
    following = screens.next_after(session(), actor(), place, before) if moves_on and not place.guided else None
    try:
        result = work(now)
    except (Conflict, InvalidInput) as error:
        return _refused(conversation_id, draft or Draft(), error)
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
    talk = screens.talk_screen(services(), session(), actor(), shown, Draft(), now) if shown else None
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


def come_back(conversation_id: int | None, said: str) -> ResponseReturnValue:
    if said:
        flash(said, "good")
    return redirect(address_of(conversation_id), 303)


def address_of(conversation_id: int | None) -> str:
    return address_in(here(), conversation_id)


def _show(conversation_id: int, draft: Draft) -> ResponseReturnValue:
    """A conversation with a text to go on with; an open list reads itself again."""
    response = make_response(_page(conversation_id, draft))
    response.headers["HX-Push-Url"] = address_of(conversation_id)
    response.headers["HX-Trigger"] = "list-stale"
    return response


def _refused(conversation_id: int, draft: Draft, error: PorchlightError) -> ResponseReturnValue:
    """The conversation as it is now, what was written, and why it was not taken. Nothing is stored."""
    seen = places.position(request.form.get("seen", "")) if isinstance(error, Conflict) else None
    question = error.phrase if isinstance(error, guarding.OwedError) else ""
    kept = replace(draft, error=error.message, seen=seen, question=question)
    return rejected(_page(conversation_id, kept), status_of(error))


def _page(conversation_id: int, draft: Draft) -> str:
    place, now = here(), utc_now()
    found = screens.talk_screen(services(), session(), actor(), conversation_id, draft, now)
    if by_script():
        return render_template("inbox/talk.html", talk=found, place=place)
    rows = screens.list_screen(session(), actor(), place, now)
    return render_template("inbox/overview.html", list=rows, talk=found, place=place, open_id=conversation_id)


def _version() -> int:
    """The version the form was made at; a form that doesn't say has seen none."""
    return request.form.get("version", type=int, default=-1)


def _key() -> str | None:
    """What tells a form sent twice from two forms."""
    given = request.form.get("key", "")
    return given if 8 <= len(given) <= 40 else None


def _text() -> str:
    return plain(request.form.get("text", ""))
