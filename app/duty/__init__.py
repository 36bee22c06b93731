"""Who is at work, and who gets which conversation."""
