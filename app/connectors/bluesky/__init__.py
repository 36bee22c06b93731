"""Bluesky accounts (AT Protocol)."""

from app.connectors.bluesky.connector import BlueskyConnector

__all__ = ["BlueskyConnector"]
