"""The time. Decisions take ``now`` as an argument; only edges, jobs and services ask the clock."""

from datetime import UTC, datetime, tzinfo


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def moment_typed(text: str, zone: tzinfo) -> datetime | None:
    """``2026-03-29T02:30`` on a clock of that zone, in UTC; None for what is none.

    A time that the clock skips in spring is as long after the change as it was meant to be after the hour before; one
    that it shows twice in autumn is the first of both.
    """
    try:
        typed = datetime.fromisoformat(text.strip())
        local = typed if typed.tzinfo is not None else typed.replace(tzinfo=zone, fold=0)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
