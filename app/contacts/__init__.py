"""The people and sites that speak to us, and the identities they use."""
