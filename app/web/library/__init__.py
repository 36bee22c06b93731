"""The library: posts that can be used again, what is published of them, and when a page is silent."""

from app.web.library import pages, publishing, views
from app.web.library.routes import blueprint

__all__ = ["blueprint", "pages", "publishing", "views"]
