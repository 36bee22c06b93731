"""Reading pages."""

from app.collecting.runner import Runner
from workers.context import services


def _runner() -> Runner:
    parts = services()
    limits = parts.settings.collecting
    return Runner(
        parts.db, parts.connectors, parts.box, limits.threads, limits.fastest_seconds, limits.patience_seconds
    )


def collect_due() -> int:
    """Read every page that is due; answer how many."""
    return _runner().run_due()


def reconcile_due() -> int:
    """Look again at known comments where that is due; answer on how many pages."""
    return _runner().reconcile_due()
