"""Saved replies: texts kept to be used again, with what they do besides; and how we sound."""
