"""What the routes of the inbox share."""

from flask import Blueprint, g, request, url_for

from app.edge.context import actor
from app.web.inbox import place as places
from app.web.inbox.place import Place

_ANY = 9_007_199_254_740_993
blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
_ID = "int(max=9223372036854775807)"
ID = f"<{_ID}:conversation_id>"
REPLY_ID = f"<{_ID}:reply_id>"
JOB_ID = f"<{_ID}:job_id>"
TAG_ID = "<int(max=2147483647):tag_id>"
VIEW_ID = f"<{_ID}:view_id>"


def here() -> Place:
    """The list that the address names."""
    return places.read(request.args, actor())


@blueprint.app_template_global()
def talk_address(conversation_id: int, place: Place) -> str:
    """Where a conversation is open beside a list; a list has fifty that differ in a number."""
    known = g.setdefault("talk_addresses", {})
    if place not in known:
        known[place] = url_for("inbox.talk", conversation_id=_ANY, **place.args).split(str(_ANY), 1)
    before, after = known[place]
    return f"{before}{conversation_id}{after}"


def address_in(place: Place, conversation_id: int | None) -> str:
    """Where a list is, or a conversation beside it."""
    if conversation_id is None:
        return url_for("inbox.overview", **place.args)
    return url_for("inbox.talk", conversation_id=conversation_id, **place.args)


def by_script() -> bool:
    """Whether a script asks, which takes a part of a page."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def wants(*parts: str) -> bool:
    """Whether a script asks for one of these parts (the id of the element to be filled)."""
    return by_script() and request.headers.get("HX-Target") in parts
