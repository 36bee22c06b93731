"""WordPress blogs: self-hosted ones, and those at WordPress.com."""

from app.connectors.wordpress.com import WordPressComConnector
from app.connectors.wordpress.connector import WordPressConnector

__all__ = ["WordPressComConnector", "WordPressConnector"]
