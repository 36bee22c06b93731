"""The pictures a request is proved with, for those who may see it."""

from flask import Response

from app.accounts.types import Permission
from app.edge.context import actor, session
from app.edge.routes import route
from app.remedies import proofs
from app.web.remedies.routes import ID, blueprint

NOTHING_RUNS = "default-src 'none'; sandbox"


@route(blueprint, f"/{ID}/pictures/<digest>", needs=Permission.ASK_REMEDY)
def picture(remedy_id: int, digest: str) -> Response:
    """One of them, as what it is and nothing else."""
    kept = proofs.picture(session(), actor(), remedy_id, digest)
    headers = {
        "Content-Security-Policy": NOTHING_RUNS,
        "Content-Disposition": f"inline; filename=evidence-{digest[:8]}.{kept.media_type.rpartition('/')[2]}",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(kept.body, mimetype=kept.media_type, headers=headers)
