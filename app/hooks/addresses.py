"""The addresses of pages for calls: opened, asked for at the platform, confirmed, closed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.connectors.registry import Registry
from app.core.db import insert_or, run_in_bulk, table_of
from app.core.jobs import JobName, defer_wake
from app.core.security import new_token
from app.hooks import rules
from app.hooks.models import Hook

LEAVING = "leaving"
"""Key of a hook's settings: how often the platform of a removed page was told to call no more."""
LEAVE_TRIES = 5


def open_hook(
    session: Session,
    page_id: int,
    now: datetime,
    *,
    sealed_secret: bytes | None = None,
    settings: dict[str, Any] | None = None,
    renew_at: datetime | None = None,
) -> str:
    """Give a page an address for calls, or change the one it has; answer the place in it.

    Without a secret of its own calls are proved with the page's credentials.
    """
    hook = session.get(Hook, page_id)
    if hook is None:
        hook = Hook(page_id=page_id, place=new_token(), settings={}, created_at=now)
        session.add(hook)
    hook.sealed_secret, hook.renew_at = sealed_secret, renew_at
    if settings is not None:
        hook.settings = settings
    session.flush()
    return hook.place


def give_address(session: Session, connectors: Registry, kind: str, page_id: int, now: datetime) -> None:
    """Open the address of a page that was just connected, if its kind has one for each page."""
    known = session.get(Hook, page_id)
    if known is not None and LEAVING in known.settings:  # the page is back: it is asked anew
        close_hook(session, page_id)
    receiver = connectors.receiver(kind)
    if receiver is not None and receiver.own_hooks:
        open_hook(session, page_id, now)


def leave(session: Session, page_id: int, now: datetime) -> bool:
    """Whether a removed page's platform is to be told now that we want no more calls, which is counted; closes the
    address when it was told ``LEAVE_TRIES`` times."""
    hook = session.get(Hook, page_id)
    if hook is None:
        return False
    tries = hook.settings.get(LEAVING)
    if tries is not None and hook.renew_at is not None and hook.renew_at > now:
        return False
    if tries is not None and tries >= LEAVE_TRIES:
        close_hook(session, page_id)
        return False
    hook.settings = {**hook.settings, LEAVING: (tries or 0) + 1}
    hook.renew_at = rules.ask_again_at(now, tries or 0)
    session.flush()
    return True


def record_confirmed(session: Session, page_id: int, now: datetime, lease: timedelta) -> None:
    """The platform will call for so long: it is asked again when a fifth of that is left."""
    hook = session.get(Hook, page_id)
    if hook is not None:
        hook.renew_at = now + lease * 0.8
        kept = {name: value for name, value in hook.settings.items() if name != rules.REFUSED}
        hook.settings = {**kept, rules.ASKED: 0}


def turn_to_ask(session: Session, page_id: int, now: datetime) -> bool:
    """Whether a page's platform is due to be asked to call us, and nobody else asks it right now: its row is held until
    the transaction ends."""
    row = {"page_id": page_id, "place": new_token(), "settings": {}, "renew_at": now, "created_at": now}
    first = insert_or(session, table_of(Hook)).values(row)
    session.execute(first.on_conflict_do_nothing(index_elements=["page_id"]))
    due = select(Hook.page_id).where(Hook.page_id == page_id, Hook.renew_at <= now)
    return session.scalar(due.with_for_update()) is not None


def record_refused(session: Session, page_id: int, code: str, detail: str) -> None:
    """The platform could not be asked to call, or said no. It is asked again at its time."""
    hook = session.get(Hook, page_id)
    if hook is not None:
        hook.settings = {**hook.settings, rules.REFUSED: [code, detail]}


def ask_soon(session: Session, page_id: int, now: datetime) -> None:
    """Ask the page's platform to call us as soon as a worker is free, whenever it was asked last."""
    hook = session.get(Hook, page_id)
    if hook is not None:
        hook.renew_at = now
    defer_wake(session, JobName.SUBSCRIBE)


def close_hook(session: Session, page_id: int) -> None:
    """Take no more calls for a page."""
    run_in_bulk(session, delete(Hook).where(Hook.page_id == page_id))
