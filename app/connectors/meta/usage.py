"""How much of what we may ask is used up, as the headers of every answer say."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.connectors.decoding import decoded_object
from app.core.pace import Pace

BUSY, FULL = 75, 100
"""Per cent of a limit. From the first on we only read what we have to, from the second on nothing is asked."""
SLOW = timedelta(minutes=5)
_APP = ("call_count", "total_time", "total_cputime")


def heed(pace: Pace, app: str, headers: Mapping[str, str], now: datetime) -> None:
    """Remember what the headers say, for all processes: of our app, and of each account they name."""
    for name, percent, wait in _told(app, headers):
        if percent >= FULL or wait:
            pace.hold(f"meta:{name}:all", now + (wait or SLOW), now)
        if percent >= BUSY or wait:
            pace.hold(f"meta:{name}:reads", now + (wait or SLOW), now)


def hold(pace: Pace, account: str, until: datetime, now: datetime) -> None:
    """Leave an account alone for all processes: Meta said so otherwise than by these headers."""
    pace.hold(f"meta:{account}:all", until, now)


def wait_for(pace: Pace, app: str, account: str, now: datetime, *, act: bool) -> datetime | None:
    """Until when Meta must not be asked; None when it may. Acts have what reads leave."""
    names = [f"meta:app {app}:all", f"meta:{account}:all"]
    if not act:
        names += [f"meta:app {app}:reads", f"meta:{account}:reads"]
    return pace.until_all(names, now)


def waiting(headers: Mapping[str, str], account: str) -> timedelta | None:
    """How long until the account has access again, where the headers say so."""
    waits = [wait for name, _percent, wait in _told("", headers) if name == account and wait]
    return max(waits, default=None)


def _told(app: str, headers: Mapping[str, str]) -> Iterator[tuple[str, float, timedelta | None]]:
    """Whom a limit is for, how many per cent are used, and how long to wait."""
    used = decoded_object(headers.get("x-app-usage", "")) or {}
    if used:
        yield f"app {app}", _most(used), None
    for account, limits in (decoded_object(headers.get("x-business-use-case-usage", "")) or {}).items():
        for limit in limits if isinstance(limits, list) else ():
            if isinstance(limit, dict):
                minutes = _number(limit.get("estimated_time_to_regain_access"))
                yield account, _most(limit), timedelta(minutes=min(minutes, 24 * 60)) if minutes else None


def _most(used: Mapping[str, Any]) -> float:
    return max(_number(used.get(name)) for name in _APP)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0.0
