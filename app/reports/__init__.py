"""How we did: added up as it happens, so that a report costs the same however much was said."""
