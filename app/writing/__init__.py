"""What is being written: drafts, who has begun to answer, who is looking."""
