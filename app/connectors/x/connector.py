"""X, through tweepy. See docs/connectors/x-com.md."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.connectors import errors
from app.connectors.code_flow import App
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.meter import Budget, Meter
from app.connectors.ports import (
    Access,
    Account,
    Batch,
    Capabilities,
    Cursor,
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
from app.connectors.publishing import NewPost, PostForm, checked
from app.connectors.sign_in import SignIn
from app.connectors.x import parse, prices
from app.connectors.x.acts import Actor
from app.connectors.x.calls import Calls
from app.connectors.x.reader import Reader
from app.connectors.x.signing_in import XOAuth
from app.connectors.x.transport import BASE, client
from app.core.clock import utc_now
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace

KIND = "x_com"
LENGTH = LengthLimit(280, LengthUnit.WEIGHTED)
MODERATES = frozenset({Moderation.APPROVE, Moderation.HOLD})
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/@?(?P<name>\w{1,15})/?(?:[?#].*)?\Z", re.IGNORECASE
)
_NO_ACCOUNTS = frozenset({"home", "explore", "search", "settings", "messages", "notifications", "i", "intent", "login"})
HOW = lazy(
    "Mentions are read and answered as the account itself. Sign in as it, and let Porchlight in. X charges for every "
    "post that is read and every answer; the page shows what was spent."
)
NOT_SET_UP = lazy(
    "Whoever runs Porchlight has to register it at X first, and enter x.client_id in config.toml: "
    "docs/connectors/x-com.md says how."
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator has at X: the app, and what it may spend in a month."""

    app: App | None = None
    dollars: float = 0.0


class XConnector:
    """An account that is mentioned, answered and quoted.

    Settings kept with a connection: ``name`` (from ``discover``), ``account_id`` (from ``check``).
    """

    kind = KIND
    label = "X"
    icon = "at-sign"

    def __init__(self, http: Http, pace: Pace, meter: Meter, terms: Terms, *, base: str = BASE) -> None:
        self._http = http
        self._pace = pace
        self._meter = meter
        self._terms = terms
        self._base = base
        oauth = XOAuth(http, terms.app, base) if terms.app else None
        self.sign_in: SignIn | None = SignIn(how=HOW if oauth else NOT_SET_UP, oauth=oauth, required=True)

    def budget(self, now: datetime) -> Budget | None:
        """This month's dollars, shared by all pages on X."""
        return prices.monthly(self._terms.app.id, self._terms.dollars, now) if self._terms.app else None

    def discover(self, url: str) -> Found | None:
        """By the address alone: X shows accounts to nobody who is not signed in."""
        found = _ADDRESS.match(url.strip())
        if found is None or found["name"].lower() in _NO_ACCOUNTS:
            return None
        name = found["name"].lower()
        return Found(KIND, f"@{name}", f"https://x.com/{name}", {"name": name}, can_log_in=True)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        data = self._calls(access).me().get("data")
        if not isinstance(data, dict) or not str(data.get("id") or "").isdigit():
            raise Permanent(errors.BAD_ANSWER, "not an account")
        name = str(data.get("username") or "")
        if name.lower() != access.settings.get("name"):
            raise AuthExpired(errors.OTHER_ACCOUNT, f"@{name}")
        settings = {"account_id": str(data["id"])}
        known = Access(access.url, {**access.settings, **settings}, access.secret)
        return Account(f"user:{data['id']}", f"@{name}", self.capabilities(known), settings, is_the_page=True)

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities()
        return Capabilities(reply=True, moderate=MODERATES, verify=True, length=LENGTH)

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        return self._reader(access, now).latest(count)

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        yield from self._reader(access, now).collect(cursor, since)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        if access.secret is not None:
            yield from self._reader(access, now).verify(known)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse.items(parse.answer(payload.body), _me(access), now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """X takes no idempotency key; it refuses the same text by the same account."""
        return self._actor(access).reply(target, text)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(target, text)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, "on X answers can only be hidden and shown")
        return self._actor(access).moderate(target, act)

    def publishes(self, access: Access) -> PostForm | None:
        return PostForm(LENGTH) if access.secret is not None and self._terms.app else None

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        return self._actor(access).publish(checked(post, self.publishes(access)), since)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).find_post(checked(post, self.publishes(access)), since)

    def _reader(self, access: Access, now: datetime) -> Reader:
        return Reader(self._calls(access), _me(access), str(access.settings.get("name") or ""), now)

    def _actor(self, access: Access) -> Actor:
        return Actor(self._calls(access), _me(access), LENGTH)

    def _calls(self, access: Access) -> Calls:
        budget = self.budget(utc_now())
        if access.secret is None or budget is None:
            raise Permanent(errors.NOT_SUPPORTED, "not signed in, or X is not set up in config.toml")
        return Calls(client(self._http, self._pace, access, self._base), self._meter, budget)


def _me(access: Access) -> str:
    return str(access.settings.get("account_id") or "")
