"""What platforms told us by themselves."""

from app.hooks.runner import Runner
from workers.context import services


def work_through() -> int:
    """Take everything that was told and not taken yet; answer how many changes were tried."""
    parts = services()
    return Runner(parts.db, parts.connectors, parts.box).run()
