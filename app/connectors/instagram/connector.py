"""An Instagram account of a business or creator, linked to a Facebook Page. See docs/connectors/instagram.md."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.hooks import Call, Change, Hook, News
from app.connectors.instagram import parse
from app.connectors.instagram.acts import Actor
from app.connectors.instagram.parse import Me
from app.connectors.instagram.posts import FORM, SCOPE, Poster
from app.connectors.instagram.reader import Reader, payload_items
from app.connectors.meta import account, hooks
from app.connectors.meta.app import MetaApp
from app.connectors.meta.client import Graph
from app.connectors.meta.signing_in import MetaOAuth
from app.connectors.ports import (
    UNHURRIED,
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
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

LENGTH = LengthLimit(300, LengthUnit.CHARACTERS)
"""What Meta's page on comment moderation names for comments by its interface."""
NEEDED = ("instagram_basic", "instagram_manage_comments", "pages_read_engagement", "pages_manage_metadata")
POLL_SECONDS = 300
SIGN_IN = SignIn(
    how=lazy(
        "Porchlight acts as the account, through your Meta app and the Facebook Page the account is linked to, with "
        "the permissions instagram_basic, instagram_manage_comments, pages_read_engagement and pages_manage_metadata; "
        "with instagram_content_publish it publishes pictures too. The app's number and secret belong into "
        "config.toml, under meta."
    ),
    by_hand=lazy("Make an access token of the linked Page, for example in Meta's Graph API Explorer."),
    password=lazy("Access token of the linked Page"),
    required=True,
    wrong=lazy("It has to be the token of the Page that this account is linked to, made by the app in config.toml."),
)
_NAME = re.compile(r"[\w.]{1,30}")
_NO_ACCOUNTS = frozenset({"accounts", "direct", "explore", "p", "reel", "reels", "stories", "tv"})


class InstagramConnector:
    """Settings kept with a connection: ``username``, ``ig_id``, ``page_id`` and ``publishes``."""

    kind = "instagram"
    label = "Instagram"
    icon = "camera"
    own_hooks = False

    def __init__(self, http: Http, app: MetaApp, pace: Pace) -> None:
        self._http, self._app, self._pace = http, app, pace
        asked = (*NEEDED, SCOPE)
        oauth = MetaOAuth(http, app, pace, asked, "id,name,instagram_business_account{username}", _is_at)
        self.sign_in: SignIn | None = replace(SIGN_IN, oauth=oauth) if app.ready else SIGN_IN

    def discover(self, url: str) -> Found | None:
        """By the form of the address alone: without a token Meta shows nobody an account."""
        name = account_name(url)
        if name is None:
            return None
        return Found(self.kind, f"@{name}", f"https://www.instagram.com/{name}", {"username": name}, can_log_in=True)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        graph = self._graph(access)
        proved = account.prove(graph, NEEDED)
        page = graph.get("me", fields="id,name,instagram_business_account{id,username}")
        linked = page.get("instagram_business_account")
        if proved.kind != "PAGE" or not isinstance(linked, dict) or not linked.get("id"):
            raise AuthExpired(errors.WRONG_CREDENTIALS, "this is not the token of a Page with an Instagram account")
        username = str(linked.get("username", ""))
        if username.lower() != str(access.settings.get("username", username)).lower():
            raise AuthExpired(errors.OTHER_ACCOUNT, f"@{one_line(username)}")
        account.subscribe(graph, str(page["id"]), "feed")  # what Meta asks for before it tells of Instagram
        settings = {"ig_id": str(linked["id"]), "page_id": str(page["id"]), UNHURRIED: POLL_SECONDS}
        settings["publishes"] = SCOPE in proved.scopes
        now_known = Access(access.url, {**access.settings, **settings}, access.secret)
        return Account(f"instagram:{linked['id']}", f"@{username}", self.capabilities(now_known), settings)

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities(verify=True)
        able = frozenset({Moderation.APPROVE, Moderation.HOLD, Moderation.DELETE})
        return Capabilities(reply=True, moderate=able, verify=True, length=LENGTH)

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        return self._reader(access, now).latest(count)

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        yield from self._reader(access, now).collect(cursor, since)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        yield from self._reader(access, now).verify(known)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return payload_items(payload, _me(access), now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Meta takes no idempotency key: what may have arrived is looked up by its words."""
        if len(text) > LENGTH.maximum:
            raise Permanent(errors.INVALID_TEXT, f"more than {LENGTH.maximum} characters")
        return self._actor(access).reply(target, text)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(target, text, since)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate or parse.mentioned(target.external_id) is not None:
            raise Permanent(errors.NOT_SUPPORTED, "Instagram does not do that")
        return self._actor(access).moderate(target, act)

    def publishes(self, access: Access) -> PostForm | None:
        return FORM if access.secret is not None and access.settings.get("publishes") else None

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        text = checked(post, self.publishes(access))
        return Poster(self._graph(access), _me(access)).publish(post, text, since)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        text = checked(post, self.publishes(access))
        return Poster(self._graph(access), _me(access)).find(text, since)

    def shared_hook(self) -> Hook | None:
        return hooks.shared_hook(self._app)

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        return hooks.handshake(hook, query)

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        return hooks.is_genuine(hook, call)

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        """Comments and mentions; what was said is asked for later, so only numbers are kept."""
        found = []
        for ours, field, value in hooks.changes(call, "instagram"):
            told = _told(field, value)
            if told is not None:
                key = f"{field} {told['media']} {told['comment']}"
                found.append(Change(key[:500], json.dumps(told).encode(), account=f"instagram:{ours}"))
        return found

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        told = json.loads(change.body)
        reader = self._reader(access, now)
        if told["mention"]:
            item = reader.mention(told["media"], told["comment"])
        else:
            item = reader.told(told["comment"], told["media"])
        return News([item] if item is not None else [])

    def _graph(self, access: Access) -> Graph:
        return Graph(self._http, self._app, self._pace, access, str(access.settings.get("page_id", "")))

    def _reader(self, access: Access, now: datetime) -> Reader:
        return Reader(self._graph(access), _me(access), now)

    def _actor(self, access: Access) -> Actor:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no token")
        return Actor(self._graph(access), _me(access))


def account_name(typed: str) -> str | None:
    """The account in an address of instagram.com; None when there is none."""
    typed = typed.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    path = [part for part in parts.path.split("/") if part]
    if host != "instagram.com" or not path or path[0].lower() in _NO_ACCOUNTS or not _NAME.fullmatch(path[0]):
        return None
    return path[0].lower()


def _is_at(page: Mapping[str, Any], url: str) -> bool:
    """Whether this is the Page that the account at the address is linked to."""
    linked = page.get("instagram_business_account")
    return isinstance(linked, dict) and str(linked.get("username", "")).lower() == account_name(url)


def _me(access: Access) -> Me:
    return Me(str(access.settings.get("ig_id", "")), str(access.settings.get("username", "")))


def _told(field: str, value: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a change is about, by its numbers; None when it is nothing that is said to us."""
    media = value.get("media")
    numbers = (value.get("id"), value.get("media_id"), value.get("comment_id"))
    if not all(str(one).isdigit() for one in numbers if one):
        return None
    if field in ("comments", "live_comments") and isinstance(media, dict) and value.get("id") and media.get("id"):
        return {"mention": False, "media": str(media["id"]), "comment": str(value["id"])}
    if field == "mentions" and value.get("media_id"):
        return {"mention": True, "media": str(value["media_id"]), "comment": str(value.get("comment_id") or "")}
    return None
