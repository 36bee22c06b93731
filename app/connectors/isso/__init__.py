"""Isso comment servers."""

from app.connectors.isso.connector import IssoConnector

__all__ = ["IssoConnector"]
