"""What people choose, and what they have read. Services flush; the edge commits."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.core.db import changed_rows, insert_or, table_of
from app.core.errors import ConfigError, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import LANGUAGES
from app.core.i18n import gettext as _
from app.core.security import SecretBox, token_hash
from app.notifications import outgoing, push, queries, rules
from app.notifications.models import ChatHook, Choice, NoticeSettings, Notification, PushDevice, PushKey
from app.notifications.spreading import News, tell_room
from app.notifications.types import PERSONAL, Channel, Event, Told
from app.signals import service as signals

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,186}\.[A-Za-z0-9-]{2,63}")
DEVICES_AT_MOST = 10
_LEAVE = "leave"


def has_due(session: Session, now: datetime) -> bool:
    """Whether there is something to tell or to send."""
    return signals.has_due(session, now) or outgoing.has_due(session, now)


def read(session: Session, actor: Actor, notification_id: int, now: datetime) -> Told:
    """Open one's own notification: it is read from now on. Raises NotFound."""
    mine = select(Notification.id).where(Notification.id == notification_id, Notification.user_id == actor.id)
    if session.scalar(mine) is None:
        raise NotFound(_("There is no such notification, or it was removed."))
    _mark(session, actor, now, Notification.id == notification_id)
    return queries.told(session, [notification_id])[0]


def read_all(session: Session, actor: Actor, now: datetime) -> None:
    """All that a person has been told is read."""
    _mark(session, actor, now)


def seen(session: Session, actor: Actor, conversation_id: int, now: datetime) -> None:
    """The person has this conversation before their eyes: what they were to be told about it is read."""
    _mark(session, actor, now, Notification.conversation_id == conversation_id)


def _mark(session: Session, actor: Actor, now: datetime, *which: object) -> None:
    unread = (Notification.user_id == actor.id, Notification.read_at.is_(None), *which)
    statement = update(Notification).where(*unread).values(read_at=now)  # type: ignore[arg-type]
    if changed_rows(session, statement):
        announce(session, Changed("notice", actor.id))


def choose(session: Session, actor: Actor, wanted: Collection[tuple[Event, Channel]]) -> None:
    """A person's whole table of choices; only what differs from the default is kept."""
    session.execute(delete(Choice).where(Choice.user_id == actor.id))
    for event in Event:
        for channel in PERSONAL:
            chosen = (event, channel) in wanted
            if chosen != rules.default(event, channel):
                session.add(Choice(user_id=actor.id, event=event, channel=channel, wanted=chosen))
    session.flush()


def set_where_and_when(session: Session, actor: Actor, *, address: str, digest_hour: int, now: datetime) -> None:
    """Where mails go (empty: nowhere) and at what hour of the person's own day the digest is made. Raises InvalidInput.

    Choosing an address takes up mails that were left by a link.
    """
    address = address.strip()
    if address and not (len(address) <= 254 and address.isascii() and ADDRESS.fullmatch(address)):
        raise InvalidInput(_("This is no e-mail address. It looks like name@example.org."), field="address")
    if not 0 <= digest_hour <= 23:
        raise InvalidInput(_("Choose an hour of the day."), field="digest_hour")
    settings = _settings(session, actor.id, now)
    settings.address, settings.digest_hour, settings.stopped = address or None, digest_hour, False
    session.flush()


def _settings(session: Session, user_id: int, now: datetime) -> NoticeSettings:
    fresh = insert_or(session, table_of(NoticeSettings)).values(
        user_id=user_id, stopped=False, digest_hour=rules.DIGEST_HOUR, digested_on=now.date()
    )
    session.execute(fresh.on_conflict_do_nothing(index_elements=["user_id"]))
    return session.get_one(NoticeSettings, user_id, populate_existing=True)


def leave_token(box: SecretBox, user_id: int) -> str:
    """What the link in a mail carries; good for as long as the installation's key."""
    return box.seal({_LEAVE: str(user_id)}).decode("ascii")


def leaver(box: SecretBox, token: str) -> int:
    """Whose mails a link ends. Raises NotFound for anything we did not make."""
    try:
        return int(box.open(token.encode("ascii"))[_LEAVE])
    except (ConfigError, KeyError, ValueError, UnicodeError):
        raise NotFound(_("This link is not complete. Open it from the mail once more.")) from None


def leave(session: Session, user_id: int) -> None:
    """No more mails to this person, until they choose an address again."""
    session.execute(update(NoticeSettings).where(NoticeSettings.user_id == user_id).values(stopped=True))


def push_public_key(session: Session, box: SecretBox) -> str:
    """The key by which browsers and push services know this installation; made at the first call (which must be able
    to write), and kept sealed."""
    known = session.get(PushKey, 1)
    if known is None:
        key = push.new_key()
        fresh = insert_or(session, table_of(PushKey)).values(
            id=1, public=push.encoded(push.public_of(key)), sealed_private=box.seal({"key": push.private_text(key)})
        )
        session.execute(fresh.on_conflict_do_nothing(index_elements=["id"]))
        known = session.get_one(PushKey, 1)
    return known.public


def push_private_key(session: Session, box: SecretBox) -> EllipticCurvePrivateKey:
    """The private half. Raises NoResultFound when no browser was ever subscribed."""
    return push.private_from(box.open(session.get_one(PushKey, 1).sealed_private)["key"])


def add_device(
    session: Session, actor: Actor, box: SecretBox, *, endpoint: str, p256dh: str, auth: str, label: str, now: datetime
) -> int:
    """Have push messages sent to a browser; answer its number. The same browser again takes its place, whoever it
    belonged to. Raises InvalidInput for what no browser sends."""
    _check_device(endpoint, p256dh, auth)
    mark = token_hash(endpoint)
    session.execute(delete(PushDevice).where(PushDevice.endpoint_hash == mark))
    device = PushDevice(
        user_id=actor.id,
        endpoint_hash=mark,
        sealed=box.seal({"endpoint": endpoint, "p256dh": p256dh, "auth": auth}),
        label=" ".join(label.split())[:80] or "?",
        created_at=now,
    )
    session.add(device)
    session.flush()
    older = select(PushDevice.id).where(PushDevice.user_id == actor.id).order_by(PushDevice.id.desc())
    too_many = session.scalars(older.offset(DEVICES_AT_MOST)).all()
    session.execute(delete(PushDevice).where(PushDevice.id.in_(too_many)))
    return device.id


def _check_device(endpoint: str, p256dh: str, auth: str) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname or len(endpoint) > 2_000:
        raise InvalidInput(_("The browser gave no address that can be used. Try again, or use another browser."))
    try:
        push.encrypt(b"", push.decoded(p256dh), push.decoded(auth))
        fits = len(push.decoded(auth)) == 16
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInput(_("The browser gave no keys that can be used. Try again, or use another browser."))


def remove_device(session: Session, actor: Actor, device_id: int) -> None:
    """No more push messages to one's own browser; an unknown one is gone already."""
    session.execute(delete(PushDevice).where(PushDevice.id == device_id, PushDevice.user_id == actor.id))


def save_hook(
    session: Session,
    box: SecretBox,
    *,
    time_zone: str = "UTC",
    hook_id: int | None,
    name: str,
    url: str,
    team_id: int | None,
    events: Collection[Event],
    language: str,
    now: datetime,
    by: int | None = None,
) -> int:
    """Add a chat room, or change one; an empty ``url`` keeps the one it has. ``by``: who, for the audit log.

    ``time_zone`` is where the day of a new one begins. Raises InvalidInput, NotFound.
    """
    name, url = " ".join(name.split())[:80], url.strip()
    if not name:
        raise InvalidInput(_("Give the room a name."), field="name")
    parts = urlsplit(url)
    if (url or hook_id is None) and (parts.scheme not in ("https", "http") or not parts.hostname or len(url) > 2_000):
        raise InvalidInput(_("Enter the address that your chat made for an incoming webhook."), field="url")
    if team_id is not None and session.get(Team, team_id) is None:
        raise NotFound(_("There is no such team."))
    if hook_id is None:
        hook = ChatHook(created_at=now, digested_on=now.date(), time_zone=time_zone)
        session.add(hook)
    else:
        hook = _hook(session, hook_id)
    hook.name, hook.team_id, hook.language = name, team_id, language if language in LANGUAGES else "en"
    hook.events = [event.value for event in rules.ROOM_EVENTS if event in events]
    if url:
        hook.sealed_url, hook.host = box.seal({"url": url}), (parts.hostname or "")[:255]
        hook.error, hook.error_at, hook.active = None, None, True
    session.flush()
    told = ",".join(hook.events)
    audit.note(
        session, Action.ROOM_SAVED, f"room/{hook.id}", now, by=by, team=team_id, new_address=bool(url), events=told
    )
    return hook.id


def try_hook(session: Session, actor: Actor, hook_id: int, now: datetime) -> None:
    """Send the room a word, so that one sees whether it arrives."""
    _hook(session, hook_id)
    facts: Mapping[str, object] = {"count": 0, "trial": True}
    news = News(Event.DIGEST, f"trial:{now.isoformat()}", now, actor_id=actor.id, facts=dict(facts))
    tell_room(session, hook_id, news, now)


def switch_hook(session: Session, actor: Actor, hook_id: int, now: datetime, *, on: bool) -> None:
    """Tell this room nothing for now, or something again."""
    _hook(session, hook_id).active = on
    session.flush()
    audit.note(session, Action.ROOM_SWITCHED, f"room/{hook_id}", now, by=actor.id, on=on)


def remove_hook(session: Session, actor: Actor, hook_id: int, now: datetime) -> None:
    """Tell this room nothing more, and forget its address."""
    session.execute(delete(ChatHook).where(ChatHook.id == _hook(session, hook_id).id))
    audit.note(session, Action.ROOM_REMOVED, f"room/{hook_id}", now, by=actor.id)


def _hook(session: Session, hook_id: int) -> ChatHook:
    hook = session.get(ChatHook, hook_id)
    if hook is None:
        raise NotFound(_("There is no such room."))
    return hook
