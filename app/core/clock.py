"""The time. Decisions take ``now`` as an argument; only edges, jobs and services ask the clock."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
