"""Reviews: on a rhythm, one page with what happened, what changed and what was decided."""
