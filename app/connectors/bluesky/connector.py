"""Bluesky, as one account sees it. See docs/connectors/bluesky.md."""

from collections.abc import Sequence
from datetime import datetime

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.bluesky import names
from app.connectors.bluesky.acts import MOST_GRAPHEMES, Actor
from app.connectors.bluesky.client import Client, Network, find_server
from app.connectors.bluesky.parse import parse_payload
from app.connectors.bluesky.reader import Reader
from app.connectors.bluesky.sessions import Sessions
from app.connectors.bluesky.wire import said_no, xrpc_url
from app.connectors.decoding import decoded_object
from app.connectors.errors import Permanent, Transient
from app.connectors.limits import Limits
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
)
from app.connectors.publishing import NewPost, PostForm, checked
from app.connectors.reading import ByReader
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

LENGTH = LengthLimit(MOST_GRAPHEMES, LengthUnit.GRAPHEMES)
SIGN_IN = SignIn(
    how=lazy(
        "Porchlight answers as this account, with an app password made for it: at Bluesky open Settings, then Privacy "
        "and security, then App passwords. It needs no access to direct messages. With it mentions and quotes are "
        "found too, and answers below your own posts can be hidden."
    ),
    login=lazy("Handle"),
    password=lazy("App password"),
    wrong=lazy("It has to be an app password made by this very account."),
)
MODERATES = frozenset({Moderation.HOLD, Moderation.APPROVE})


class BlueskyConnector(ByReader):
    """One Bluesky account: answers to its posts, quotes and mentions.

    A page's address ends in the account's DID, which never changes. Settings kept with a connection: none.
    """

    kind = "bluesky"
    label = "Bluesky"
    icon = "cloud"
    sign_in: SignIn | None = SIGN_IN

    def __init__(self, http: Http, pace: Pace, network: Network | None = None) -> None:
        self._http = http
        self._network = network or Network()
        self.limits = Limits(pace, "bluesky")
        self.sessions = Sessions(http, self.limits)

    def discover(self, url: str) -> Found | None:
        """Only an account's name or profile is asked about; any other address may be a web site."""
        account = names.account(url)
        if account is None:
            return None
        address = xrpc_url(self._network.view, "app.bsky.actor.getProfile", {"actor": account})
        self.limits.before(address, "reads")
        response = ask(self._http, "GET", address)
        self.limits.after(address, "reads", response)
        if response.status == 400 and said_no(response):
            return None  # nobody of that name
        if response.status >= 300:
            raise refusal(response, act=False)
        profile = decoded_object(response.body)
        if profile is None or not isinstance(profile.get("did"), str):
            raise Transient(errors.NOT_JSON, f"no profile from {response.url}")
        did = profile["did"]
        find_server(self._http, self._network, self.limits, did)
        name = one_line(str(profile.get("displayName") or "")) or f"@{one_line(str(profile.get('handle') or did))}"
        return Found(self.kind, name, names.page_url(did), can_log_in=True)

    def check(self, access: Access) -> Account | None:
        """An app password may do all that is needed here; what is proved is that it is taken, by this account."""
        if access.secret is None:
            return None
        session = self._client(access).session(afresh=True)
        return Account(session.did, f"@{one_line(session.handle)}", self.capabilities(access))

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities(verify=True)
        return Capabilities(reply=True, moderate=MODERATES, verify=True, length=LENGTH)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse_payload(payload, now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        return self._actor(access).reply(target, text, key)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(key)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        return self._actor(access).moderate(target, act)

    def publishes(self, access: Access) -> PostForm | None:
        return PostForm(LENGTH) if access.secret is not None else None

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        return self._actor(access).publish(checked(post, self.publishes(access)), post.language, key)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        checked(post, self.publishes(access))
        return self._actor(access).look_up(key)

    def _client(self, access: Access) -> Client:
        did = names.account(access.url)
        if did is None:
            raise Permanent(errors.NOT_FOUND, "no account in the page's address")
        return Client(self._http, self._network, self.sessions, did, access)

    def _reader(self, access: Access, now: datetime) -> Reader:
        return Reader(self._client(access), now)

    def _actor(self, access: Access) -> Actor:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no login")
        client = self._client(access)
        return Actor(client, Reader(client, utc_now()))
