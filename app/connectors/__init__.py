"""Ports to the platforms we listen to and answer on; one folder per platform."""
