"""The demonstration: pages, people and comments to look around with, apart from everything real."""
