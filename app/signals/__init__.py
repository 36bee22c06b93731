"""What happened that somebody may want to be told: written by whoever did it, taken by whoever tells."""
