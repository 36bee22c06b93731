"""Blogs on Blogger."""

from app.connectors.blogger.connector import BloggerConnector

__all__ = ["BloggerConnector"]
