"""Words about what happened, for a script that changes nothing else on the screen."""

from flask import Response, make_response, render_template

from app.web.inbox.place import Place


def told(
    said: str, tone: str = "", status: int = 200, *, entry: int | None = None, place: Place | None = None
) -> Response:
    """A word about what happened; with ``entry`` it offers to take that back, and to return to ``place``."""
    body = render_template("inbox/told.html", said=said, tone=tone, entry=entry, place=place)
    answer = make_response(body, status)
    answer.headers["HX-Reswap"] = "none"
    return answer
