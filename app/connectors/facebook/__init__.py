"""Facebook Pages through the Graph API."""

from app.connectors.facebook.connector import FacebookConnector

__all__ = ["FacebookConnector"]
