"""Ways to carry a remedy out: one folder each, all behind the same port."""
