"""What platforms tell us by themselves: stored as it came, answered at once, worked through afterwards."""
