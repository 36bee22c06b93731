"""From what happened to who is told: each signal becomes at most one notification a reader, with the messages that
carry it, in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.db import insert_or
from app.core.events import Changed, announce
from app.core.ids import new_id
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.notifications import outgoing, queries, rules
from app.notifications.models import ChatHook, Notification
from app.notifications.types import PERSONAL, Channel, Event, Reader
from app.pages.models import Page
from app.remedies import turns
from app.signals import service as signals
from app.signals.types import Signal

log = structlog.get_logger()
_LISTENS = "notice"
_TABLE = cast(Table, Notification.__table__)


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell, before it is known to whom. ``demo``: stays in the app, nothing pretend leaves the house."""

    event: Event
    key: str
    at: datetime
    demo: bool = False
    actor_id: int | None = None
    conversation_id: int | None = None
    page_id: int | None = None
    team_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def spread(session: Session, now: datetime, *, mail: bool) -> int:
    """Tell a batch of signals; answer how many there were. ``mail``: whether there is a mail server."""
    batch = signals.take(session, now)
    for signal in batch:
        try:
            with session.begin_nested():
                _spread(session, signal, now, mail=mail)
        except Exception as error:
            log.exception("signal_not_told", signal=signal.id, kind=signal.kind)
            signals.not_told(session, signal, type(error).__name__, now)
        else:
            signals.told(session, signal)
    return len(batch)


def _spread(session: Session, signal: Signal, now: datetime, *, mail: bool) -> None:
    news = _news(session, signal, now)
    if news is None:
        return
    for reader in _readers(session, signal, news, now):
        own = queries.choices(session, [reader.user_id])[reader.user_id]
        channels = {channel for channel in PERSONAL if rules.chosen(own, news.event, channel)}
        tell_person(session, reader, news, channels if mail else channels - {Channel.MAIL}, now)
    if not news.demo:
        _tell_rooms(session, news, now)


def _news(session: Session, signal: Signal, now: datetime) -> News | None:
    """What there is to tell; None when what it was about is gone, or no news."""
    event = rules.EVENTS[signal.kind]
    if event in rules.SEVERAL:
        return _of_several(session, signal, event, now)
    if signal.conversation_id is not None:
        query = select(Conversation.team_id, Page.demo).join(Page, Page.id == Conversation.page_id)
        found = session.execute(query.where(Conversation.id == signal.conversation_id)).one_or_none()
        key = f"signal:{signal.id}"
    elif signal.page_id is None:  # about neither a conversation nor a page
        return News(
            event, f"signal:{signal.id}", signal.at, False, signal.actor_id, team_id=signal.team_id, facts=signal.facts
        )
    else:
        found = session.execute(select(Page.team_id, Page.demo).where(Page.id == signal.page_id)).one_or_none()
        key = f"{event}:{signal.page_id}:{signal.facts.get('since', signal.id)}"
    if found is None:
        return None
    return News(
        event, key, signal.at, found[1], signal.actor_id, signal.conversation_id, signal.page_id, found[0], signal.facts
    )


def _of_several(session: Session, signal: Signal, event: Event, now: datetime) -> News | None:
    """Those that still wait, in that team; what came long before it was read is not new."""
    query = (
        select(Conversation.id, Page.demo)
        .join(Page, Page.id == Conversation.page_id)
        .where(
            Conversation.id.in_(signal.facts["conversations"]),
            Conversation.state == ConversationState.NEW,
            Conversation.team_id == signal.team_id,
        )
        .order_by(Conversation.sort_at)
    )
    if event is Event.NEW_IN_TEAM:
        query = query.where(Conversation.sort_at > now - rules.FRESH)
    found = session.execute(query).all()
    if not found:
        return None
    unnamed = signal.facts.get("count", 0) - len(signal.facts["conversations"])
    count = len(found) + max(unnamed, 0)
    return News(
        event,
        f"signal:{signal.id}",
        signal.at,
        all(demo for _id, demo in found),
        conversation_id=found[0][0] if count == 1 else None,
        team_id=signal.team_id,
        facts={"count": count, "team": signal.team_id},
    )


def _sees_to(session: Session, signal: Signal, now: datetime) -> set[int]:
    """Who can see to a remedy now: those who may sign it, or supervisors where it is signed; and who asked for it."""
    people = set(signal.people)
    if signal.facts.get("waits_for", "decide") == "decide":
        return people | set(turns.who_may(session, int(signal.facts["remedy"]), now))
    return people | set(session.scalars(select(User.id).where(User.active, User.role.in_(rules.SUPERVISING))))


def _readers(session: Session, signal: Signal, news: News, now: datetime) -> list[Reader]:
    """Whom it concerns; nobody is told what they did themselves."""
    if news.event is Event.NEW_IN_TEAM:
        return queries.members_who_want(session, news.team_id or 0, news.event)
    if news.event in (Event.REMEDY_WANTED, Event.REMEDY_LATE):
        concerned = User.id.in_(_sees_to(session, signal, now))
    elif signal.people:
        concerned = User.id.in_(signal.people)
    elif news.event in rules.FOR_SUPERVISORS:
        concerned = User.role.in_(rules.SUPERVISING)
    else:
        return []
    return [one for one in queries.readers(session, concerned) if one.user_id != signal.actor_id]


def tell_person(session: Session, reader: Reader, news: News, channels: Iterable[Channel], now: datetime) -> None:
    """Tell one person in these ways, unless they have been told."""
    ways = set(channels) & {Channel.APP} if news.demo else set(channels)
    if not ways:
        return
    known = _store(session, f"user:{reader.user_id}", news, user_id=reader.user_id, in_app=Channel.APP in ways)
    if known is None:
        return
    if Channel.MAIL in ways and reader.address:
        outgoing.join(session, Channel.MAIL, reader.user_id, known, now, user_id=reader.user_id)
    if Channel.PUSH in ways:
        for device_id in reader.devices:
            outgoing.join(session, Channel.PUSH, device_id, known, now, user_id=reader.user_id, device_id=device_id)
    if Channel.APP in ways:
        announce(session, Changed(_LISTENS, reader.user_id))


def _tell_rooms(session: Session, news: News, now: datetime) -> None:
    for hook in session.scalars(select(ChatHook).where(ChatHook.active)):
        if news.event in hook.events and hook.team_id in (None, news.team_id):
            tell_room(session, hook.id, news, now)


def tell_room(session: Session, hook_id: int, news: News, now: datetime) -> None:
    """Tell a chat room, unless it has been told."""
    known = _store(session, f"hook:{hook_id}", news, hook_id=hook_id, in_app=False)
    if known is not None:
        outgoing.join(session, Channel.CHAT, hook_id, known, now, hook_id=hook_id)


def _store(
    session: Session,
    reader: str,
    news: News,
    *,
    in_app: bool,
    user_id: int | None = None,
    hook_id: int | None = None,
) -> int | None:
    """The notification's id; None when this reader was told the same before."""
    statement = insert_or(session, _TABLE).values(
        id=new_id(),
        reader=reader,
        key=news.key[:80],
        user_id=user_id,
        hook_id=hook_id,
        event=news.event,
        at=news.at,
        actor_id=news.actor_id,
        conversation_id=news.conversation_id,
        page_id=news.page_id,
        team_id=news.team_id,
        facts=news.facts,
        in_app=in_app,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["reader", "key"])
    return session.execute(statement.returning(Notification.id)).scalar_one_or_none()
