"""Our answers: written, undone, sent."""
