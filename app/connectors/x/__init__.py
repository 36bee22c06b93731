"""Accounts on X."""

from app.connectors.x.connector import XConnector

__all__ = ["XConnector"]
