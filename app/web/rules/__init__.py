"""The rules that give conversations to teams: shown, written, tried and published; and why one is where it is."""

from app.web.rules import overview
from app.web.rules.routes import blueprint

__all__ = ["blueprint", "overview"]
