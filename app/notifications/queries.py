"""Reading notifications, choices and rooms. Each function is a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Team, TeamMember, User
from app.contacts.models import Contact
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, Length
from app.notifications import rules
from app.notifications.models import ChatHook, Choice, Message, NoticeSettings, Notification, PushDevice
from app.notifications.types import (
    PERSONAL,
    Channel,
    Device,
    Event,
    Forgotten,
    HookView,
    MessageState,
    Preferences,
    Reader,
    Told,
    Trouble,
)
from app.pages.models import Page

PAGE_LENGTH = 30
COUNT_LIMIT = 100
_WAITING = (MessageState.OPEN, MessageState.AGAIN, MessageState.SENDING)


_UNREAD = select(func.count()).select_from(
    select(Notification.id)
    .where(Notification.user_id == bindparam("user_id"), Notification.read_at.is_(None), Notification.in_app)
    .limit(COUNT_LIMIT)
    .subquery()
)
"""Put together once, as every page asks it."""


def unread(session: Session, user_id: int) -> Length:
    """How many a person has not read, counted to 100 at most."""
    count = session.scalar(_UNREAD, {"user_id": user_id}) or 0
    return Length(count, exact=count < COUNT_LIMIT)


def listed(session: Session, user_id: int, before: int | None = None, limit: int = PAGE_LENGTH) -> list[Told]:
    """A person's notifications, newest first, one page; goes on below the one with id ``before``."""
    query = _told_query().where(Notification.user_id == user_id, Notification.in_app)
    if before is not None:
        query = query.where(Notification.id < before)
    return [_told(row) for row in session.execute(query.order_by(Notification.id.desc()).limit(limit))]


def told(session: Session, ids: Collection[int]) -> list[Told]:
    """These, oldest first."""
    query = _told_query().where(Notification.id.in_(list(ids))).order_by(Notification.id)
    return [_told(row) for row in session.execute(query)]


def _told_query() -> "Select[Any, Any, Any, Any, Any]":
    actor = aliased(User)
    page_id = func.coalesce(Notification.page_id, Conversation.page_id)
    return (
        select(Notification, actor.name, Contact.name, Page.name, Team.name)
        .outerjoin(actor, actor.id == Notification.actor_id)
        .outerjoin(Conversation, Conversation.id == Notification.conversation_id)
        .outerjoin(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Page, Page.id == page_id)
        .outerjoin(Team, Team.id == Notification.team_id)
    )


def _told(row: Any) -> Told:
    one, who, person, page, team = row
    return Told(
        id=one.id,
        event=one.event,
        at=one.at,
        read=one.read_at is not None,
        personal=one.user_id is not None,
        who=who,
        person=person,
        page=page,
        team=team,
        conversation_id=one.conversation_id,
        page_id=one.page_id,
        facts=one.facts,
    )


def readers(session: Session, *conditions: ColumnElement[bool]) -> list[Reader]:
    """The people who work here and fit; those of the demonstration read nothing."""
    query = (
        select(User.id, User.language, NoticeSettings.address, NoticeSettings.stopped)
        .outerjoin(NoticeSettings, NoticeSettings.user_id == User.id)
        .where(User.active, User.demo.is_(False), *conditions)
        .order_by(User.id)
    )
    rows = session.execute(query).all()
    devices: dict[int, list[int]] = defaultdict(list)
    wanted = select(PushDevice.user_id, PushDevice.id).where(PushDevice.user_id.in_([row[0] for row in rows]))
    for user_id, device_id in session.execute(wanted):
        devices[user_id].append(device_id)
    return [
        Reader(user_id, language, None if stopped else address, tuple(devices[user_id]))
        for user_id, language, address, stopped in rows
    ]


def choices(session: Session, user_ids: Collection[int]) -> dict[int, dict[tuple[Event, Channel], bool]]:
    """What these people chose themselves."""
    found: dict[int, dict[tuple[Event, Channel], bool]] = defaultdict(dict)
    for one in session.scalars(select(Choice).where(Choice.user_id.in_(list(user_ids)))):
        found[one.user_id][one.event, one.channel] = one.wanted
    return found


def members_who_want(session: Session, team_id: int, event: Event) -> list[Reader]:
    """The members of a team who asked to be told of something that is off by default."""
    asked = select(Choice.user_id).where(Choice.event == event, Choice.wanted)
    members = select(TeamMember.user_id).where(TeamMember.team_id == team_id)
    return readers(session, User.id.in_(asked), User.id.in_(members))


def preferences(session: Session, user_id: int) -> Preferences:
    """All that a person chose, and what holds where they chose nothing."""
    own = choices(session, [user_id])[user_id]
    settings = session.get(NoticeSettings, user_id)
    devices = session.scalars(select(PushDevice).where(PushDevice.user_id == user_id).order_by(PushDevice.id))
    return Preferences(
        choices={(event, channel): rules.chosen(own, event, channel) for event in Event for channel in PERSONAL},
        address=settings.address if settings else None,
        stopped=bool(settings and settings.stopped),
        digest_hour=settings.digest_hour if settings else rules.DIGEST_HOUR,
        devices=tuple(Device(one.id, one.label, one.created_at, one.error) for one in devices),
    )


def team_ids(session: Session, user_id: int) -> set[int]:
    """The teams a person is in."""
    return set(session.scalars(select(TeamMember.team_id).where(TeamMember.user_id == user_id)))


def forgotten(
    session: Session, team_ids: Collection[int] | None, now: datetime, limit: int = rules.NAMED_AT_MOST
) -> list[Forgotten]:
    """Conversations of these teams (None: of all) that have waited for a day and belong to nobody who works here."""
    query = (
        select(Conversation.id, Contact.name, Page.name, Conversation.sort_at)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Page, Page.id == Conversation.page_id)
        .where(*_forgotten(team_ids, now))
    )
    return [Forgotten(*row) for row in session.execute(query.order_by(Conversation.sort_at).limit(limit))]


def forgotten_count(session: Session, team_ids: Collection[int] | None, now: datetime) -> int:
    """How many there are, counted to 100 at most."""
    query = select(Conversation.id).join(Page, Page.id == Conversation.page_id).where(*_forgotten(team_ids, now))
    return session.scalar(select(func.count()).select_from(query.limit(COUNT_LIMIT).subquery())) or 0


def _forgotten(team_ids: Collection[int] | None, now: datetime) -> list[ColumnElement[bool]]:
    gone = select(User.id).where(User.active.is_(False))
    conditions = [
        Conversation.state == ConversationState.NEW,
        Conversation.sort_at < now - rules.FORGOTTEN_AFTER,
        or_(Conversation.assignee_id.is_(None), Conversation.assignee_id.in_(gone)),
        Page.demo.is_(False),
    ]
    if team_ids is not None:
        conditions.append(Conversation.team_id.in_(sorted(team_ids)))
    return conditions


def hooks(session: Session) -> list[HookView]:
    """All chat rooms, by name."""
    query = (
        select(ChatHook, Team.name)
        .outerjoin(Team, Team.id == ChatHook.team_id)
        .order_by(func.lower(ChatHook.name), ChatHook.id)
    )
    return [hook_view(one, team) for one, team in session.execute(query)]


def hook_view(one: ChatHook, team: str | None) -> HookView:
    events = frozenset(Event(name) for name in one.events)
    return HookView(
        one.id, one.name, one.team_id, team, one.host, events, one.language, one.active, one.error, one.error_at
    )


def troubles(session: Session, now: datetime) -> list[Trouble]:
    """Ways of telling that fail now: those with messages that were tried in vain and wait to be tried again."""
    since = now - timedelta(days=1)
    query = (
        select(Message)
        .where(
            Message.error.is_not(None),
            or_(Message.state.in_(_WAITING), (Message.state == MessageState.FAILED) & (Message.due_at > since)),
        )
        .order_by(Message.created_at.desc())
        .limit(200)
    )
    found: dict[Channel, list[Message]] = defaultdict(list)
    for one in session.scalars(query):
        found[one.channel].append(one)
    fine = _last_sent(session, list(found))
    return [
        Trouble(
            channel,
            min(one.created_at for one in messages),
            messages[0].error or "",
            sum(one.state in _WAITING for one in messages),
        )
        for channel, messages in found.items()
        if channel not in fine or any(one.created_at > fine[channel] for one in messages)
    ]


def _last_sent(session: Session, channels: Sequence[Channel]) -> dict[Channel, datetime]:
    """When each way last worked."""
    query = select(Message.channel, func.max(Message.sent_at)).where(
        Message.channel.in_(channels), Message.state == MessageState.SENT
    )
    rows = session.execute(query.group_by(Message.channel)) if channels else ()
    return {channel: at for channel, at in rows if at is not None}
