"""Outreach, held acts, and the programs that enter them."""

from app.web.outreach import entering, held, programs, views
from app.web.outreach.routes import blueprint

__all__ = ["blueprint", "entering", "held", "programs", "views"]
