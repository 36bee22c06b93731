"""Once a day, at an hour of their own: what belongs to nobody and has waited for long."""

from datetime import UTC, date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.db import changed_rows
from app.core.i18n import zone_named
from app.notifications import queries, rules
from app.notifications.models import ChatHook, NoticeSettings
from app.notifications.spreading import News, tell_person, tell_room
from app.notifications.types import PERSONAL, Channel, Event


def is_due(session: Session, now: datetime) -> bool:
    """Whether anybody's hour has come, or somebody is new."""
    settings = select(NoticeSettings.digest_hour, NoticeSettings.digested_on, User.time_zone)
    settings = settings.join(User, User.id == NoticeSettings.user_id).where(User.active, User.demo.is_(False))
    rooms = select(ChatHook.digest_hour, ChatHook.digested_on, ChatHook.time_zone).where(ChatHook.active)
    return (
        any(_day(now, zone, hour, last) for hour, last, zone in session.execute(settings))
        or any(_day(now, zone, hour, last) for hour, last, zone in session.execute(rooms))
        or bool(_unknown(session))
    )


def make_due(session: Session, now: datetime, *, mail: bool) -> int:
    """Tell everybody and every room whose hour has come and who has something to be told; answer how many.

    The digest of a day is made once, whoever else is at it; a day on which nothing was forgotten has none.
    """
    return _people(session, now, mail=mail) + _rooms(session, now)


def _people(session: Session, now: datetime, *, mail: bool) -> int:
    _begin_with(session, now)
    query = select(NoticeSettings, User.time_zone).join(User, User.id == NoticeSettings.user_id)
    made = 0
    for one, zone in session.execute(query.where(User.active, User.demo.is_(False))).all():
        day = _day(now, zone, one.digest_hour, one.digested_on)
        if day is not None and _mine_to_do(session, one, day):
            made += _tell_person(session, one.user_id, day, now, mail=mail)
    return made


def _begin_with(session: Session, now: datetime) -> None:
    """Who is new here gets a first digest tomorrow."""
    missing = _unknown(session)
    if missing:
        session.add_all(NoticeSettings(user_id=user_id, digested_on=now.date()) for user_id in missing)
        session.flush()


def _day(now: datetime, zone: str | None, hour: int, last: date) -> date | None:
    return rules.digest_day(now, zone_named(zone) or UTC, hour, last)


def _unknown(session: Session) -> list[int]:
    """People for whom no day was kept yet."""
    new = select(User.id).outerjoin(NoticeSettings, NoticeSettings.user_id == User.id)
    return list(session.scalars(new.where(NoticeSettings.user_id.is_(None), User.active, User.demo.is_(False))))


def _mine_to_do(session: Session, one: NoticeSettings | ChatHook, day: date) -> bool:
    """Whether the digest of that day is ours to make."""
    table = type(one)
    mine = NoticeSettings.user_id == one.user_id if isinstance(one, NoticeSettings) else ChatHook.id == one.id
    claim = update(table).where(mine, table.digested_on < day).values(digested_on=day)
    return changed_rows(session, claim) == 1


def _tell_person(session: Session, user_id: int, day: date, now: datetime, *, mail: bool) -> int:
    own = queries.choices(session, [user_id])[user_id]
    channels = {channel for channel in PERSONAL if rules.chosen(own, Event.DIGEST, channel)}
    channels -= set() if mail else {Channel.MAIL}
    news = _news(session, queries.team_ids(session, user_id), day, now) if channels else None
    if news is None:
        return 0
    for reader in queries.readers(session, User.id == user_id):
        tell_person(session, reader, news, channels, now)
    return 1


def _rooms(session: Session, now: datetime) -> int:
    made = 0
    for hook in session.scalars(select(ChatHook).where(ChatHook.active)).all():
        day = _day(now, hook.time_zone, hook.digest_hour, hook.digested_on)
        if day is None or Event.DIGEST not in hook.events or not _mine_to_do(session, hook, day):
            continue
        news = _news(session, None if hook.team_id is None else {hook.team_id}, day, now)
        if news is not None:
            tell_room(session, hook.id, news, now)
            made += 1
    return made


def _news(session: Session, team_ids: "set[int] | None", day: date, now: datetime) -> News | None:
    """The digest; None when nothing was forgotten."""
    count = queries.forgotten_count(session, team_ids, now)
    if not count:
        return None
    more = count >= queries.COUNT_LIMIT
    facts = {"count": queries.COUNT_LIMIT - 1 if more else count, "more": more}
    return News(Event.DIGEST, f"digest:{day.isoformat()}", now, facts=facts)
