"""How somebody arranges their work: saved views."""
