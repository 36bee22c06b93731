"""Reading the inbox: lists, one conversation, news."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.edge.context import actor, services, session
from app.edge.routes import route
from app.inbox import queries
from app.web.inbox import place as places
from app.web.inbox import screens, talks
from app.web.inbox.routes import ID, blueprint, here, wants
from app.web.inbox.talks import Draft


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """A list, with nothing opened."""
    place = here()
    if wants("talk"):
        return render_template("inbox/no_talk.html", place=place)
    found = screens.list_screen(session(), actor(), place, utc_now())
    template = {"list": "inbox/list.html", "more": "inbox/rows.html"}.get(request.headers.get("HX-Target", ""))
    if template and wants("list", "more"):
        return render_template(template, list=found, place=place, open_id=request.args.get("open", type=int))
    return render_template("inbox/overview.html", list=found, place=place, open_id=None)


@route(blueprint, f"/{ID}", needs=Permission.READ_INBOX)
def talk(conversation_id: int) -> ResponseReturnValue:
    """A conversation, beside its list; with ``whole`` in the address as much of its thread as is shown at all."""
    place, now = here(), utc_now()
    whole = request.args.get("whole") == "1"
    found = talks.talk_screen(services(), session(), actor(), conversation_id, Draft(), now, whole=whole)
    if wants("talk"):
        return render_template("inbox/talk.html", talk=found, place=place)
    rows = screens.list_screen(session(), actor(), place, now)
    return render_template("inbox/overview.html", list=rows, talk=found, place=place, open_id=conversation_id)


@route(blueprint, "/news", needs=Permission.READ_INBOX)
def news() -> ResponseReturnValue:
    """What an open list lacks: how many have news, and the rows it shows that have changed."""
    place = here()
    since = places.moment(request.args.get("since", ""))
    count = queries.news_count(session(), place.filter(actor()), since) if since else 0
    shown = places.versions(request.args.get("shown", "").split(","))
    known = queries.some_rows(session(), actor(), shown, place.filter(actor())) if shown else []
    return render_template(
        "inbox/news.html",
        count=count,
        changed=[row for row in known if row.version != shown[row.id]],
        gone_ids=[],
        counts=screens.counts(session(), actor(), place),
        place=place,
        open_id=request.args.get("open", type=int),
    )
