"""Writing: drafts that are kept while somebody types, saved replies to begin from, how an answer will look."""

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.inbox import threads
from app.pages import connect
from app.pages import queries as pages
from app.replies import rules, saved
from app.search import similar as earlier
from app.search.queries import TooSlow
from app.texts.rules import gaps
from app.web.inbox import composer, forms, screens, talks
from app.web.inbox import place as places
from app.web.inbox.routes import ID, REPLY_ID, blueprint, by_script, here
from app.web.inbox.talks import Draft
from app.writing import queries as drafts
from app.writing import service as writing
from app.writing.types import DraftView, Kept, Voice, Words

POST = ("POST",)
PEOPLE_SHOWN = 8
_SAVED = "<int(max=2147483647):saved_id>"


@route(blueprint, f"/{ID}/draft", needs=Permission.ANSWER, methods=POST)
def draft(conversation_id: int) -> ResponseReturnValue:
    """Keep what has been written so far. A script asks for the new revision; a form goes back to the conversation."""
    voice, now = forms.voice(), utc_now()
    try:
        kept = _keep(conversation_id, voice, forms.words())
    except Conflict as error:
        if not by_script():
            raise
        other = drafts.begun(session(), actor(), conversation_id, now).own(actor().id, voice)
        told = {"message": error.message, "text": other.text if other else "", "revision": _revision(other)}
        return rejected(jsonify(told).get_data(as_text=True), status_of(error))
    return jsonify({"revision": kept.revision, "mine": kept.mine}) if by_script() else _back(conversation_id)


def _keep(conversation_id: int, voice: Voice, words: Words) -> Kept:
    revision = request.form.get("revision", type=int, default=0)
    return writing.keep(session(), actor(), conversation_id, voice, words, revision=revision, now=utc_now())


def _revision(kept: DraftView | None) -> int:
    return kept.revision if kept else 0


def _back(conversation_id: int) -> ResponseReturnValue:
    return redirect(url_for("inbox.talk", conversation_id=conversation_id, **here().args), 303)


@route(blueprint, f"/{ID}/texts", needs=Permission.ANSWER)
def texts(conversation_id: int) -> ResponseReturnValue:
    """The saved replies that fit here, as they would read."""
    query = request.args.get("q", "")[:100]
    found = saved.offers(session(), actor(), conversation_id, query)
    teams = accounts.teams(session())
    chips = {one.saved.id: composer.chips(one.saved.effects, teams) for one in found}
    template = "inbox/picker.html" if by_script() else "inbox/texts.html"
    return render_template(
        template,
        offers=found,
        chips=chips,
        query=query,
        conversation_id=conversation_id,
        place=here(),
        voice=_answering(),
    )


@route(blueprint, f"/{ID}/texts", needs=Permission.ANSWER, methods=POST)
def choose_text(conversation_id: int) -> ResponseReturnValue:
    """Without script: keep what has been written, then show the saved replies."""
    _keep(conversation_id, _answering(), forms.words())
    address = url_for("inbox.texts", conversation_id=conversation_id, voice=_answering().value, **here().args)
    return redirect(address, 303)


@route(blueprint, f"/{ID}/texts/{_SAVED}", needs=Permission.ANSWER, methods=POST)
def use_text(conversation_id: int, saved_id: int) -> ResponseReturnValue:
    """Without script: put a saved reply below what has been written, and go on there."""
    offer = saved.offer(session(), actor(), conversation_id, saved_id)
    if offer is None or offer.saved.archived:
        raise NotFound(_("There is no such saved reply."))
    return _put_below(conversation_id, _answering(), offer.text, saved_id, saved.also(offer.saved.effects))


def _put_below(
    conversation_id: int, voice: Voice, text: str, saved_id: int | None = None, also: tuple[str, ...] | None = None
) -> ResponseReturnValue:
    """Put a text below the answer that has been begun, and go on there. It is made from a saved reply now, or from what
    it was before."""
    own = drafts.begun(session(), actor(), conversation_id, utc_now()).own(actor().id, voice)
    before = composer.as_words(own)
    words = Words(
        f"{before.text}\n\n{text}" if before.text else text,
        saved_id or before.saved_id,
        before.also if also is None else also,
    )
    revision = _revision(own)
    writing.keep(session(), actor(), conversation_id, voice, words, revision=revision, now=utc_now())
    return _back(conversation_id)


def _answering() -> Voice:
    """Whether an answer is written in public or to the person alone."""
    return Voice.PRIVATE if forms.voice() is Voice.PRIVATE else Voice.REPLY


@route(blueprint, f"/{ID}/preview", needs=Permission.ANSWER, methods=POST)
def preview(conversation_id: int) -> ResponseReturnValue:
    """How the answer will stand at the page."""
    words, now = forms.words(), utc_now()
    if not by_script():
        shown = Draft(mode=_answering(), words=words, preview=True)
        found = talks.talk_screen(services(), session(), actor(), conversation_id, shown, now)
        rows = screens.list_screen(session(), actor(), here(), now)
        return render_template("inbox/overview.html", list=rows, talk=found, place=here(), open_id=conversation_id)
    one = threads.conversation(session(), actor(), conversation_id)
    page = pages.page(session(), one.page_id)
    can = connect.capabilities(services().connectors, services().box, pages.reach(session(), one.page_id))
    text = words.text.strip()
    private = can.private if _answering() is Voice.PRIVATE else None
    return render_template(
        "inbox/preview.html",
        text=text,
        account=(page.account_name if page else None) or one.page_name,
        page_name=one.page_name,
        over=rules.too_long_by(text, private.length if private else can.length),
        private=private is not None,
        gaps=gaps(text),
    )


@route(blueprint, f"/{ID}/draft/continue", needs=Permission.ANSWER, methods=POST)
def continue_draft(conversation_id: int) -> ResponseReturnValue:
    """Go on with what a colleague has begun; theirs stays as it is."""
    writer = places.number(request.form.get("from")) or 0
    writing.continue_from(session(), actor(), conversation_id, writer, _answering(), utc_now())
    if not by_script():
        return _back(conversation_id)
    found = talks.talk_screen(services(), session(), actor(), conversation_id, Draft(), utc_now())
    return render_template("inbox/talk.html", talk=found, place=here())


@route(blueprint, "/colleagues", needs=Permission.ANSWER)
def colleagues() -> ResponseReturnValue:
    """Whom a note can name."""
    wanted = request.args.get("q", "").casefold()
    names = [name for _id, name in accounts.team_members(session())]
    found = [name for name in names if f" {wanted}" in f" {name.casefold()}"]
    return render_template("inbox/colleagues.html", names=found[:PEOPLE_SHOWN])


@route(blueprint, f"/{ID}/similar", needs=Permission.ANSWER)
def similar(conversation_id: int) -> ResponseReturnValue:
    """What we answered to similar comments before; asked for when somebody begins to write."""
    try:
        found = earlier.answers(session(), actor(), conversation_id)
    except TooSlow:
        found = []  # a help that takes long is none
    template = "inbox/similar.html" if by_script() else "inbox/earlier.html"
    return render_template(template, found=found, conversation_id=conversation_id, place=here())


@route(blueprint, f"/{ID}/similar", needs=Permission.ANSWER, methods=POST)
def choose_similar(conversation_id: int) -> ResponseReturnValue:
    """Without script: keep what has been written, then show what was answered before."""
    _keep(conversation_id, Voice.REPLY, forms.words())
    return redirect(url_for("inbox.similar", conversation_id=conversation_id, **here().args), 303)


@route(blueprint, f"/{ID}/similar/{REPLY_ID}", needs=Permission.ANSWER, methods=POST)
def use_similar(conversation_id: int, reply_id: int) -> ResponseReturnValue:
    """Without script: put an earlier answer below what has been written, and go on there."""
    return _put_below(conversation_id, Voice.REPLY, earlier.said(session(), actor(), reply_id))
