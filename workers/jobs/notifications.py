"""Telling our own people what happened."""

from app.notifications.runner import Runner
from workers.context import services


def notify() -> int:
    """Turn what happened into notifications, and send the messages that are due; answer how many."""
    parts = services()
    settings = parts.settings
    runner = Runner(parts.db, parts.http, parts.box, parts.mailer, settings.public_url, settings.language)
    return runner.run()
