"""An Instagram account of a business or creator, linked to a Facebook Page. See docs/connectors/instagram.md."""

import json
import re
from collections.abc import Mapping, Sequence
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
from app.connectors.meta.connector import POLL_SECONDS, MetaConnector
from app.connectors.meta.messages import ON_INSTAGRAM, PERMISSION
from app.connectors.meta.signing_in import MetaOAuth
from app.connectors.ports import (
    UNHURRIED,
    Access,
    Account,
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
from app.connectors.sign_in import SignIn
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

LENGTH = LengthLimit(300, LengthUnit.CHARACTERS)
"""What Meta's page on comment moderation names for comments by its interface."""
NEEDED = ("instagram_basic", "instagram_manage_comments", "pages_read_engagement", "pages_manage_metadata")
WISHED = (PERMISSION, "instagram_manage_messages")
TASKS = (account.MODERATE,)
SIGN_IN = SignIn(
    how=lazy(
        "Porchlight acts as the account, through your Meta app and the Facebook Page the account is linked to, with "
        "the permissions instagram_basic, instagram_manage_comments, pages_read_engagement and pages_manage_metadata; "
        "with pages_messaging and instagram_manage_messages it answers in private, with instagram_content_publish it "
        "publishes pictures too. The app's number and secret belong into config.toml, under meta."
    ),
    by_hand=lazy("Make an access token of the linked Page, for example in Meta's Graph API Explorer."),
    password=lazy("Access token of the linked Page"),
    required=True,
    wrong=lazy("It has to be the token of the Page that this account is linked to, made by the app in config.toml."),
)
_NAME = re.compile(r"[\w.]{1,30}")
_NO_ACCOUNTS = frozenset({"accounts", "direct", "explore", "p", "reel", "reels", "stories", "tv"})


class InstagramConnector(MetaConnector):
    """Settings kept with a connection besides those of all: ``username`` and ``ig_id``."""

    kind = "instagram"
    label = "Instagram"
    icon = "camera"
    length = LENGTH
    private = replace(ON_INSTAGRAM, but=parse.MENTION)
    form = FORM
    able = frozenset({Moderation.APPROVE, Moderation.HOLD, Moderation.DELETE})

    def __init__(self, http: Http, app: MetaApp, pace: Pace) -> None:
        asked, fields = (*NEEDED, *WISHED, SCOPE), "id,name,instagram_business_account{username}"
        oauth = MetaOAuth(http, app, pace, asked, fields, _is_at)
        super().__init__(http, app, pace, replace(SIGN_IN, oauth=oauth) if app.ready else SIGN_IN)

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
        proved = account.prove(graph, NEEDED, TASKS)
        page = graph.get("me", fields="id,name,instagram_business_account{id,username}")
        linked = page.get("instagram_business_account")
        if proved.kind != "PAGE" or not isinstance(linked, dict) or not linked.get("id"):
            raise AuthExpired(errors.WRONG_CREDENTIALS, "this is not the token of a Page with an Instagram account")
        username = str(linked.get("username", ""))
        if username.lower() != str(access.settings.get("username", username)).lower():
            raise AuthExpired(errors.OTHER_ACCOUNT, f"@{one_line(username)}")
        account.subscribe(graph, str(page["id"]), "feed")  # what Meta asks for before it tells of Instagram
        settings = {"ig_id": str(linked["id"]), "page_id": str(page["id"]), UNHURRIED: POLL_SECONDS}
        settings |= account.able(proved, WISHED, SCOPE)
        able = self.capabilities(self._kept(access, settings))
        key, ends_at = f"instagram:{linked['id']}", proved.ends_at
        return Account(key, f"@{username}", able, settings, is_the_page=True, ends_at=ends_at)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return payload_items(payload, _me(access), now)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if parse.mentioned(target.external_id) is not None:
            raise Permanent(errors.NOT_SUPPORTED, "nobody moderates below other people's media")
        return super().moderate(access, target, act)

    def reply_privately(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        if parse.mentioned(target.external_id) is not None:
            raise Permanent(errors.NOT_SUPPORTED, "nobody is written to below other people's media")
        return super().reply_privately(access, target, text, key=key)

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

    def _reader(self, access: Access, now: datetime) -> Reader:
        return Reader(self._graph(access), _me(access), now)

    def _poster(self, access: Access) -> Poster:
        return Poster(self._graph(access), _me(access))

    def _actor(self, access: Access) -> Actor:
        return Actor(self._graph(access), _me(access), str(access.settings.get("page_id", "")))


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
