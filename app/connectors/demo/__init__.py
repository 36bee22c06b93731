"""A pretend platform on this machine, and the connector that talks to it as others talk to real ones."""
