"""Contacts: a list, one of them with all that is known, saying that two are the same."""

from app.web.contacts import care, merging, views
from app.web.contacts.routes import blueprint

__all__ = ["blueprint", "care", "merging", "views"]
