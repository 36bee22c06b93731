"""What platforms told us by themselves."""

from app.hooks.runner import Runner
from app.hooks.subscribing import Subscriptions
from workers.context import services


def work_through() -> int:
    """Take everything that was told and not taken yet; answer how many changes were tried."""
    parts = services()
    return Runner(parts.db, parts.connectors, parts.box).run()


def subscribe_due() -> int:
    """Ask platforms to call us where that is due; answer how many were asked."""
    parts = services()
    public = parts.settings.public_url if parts.settings.web.public_url else None
    return Subscriptions(parts.db, parts.connectors, parts.box, public).run()
