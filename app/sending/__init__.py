"""What leaves for a platform: claimed with a lease, carried out once, looked up when nobody knows what came of it."""
