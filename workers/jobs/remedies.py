"""Carrying out what was approved, and seeing who has been told."""

from app.remedies.runner import Runner
from workers.context import services


def carry_out_due() -> int:
    """Work until nothing is due; answer how many were tried."""
    parts = services()
    return Runner(parts.db, parts.executors, parts.box, parts.settings.outbox.lease_seconds).run()
