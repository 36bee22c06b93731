"""One module per domain; each job reads its input, makes one call and reports."""
