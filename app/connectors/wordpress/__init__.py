"""WordPress blogs."""

from app.connectors.wordpress.connector import WordPressConnector

__all__ = ["WordPressConnector"]
