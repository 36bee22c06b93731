"""The inbox: lists, one conversation, and what an agent does with it."""

from app.web.inbox.views import blueprint

__all__ = ["blueprint"]
