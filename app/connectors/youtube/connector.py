"""YouTube, through its Data API v3. See docs/connectors/youtube.md."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.google.app import GoogleApp
from app.connectors.google.client import Google, rows
from app.connectors.google.signing_in import GoogleOAuth
from app.connectors.meter import Budget, Meter
from app.connectors.ports import (
    UNHURRIED,
    Access,
    Account,
    Capabilities,
    Found,
    Item,
    LengthLimit,
    LengthUnit,
    Moderation,
    Payload,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.connectors.reading import ByReader
from app.connectors.sign_in import SignIn
from app.connectors.youtube import parse, quota
from app.connectors.youtube.acts import ACTS, Actor
from app.connectors.youtube.calls import Calls
from app.connectors.youtube.reader import Reader
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

KIND = "youtube"
SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
LENGTH = LengthLimit(10_000, LengthUnit.CHARACTERS)
POLL_SECONDS = 60
"""A read costs a unit of the day's at least."""
TITLES = 2_000
_ADDRESS = re.compile(
    r"(?:https?://)?(?:(?:www|m)\.)?youtube\.com/(?:(?P<handle>@[^/?#\s]{3,60})|channel/(?P<id>UC[\w-]{22})"
    r"|c/(?P<custom>[^/?#\s]{1,100})|user/(?P<user>[\w.-]{1,100}))(?:/\w*)?/?(?:[?#].*)?\Z",
    re.IGNORECASE,
)
_USER = "user/"
"""What ``name`` begins with where the address was one of the oldest kind, by a name that is no handle."""
HOW = lazy(
    "Comments are read, answered and moderated as the channel itself. Sign in at Google with an account that owns or "
    "manages it, choose the channel there, and let Porchlight manage its comments."
)
NOT_SET_UP = lazy(
    "Whoever runs Porchlight has to register it at Google first, and enter google.client_id in config.toml: "
    "docs/connectors/youtube.md says how."
)


class YouTubeConnector(ByReader):
    """All comments below a channel's videos and on the channel itself.

    Settings kept with a connection: ``name`` (handle, id or old name, from ``discover``), ``channel_id`` (from
    ``check``).
    """

    kind = KIND
    label = "YouTube"
    icon = "play"

    def __init__(self, http: Http, pace: Pace, meter: Meter, google: GoogleApp) -> None:
        self._http, self._pace, self._meter, self._google = http, pace, meter, google
        oauth = GoogleOAuth(http, google, SCOPE) if google.app else None
        self.sign_in: SignIn | None = SignIn(how=HOW if oauth else NOT_SET_UP, oauth=oauth, required=True)
        self._titles: dict[str, str] = {}

    def budget(self, now: datetime) -> Budget | None:
        """Today's units, shared by all channels that are connected through our app."""
        return quota.daily(self._google.app.id, self._google.daily_units, now) if self._google.app else None

    def discover(self, url: str) -> Found | None:
        """By the address alone: YouTube tells nobody more who is not signed in. Of ``/c/…`` it made the handle of the
        same name, unless its owner chose another."""
        found = _ADDRESS.match(url.strip())
        if found is None:
            return None
        handle = unquote(found["handle"] or (f"@{found['custom']}" if found["custom"] else "")).lower()
        old = f"{_USER}{found['user'].lower()}" if found["user"] else ""
        name = handle or old or found["id"]
        place = handle or old or f"channel/{name}"
        return Found(KIND, name, f"https://www.youtube.com/{place}", {"name": name}, can_log_in=True)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        mine = rows(self._calls(access).me())
        channel = mine[0] if mine else {}
        number, said = str(channel.get("id") or ""), parse.snippet(channel)
        handle = str(said.get("customUrl") or "").lower()
        title = one_line(str(said.get("title") or "")) or handle or number
        if not number or not self._is_named(access, number, handle):
            raise AuthExpired(errors.OTHER_ACCOUNT, title or "-")
        settings = {"channel_id": number, UNHURRIED: POLL_SECONDS}
        known = Access(access.url, {**access.settings, **settings}, access.secret)
        self._calls(known).threads(number, status="heldForReview", size=1)  # shown to who may moderate alone
        return Account(f"channel:{number}", title, self.capabilities(known), settings, is_the_page=True)

    def _is_named(self, access: Access, number: str, handle: str) -> bool:
        """Whether the channel that somebody signed in as is the one whose address was typed."""
        name = str(access.settings.get("name"))
        if name.startswith(_USER):
            return number in (str(one.get("id")) for one in rows(self._calls(access).user(name.removeprefix(_USER))))
        return name in (number, handle)

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities()
        return Capabilities(reply=True, moderate=frozenset(ACTS), verify=True, length=LENGTH)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        if access.secret is not None:
            yield from self._reader(access, now).verify(known)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse.items(payload.body, _channel(access), now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """YouTube takes no idempotency key: our own replies in the thread are looked at first."""
        return self._actor(access).reply(target, text)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(target, text, since)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, "YouTube has no such state, or nobody is signed in")
        return self._actor(access).moderate(target, act)

    def _reader(self, access: Access, now: datetime) -> Reader:
        if len(self._titles) > TITLES:
            self._titles = {}
        return Reader(self._calls(access), _channel(access), now, self._titles)

    def _actor(self, access: Access) -> Actor:
        return Actor(self._calls(access), _channel(access), LENGTH)

    def _calls(self, access: Access) -> Calls:
        if access.secret is None or self._google.app is None:
            raise Permanent(errors.NOT_SUPPORTED, "not signed in, or Google is not set up in config.toml")
        api = "YouTube Data API v3"
        base = self._google.base(KIND)
        google = Google(self._http, self._pace, access, base, KIND, api, self._google.app.id)
        return Calls(google, self._meter, self._google.daily_units)


def _channel(access: Access) -> str:
    return str(access.settings.get("channel_id") or "")
