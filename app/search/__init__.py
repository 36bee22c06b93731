"""Finding comments, replies, notes and contacts by their words."""
