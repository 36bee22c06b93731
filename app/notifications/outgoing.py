"""Messages on their way to people: gathered, claimed with a lease, sent, recorded.

What certainly did not arrive is tried again together with what came meanwhile. What may have arrived is sent once more
unchanged where the other side can tell that it is the same (a mail by its Message-ID, a push by its topic), and never
to a chat room, which can't.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.chance import draw
from app.core.db import insert_or, table_of
from app.core.ids import new_id
from app.notifications import queries, rules
from app.notifications.models import ChatHook, Message, NoticeSettings, Notification, Part, PushDevice
from app.notifications.types import Channel, Event, Forgotten, MessageState, Outgoing

LEASE = timedelta(seconds=120)
"""Longer than any send may take."""


def join(
    session: Session,
    channel: Channel,
    whom: int,
    notification_id: int,
    now: datetime,
    *,
    user_id: int | None = None,
    device_id: int | None = None,
    hook_id: int | None = None,
) -> None:
    """Have a notification carried by the message that gathers what this reader is to be told, or by a new one."""
    target = f"{channel}:{whom}"
    fresh = insert_or(session, table_of(Message)).values(
        id=new_id(),
        target=target,
        channel=channel,
        user_id=user_id,
        device_id=device_id,
        hook_id=hook_id,
        state=MessageState.OPEN,
        created_at=now,
        due_at=now + rules.WINDOW[channel],
        attempts=0,
    )
    session.execute(fresh.on_conflict_do_nothing(index_elements=["target"], index_where=text("state = 'open'")))
    gathering = select(Message.id).where(Message.target == target, Message.state == MessageState.OPEN)
    session.add(Part(message_id=session.scalars(gathering.with_for_update()).one(), notification_id=notification_id))
    session.flush()


def due(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Ids of messages that can be sent now, the longest due first."""
    query = select(Message.id).where(_ready(now)).order_by(Message.due_at, Message.id).limit(limit)
    return list(session.scalars(query))


def has_due(session: Session, now: datetime) -> bool:
    """Whether any message can be sent now."""
    return bool(due(session, now, limit=1))


def _ready(now: datetime) -> ColumnElement[bool]:
    waiting = and_(Message.state.in_([MessageState.OPEN, MessageState.AGAIN]), Message.due_at <= now)
    return or_(waiting, and_(Message.state == MessageState.SENDING, Message.lease_until <= now))


def claim(session: Session, message_id: int, now: datetime) -> Outgoing | None:
    """Claim a message for this process. None when somebody else was quicker, or nothing is left to say.

    One whose lease ran out may have left: its process died while sending.
    """
    before = session.scalar(select(Message).where(Message.id == message_id, _ready(now)).with_for_update())
    if before is None:
        return None
    if before.state is MessageState.SENDING and before.channel is Channel.CHAT:
        before.state, before.lease, before.error = MessageState.FAILED, None, "interrupted"
        session.flush()
        return None
    again = before.state is not MessageState.OPEN
    lease = secrets.token_hex(8)
    before.state, before.lease, before.lease_until = MessageState.SENDING, lease, now + LEASE
    before.attempts += 1
    outgoing = _outgoing(session, before, lease, now, everything=again)
    if outgoing is None:
        before.state, before.lease, before.lease_until = MessageState.DROPPED, None, None
    session.flush()
    return outgoing


def _outgoing(session: Session, message: Message, lease: str, now: datetime, *, everything: bool) -> Outgoing | None:
    """All that is needed to send it; None when there is nothing left to say, or nobody to say it to."""
    parts = select(Part.notification_id).join(Notification, Notification.id == Part.notification_id)
    parts = parts.where(Part.message_id == message.id)
    if not everything:
        parts = parts.where(Notification.read_at.is_(None))
    told = queries.told(session, list(session.scalars(parts)))
    name, language, address, device, url = _whom(session, message)
    if not told or not (address or device or url):
        return None
    forgotten: Sequence[Forgotten] = ()
    if any(one.event is Event.DIGEST for one in told):
        forgotten = queries.forgotten(session, _teams(session, message), now)
    return Outgoing(
        id=message.id,
        channel=message.channel,
        user_id=message.user_id,
        device_id=message.device_id,
        hook_id=message.hook_id,
        name=name,
        language=language,
        address=address,
        sealed_device=device,
        sealed_url=url,
        told=tuple(told),
        forgotten=tuple(forgotten),
        lease=lease,
        created_at=message.created_at,
    )


def _whom(session: Session, message: Message) -> tuple[str, str | None, str | None, bytes | None, bytes | None]:
    """Name, language, mail address, sealed subscription, sealed chat address; those that apply and still hold."""
    if message.hook_id is not None:
        hook = session.get_one(ChatHook, message.hook_id)
        return hook.name, hook.language, None, None, hook.sealed_url if hook.active else None
    user = session.get_one(User, message.user_id)
    if not user.active:
        return user.name, None, None, None, None
    if message.device_id is not None:
        return user.name, user.language, None, session.get_one(PushDevice, message.device_id).sealed, None
    settings = session.get(NoticeSettings, user.id)
    return user.name, user.language, settings.address if settings and not settings.stopped else None, None, None


def _teams(session: Session, message: Message) -> "set[int] | None":
    if message.hook_id is not None:
        team_id = session.get_one(ChatHook, message.hook_id).team_id
        return None if team_id is None else {team_id}
    return queries.team_ids(session, message.user_id or 0)


def record_sent(session: Session, outgoing: Outgoing, now: datetime) -> None:
    """The other side took it."""
    message = _held(session, outgoing)
    if message is not None:
        message.state, message.sent_at, message.error = MessageState.SENT, now, None
        message.lease = message.lease_until = None
        _note_health(session, outgoing, None, now)
        session.flush()


def record_failed(session: Session, outgoing: Outgoing, reason: str, now: datetime) -> None:
    """It was refused for good."""
    message = _held(session, outgoing)
    if message is not None:
        _give_up(session, message, outgoing, reason, now)


def record_not_sent(
    session: Session, outgoing: Outgoing, reason: str, now: datetime, named: datetime | None = None
) -> None:
    """It certainly did not arrive: it is tried again, with what came meanwhile, until it was tried often enough."""
    message = _held(session, outgoing)
    if message is None:
        return
    when = rules.retry_at(now, message.attempts, draw(), named)
    if when is None:
        _give_up(session, message, outgoing, reason, now)
        return
    message.error, message.due_at = reason[:300], when
    message.lease = message.lease_until = None
    gathering = select(Message).where(Message.target == message.target, Message.state == MessageState.OPEN)
    newer = session.scalar(gathering.with_for_update())
    if newer is None:
        message.state = MessageState.OPEN
    else:
        _merge(session, message, newer)
    _note_health(session, outgoing, reason, now)
    session.flush()


def record_unknown(session: Session, outgoing: Outgoing, reason: str, now: datetime) -> None:
    """It may have arrived: sent once more unchanged where that can be recognised, else left at that."""
    message = _held(session, outgoing)
    if message is None:
        return
    when = rules.retry_at(now, message.attempts, draw())
    if outgoing.channel is Channel.CHAT or when is None:
        _give_up(session, message, outgoing, reason, now)
        return
    message.state, message.error, message.due_at = MessageState.AGAIN, reason[:300], when
    message.lease = message.lease_until = None
    session.flush()


def record_gone(session: Session, outgoing: Outgoing) -> None:
    """The push service says that this browser takes nothing any more: it is forgotten, with all that waits for it."""
    session.execute(delete(PushDevice).where(PushDevice.id == outgoing.device_id))


def _merge(session: Session, message: Message, newer: Message) -> None:
    """Let the message that gathers now carry these parts too."""
    mine = session.scalars(select(Part.notification_id).where(Part.message_id == message.id)).all()
    session.execute(delete(Part).where(Part.message_id == message.id))
    session.add_all(Part(message_id=newer.id, notification_id=one) for one in mine)
    newer.due_at, newer.attempts = max(newer.due_at, message.due_at), message.attempts
    newer.created_at, newer.error = message.created_at, message.error
    session.delete(message)


def _give_up(session: Session, message: Message, outgoing: Outgoing, reason: str, now: datetime) -> None:
    message.state, message.error, message.due_at = MessageState.FAILED, reason[:300], now
    message.lease = message.lease_until = None
    _note_health(session, outgoing, reason, now)
    session.flush()


def _note_health(session: Session, outgoing: Outgoing, reason: str | None, now: datetime) -> None:
    """The device or the room shows how its last message went."""
    short = reason[:300] if reason else None
    if outgoing.device_id is not None:
        session.execute(update(PushDevice).where(PushDevice.id == outgoing.device_id).values(error=short))
    if outgoing.hook_id is not None:
        at = now if reason else None
        session.execute(update(ChatHook).where(ChatHook.id == outgoing.hook_id).values(error=short, error_at=at))


def _held(session: Session, outgoing: Outgoing) -> Message | None:
    """The message, if it is still this process's."""
    query = select(Message).where(Message.id == outgoing.id, Message.lease == outgoing.lease).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def tidy(session: Session, now: datetime) -> None:
    """Forget what was read a month ago, what nobody read in three, and what went out long ago."""
    read = func.coalesce(Notification.read_at, Notification.at)
    old = or_(
        and_(or_(Notification.read_at.is_not(None), ~Notification.in_app), read < now - rules.KEEP_READ),
        Notification.at < now - rules.KEEP_UNREAD,
    )
    session.execute(delete(Notification).where(old).execution_options(synchronize_session=False))
    over = Message.state.in_([MessageState.SENT, MessageState.FAILED, MessageState.DROPPED])
    gone = delete(Message).where(over, Message.created_at < now - rules.KEEP_READ)
    session.execute(gone.execution_options(synchronize_session=False))
