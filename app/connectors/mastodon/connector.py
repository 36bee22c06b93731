"""Mastodon, and servers that speak its interface. See docs/connectors/mastodon.md."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.limits import Limits
from app.connectors.mastodon import streaming
from app.connectors.mastodon.acts import Actor
from app.connectors.mastodon.client import Client, GoneError
from app.connectors.mastodon.discover import KIND, USUAL_LENGTH, discover
from app.connectors.mastodon.posts import Poster
from app.connectors.mastodon.reader import Me, Reader, parse_payload
from app.connectors.mastodon.signing_in import MastodonOAuth
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
    PrivateReplies,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.connectors.publishing import NewPost, PostForm, checked
from app.connectors.reading import ByReader
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

SCOPES = ("read:accounts", "read:notifications", "read:statuses", "write:statuses")
ROOM_FOR_NAME = 32
"""What is kept free for the name of whom we answer: ``@``, up to 30 letters (only the local part counts), a blank."""
SIGN_IN = SignIn(
    how=lazy("Mentions are shown to the account itself only. Sign in as it, and let Porchlight read and answer."),
    by_hand=lazy(
        "On the server open Preferences, then Development, and make a new application. Tick read:accounts, "
        "read:notifications, read:statuses and write:statuses, save it, open it again and copy “Your access token”."
    ),
    password=lazy("Access token"),
    required=True,
    wrong=lazy("Copy “Your access token” as it is; the client key and the client secret are something else."),
)


class MastodonConnector(ByReader):
    """An account that is mentioned and answers.

    Settings kept with a connection: ``account_id`` and ``max_characters`` (from ``discover``), ``name`` (from
    ``check``).
    """

    kind = KIND
    label = "Mastodon"
    icon = "at-sign"

    def __init__(self, http: Http, pace: Pace) -> None:
        self._http, self.limits = http, Limits(pace, "mastodon", "x-")
        self.sign_in: SignIn | None = replace(SIGN_IN, oauth=MastodonOAuth(http, " ".join(SCOPES)))

    def discover(self, url: str) -> Found | None:
        return discover(self._http, url)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        client = Client(self._http, access, self.limits)
        try:
            me = client.get("/api/v1/accounts/verify_credentials")
        except Permanent as error:
            if error.code != errors.REFUSED:
                raise
            # Some servers call a token that is none a bad request.
            raise AuthExpired(errors.WRONG_CREDENTIALS, error.detail) from None
        if not isinstance(me, dict) or not me.get("id"):
            raise Permanent(errors.BAD_ANSWER, "not an account")
        if str(me["id"]) != str(access.settings.get("account_id")):
            raise AuthExpired(errors.OTHER_ACCOUNT, one_line(f"@{me.get('acct')}"))
        granted = _scopes(client)
        missing = [scope for scope in SCOPES if not _covers(granted, scope)]
        if missing:
            raise AuthExpired(errors.MISSING_SCOPES, ", ".join(missing))
        client.get("/api/v1/notifications", {"types": ("mention",), "limit": 1})
        settings = {"account_id": str(me["id"]), "name": str(me.get("username") or "")}
        known = Access(access.url, {**access.settings, **settings}, access.secret)
        return Account(f"account:{me['id']}", one_line(f"@{me.get('acct')}"), self.capabilities(known), settings)

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities()
        limit = _limit(access)
        return Capabilities(reply=True, verify=True, length=limit, private=PrivateReplies(limit))

    def listen(self, access: Access) -> Iterator[bool]:
        return streaming.listen(Client(self._http, access, self.limits))

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        if access.secret is not None:
            yield from self._reader(access, now).verify(known)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse_payload(payload, _me(access), now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Sent with an ``Idempotency-Key``, and not relied on it: other servers ignore it."""
        return self._actor(access).reply(target, text, key)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(target, text, since)

    def reply_privately(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """A reply that is shown to nobody but the person it names."""
        return self._actor(access).reply(target, text, key, private=True)

    def look_up_private(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(target, text, since, private=True)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        raise Permanent(errors.NOT_SUPPORTED, "nobody can take down what others say on Mastodon")

    def publishes(self, access: Access) -> PostForm | None:
        if access.secret is None:
            return None
        return PostForm(LengthLimit(_longest(access), LengthUnit.MASTODON))

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        return self._poster(access).publish(post, checked(post, self.publishes(access)), key, since)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        return self._poster(access).find(checked(post, self.publishes(access)), since)

    def _poster(self, access: Access) -> Poster:
        return Poster(Client(self._http, access, self.limits), self._reader(access, utc_now()), _me(access))

    def _reader(self, access: Access, now: datetime) -> Reader:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "mentions are shown to the account itself only")
        return Reader(Client(self._http, access, self.limits), _me(access), now)

    def _actor(self, access: Access) -> Actor:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no access token")
        client, me = Client(self._http, access, self.limits), _me(access)
        most = _longest(access)
        return Actor(client, Reader(client, me, utc_now()), me, most, _limit(access))


def _me(access: Access) -> Me:
    return Me(str(access.settings.get("account_id") or ""), str(access.settings.get("name") or ""))


def _longest(access: Access) -> int:
    most = access.settings.get("max_characters")
    return most if isinstance(most, int) else USUAL_LENGTH


def _limit(access: Access) -> LengthLimit:
    return LengthLimit(max(_longest(access) - ROOM_FOR_NAME, 1), LengthUnit.MASTODON)


def _scopes(client: Client) -> frozenset[str] | None:
    """What the token's application may do; None where the server does not say. The token itself was proved before."""
    try:
        app: Any = client.look("/api/v1/apps/verify_credentials")
    except (GoneError, AuthExpired, Permanent):
        return None
    scopes = app.get("scopes") if isinstance(app, dict) else None
    return frozenset(str(one) for one in scopes) if isinstance(scopes, list) else None


def _covers(granted: frozenset[str] | None, scope: str) -> bool:
    return granted is None or scope in granted or scope.partition(":")[0] in granted
