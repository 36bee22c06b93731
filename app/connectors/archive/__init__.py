"""History from elsewhere."""

from app.connectors.archive.connector import ArchiveConnector

__all__ = ["ArchiveConnector"]
