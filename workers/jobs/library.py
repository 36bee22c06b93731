"""Publishing posts."""

from app.library.runner import Runner
from workers.context import services


def publish_due() -> int:
    """Publish what is due, and let go what nothing stands against any more."""
    parts = services()
    return Runner(parts.db, parts.connectors, parts.box, parts.settings.outbox.lease_seconds).run()
