"""Background work: thin jobs over the domains."""
