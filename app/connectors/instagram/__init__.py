"""Instagram's professional accounts through the Graph API."""

from app.connectors.instagram.connector import InstagramConnector

__all__ = ["InstagramConnector"]
