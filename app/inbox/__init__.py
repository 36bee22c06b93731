"""Comments, conversations and what agents do with them."""
