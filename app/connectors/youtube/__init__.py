"""Channels on YouTube."""

from app.connectors.youtube.connector import YouTubeConnector

__all__ = ["YouTubeConnector"]
