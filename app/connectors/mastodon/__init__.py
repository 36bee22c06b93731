"""Accounts on Mastodon and on servers that speak its interface."""

from app.connectors.mastodon.connector import MastodonConnector

__all__ = ["MastodonConnector"]
