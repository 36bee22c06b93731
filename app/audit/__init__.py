"""Who did what: written once, in the act's own transaction, chained so that a change shows."""
