"""Carrying acts out on the platforms."""

from app.outbox.runner import Runner
from workers.context import services


def deliver_due() -> int:
    """Work through the outbox until nothing is due."""
    parts = services()
    return Runner(parts.db, parts.connectors, parts.box, parts.settings.outbox.lease_seconds).run()
