"""Keeping pages signed in."""

from app.pages.runner import Renewer
from workers.context import services


def renew_tokens() -> int:
    """Renew tokens that end soon, and tell of sign-ins that do; answer how many were tried."""
    parts = services()
    return Renewer(parts.db, parts.connectors, parts.box).run()
