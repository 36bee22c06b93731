"""The search over everything that was said."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.edge.context import actor, session
from app.edge.routes import route
from app.search import queries, rules
from app.search.queries import TooSlow
from app.search.types import Found, Group, Hit, Kind
from app.web.inbox.routes import wants
from app.web.present import search as search_words

blueprint = Blueprint("search", __name__, url_prefix="/search")


@route(blueprint, "", needs=Permission.READ_INBOX)
def show() -> ResponseReturnValue:
    """What was found, and how to ask. The address says what was asked for."""
    text = request.args.get("q", "").strip()
    after = _number(request.args.get("after", ""))
    patience = rules.THOROUGH if "further" in request.args else rules.QUICK
    asked = rules.read(text, utc_now())
    refused = ""
    try:
        found = queries.search(session(), actor(), asked, after=after, patience=patience)
    except TooSlow as error:
        found, refused = Found(problems=asked.problems), error.message
    part = wants("more")
    return render_template(
        "search/rows.html" if part else "search/show.html",
        text=text,
        asked=asked,
        found=found,
        refused=refused,
        is_first=after is None,
        is_part=part,
        address=_address,
        search_words=search_words,
    )


def _number(text: str) -> int | None:
    """Where results go on; None for anything else."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return found if 0 < found < 2**63 else None


def _address(group: Group, hit: Hit) -> str | None:
    """Where a hit is to be read; None for a contact without a conversation."""
    if group.row is None:
        return None
    anchor = {Kind.COMMENT: f"c-{hit.id}", Kind.REPLY: f"r-{hit.id}", Kind.NOTE: "thread", Kind.CONTACT: None}[hit.kind]
    return url_for("inbox.talk", conversation_id=group.row.id, view="all", _anchor=anchor)
