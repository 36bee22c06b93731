"""Keeping pages alive: who looks after them, what belongs to which campaign, what is handed over."""
