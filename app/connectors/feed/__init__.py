"""Comment feeds: RSS 0.9x, 1.0, 2.0 and Atom. Read-only."""

from app.connectors.feed.connector import FeedConnector

__all__ = ["FeedConnector"]
