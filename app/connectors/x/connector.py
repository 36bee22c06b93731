"""X, through tweepy. See docs/connectors/x-com.md."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.connectors import errors
from app.connectors.code_flow import App
from app.connectors.errors import AuthExpired, Permanent, RateLimited
from app.connectors.hooks import Call, Change, Hook, News
from app.connectors.meter import Budget, Meter
from app.connectors.ports import (
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
from app.connectors.publishing import NewPost, PostForm, checked
from app.connectors.reading import ByReader
from app.connectors.sign_in import SignIn
from app.connectors.x import hooks, parse, prices
from app.connectors.x.activity import Activity
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
LEASE = timedelta(minutes=75)
"""After about an hour X is asked whether it still calls us: it gives up an address that did not answer for a day, and
what it tells of has to end with the month's budget."""
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
    consumer: App | None = None
    """The app's API key and secret, X's consumer key and secret: with the secret X can call us, with the key too we
    can ask it to."""


class XConnector(ByReader):
    """An account that is mentioned, answered and quoted.

    Settings kept with a connection: ``name`` (from ``discover``), ``account_id`` (from ``check``).
    """

    kind = KIND
    label = "X"
    icon = "at-sign"
    own_hooks = False
    charges = True

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

    def shared_hook(self) -> Hook | None:
        return hooks.shared_hook(self._terms.consumer) if self._terms.consumer else None

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        return hooks.handshake(hook, query)

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        return hooks.is_genuine(hook, call)

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        return hooks.changes(call)

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        """A call is not believed as it stands: the post is asked for by its number."""
        number = json.loads(change.body)["id"]
        if not number:
            raise Permanent(errors.BAD_ANSWER, "X named no post")
        return self._reader(access, now).told(number)

    def wants(self, access: Access) -> Mapping[str, str] | None:
        consumer = self._terms.consumer
        able = consumer is not None and consumer.id and consumer.secret and self._terms.app
        return {"account": _me(access)} if able and access.secret is not None and _me(access) else None

    def subscribe(self, hook: Hook, address: str, access: Access) -> timedelta | None:
        """Events cost, too: while the month's budget is spent X is asked to tell us of nothing."""
        calls, activity = self._calls(access), self._activity()
        if not calls.room():
            activity.end(_me(access), address)
            raise RateLimited(errors.BUDGET_SPENT, "X was asked to be silent", retry_at=calls.budget.ends_at)
        activity.begin(_me(access), (access.secret or {}).get("password", ""), address)
        return LEASE

    def unsubscribe(self, hook: Hook, address: str) -> bool:
        self._activity().end(str(hook.settings.get("account") or ""), address)
        return True

    def confirmed(self, hook: Hook, query: Mapping[str, str]) -> timedelta:
        """X asks back of the address that all accounts share, which says nothing of one."""
        return LEASE

    def _activity(self) -> Activity:
        if self._terms.consumer is None:
            raise Permanent(errors.NOT_SET_UP, "x.consumer_key and x.consumer_secret_file")
        return Activity(self._http, self._pace, self._terms.consumer, self._base)

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
