"""Decisions about posts that can be used again."""
