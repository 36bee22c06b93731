"""A Facebook Page. See docs/connectors/facebook.md."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.facebook.acts import Actor
from app.connectors.facebook.posts import FORM, SCOPE, Poster
from app.connectors.facebook.reader import Reader, payload_items
from app.connectors.hooks import Call, Change, Hook, News
from app.connectors.meta import account, hooks
from app.connectors.meta.app import MetaApp
from app.connectors.meta.connector import POLL_SECONDS, MetaConnector
from app.connectors.meta.messages import ON_MESSENGER, PERMISSION
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
)
from app.connectors.sign_in import SignIn
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

LENGTH = LengthLimit(8_000, LengthUnit.CHARACTERS)
"""Meta names no number; longer comments were seen to be refused."""
NEEDED = ("pages_read_engagement", "pages_read_user_content", "pages_manage_engagement", "pages_manage_metadata")
WISHED = (PERMISSION,)
TASKS = (account.MODERATE, account.CREATE_CONTENT)
SIGN_IN = SignIn(
    how=lazy(
        "Porchlight acts as the Page, through your Meta app, with the permissions pages_read_engagement, "
        "pages_read_user_content, pages_manage_engagement and pages_manage_metadata; with pages_messaging it answers "
        "in private, with pages_manage_posts it publishes posts too. The app's number and secret belong into "
        "config.toml, under meta."
    ),
    by_hand=lazy("Make a Page access token of the app, for example in Meta's Graph API Explorer."),
    password=lazy("Page access token"),
    required=True,
    wrong=lazy("It has to be the token of this very Page, not that of a person, and made by the app in config.toml."),
)
_HOSTS = frozenset({"facebook.com", "fb.com"})
_POSTS = frozenset({"post", "status", "photo", "video", "share"})
_NAME = re.compile(r"[\w.\-]{2,100}")
_NO_PAGES = frozenset(
    {"groups", "events", "watch", "marketplace", "login", "help", "gaming", "hashtag", "sharer", "story.php"}
)


class FacebookConnector(MetaConnector):
    """Settings kept with a connection besides those of all: ``name`` (as typed in the address)."""

    kind = "facebook"
    label = "Facebook"
    icon = "thumbs-up"
    length = LENGTH
    private = ON_MESSENGER
    form = FORM
    able = frozenset({Moderation.APPROVE, Moderation.HOLD, Moderation.DELETE, Moderation.LIKE})

    def __init__(self, http: Http, app: MetaApp, pace: Pace) -> None:
        oauth = MetaOAuth(http, app, pace, (*NEEDED, *WISHED, SCOPE), "id,name,username,link", _is_at)
        super().__init__(http, app, pace, replace(SIGN_IN, oauth=oauth) if app.ready else SIGN_IN)

    def discover(self, url: str) -> Found | None:
        """By the form of the address alone: without a token Meta shows nobody a Page."""
        name = page_name(url)
        if name is None:
            return None
        return Found(self.kind, name, f"https://www.facebook.com/{name}", {"name": name}, can_log_in=True)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        graph = self._graph(access)
        proved = account.prove(graph, NEEDED, TASKS)
        me = graph.get("me", fields="id,name,username,link")
        page_id = str(me.get("id", ""))
        if proved.kind != "PAGE" or not page_id.isdigit():
            raise AuthExpired(errors.WRONG_CREDENTIALS, "this is not the token of a Page")
        wanted = str(access.settings.get("name", page_id)).lower()
        if wanted not in _names(me):
            raise AuthExpired(errors.OTHER_ACCOUNT, one_line(str(me.get("name"))))
        account.subscribe(graph, page_id, "feed")
        settings = {"page_id": page_id, UNHURRIED: POLL_SECONDS, **account.able(proved, WISHED, SCOPE)}
        name = one_line(str(me.get("name") or "")) or wanted
        able = self.capabilities(self._kept(access, settings))
        return Account(f"page:{page_id}", name, able, settings, is_the_page=True, ends_at=proved.ends_at)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return payload_items(payload, _page(access), now)

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        """Comments and visitors' posts; what was said is asked for later, so only numbers are kept."""
        found = []
        for page, field, value in hooks.changes(call, "page"):
            told = _told(value) if field == "feed" else None
            if told is not None:
                found.append(Change(_key(value), json.dumps(told).encode(), account=f"page:{page}"))
        return found

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        told = json.loads(change.body)
        reader = self._reader(access, now)
        if not told["id"]:
            raise Permanent(errors.BAD_ANSWER, "Meta named no comment")
        item = reader.told(told["id"], told["post"])
        if item is None:
            return News(gone=[told["id"]] if told["gone"] else [])
        return News([item])

    def _reader(self, access: Access, now: datetime) -> Reader:
        return Reader(self._graph(access), _page(access), now)

    def _poster(self, access: Access) -> Poster:
        return Poster(self._graph(access), _page(access))

    def _actor(self, access: Access) -> Actor:
        return Actor(self._graph(access), _page(access))


def page_name(typed: str) -> str | None:
    """The name or number of a Page in an address of facebook.com; None when there is none."""
    typed = typed.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("business.")
    except ValueError:
        return None
    path = [part for part in parts.path.split("/") if part]
    if host not in _HOSTS or not path or path[0].lower() in _NO_PAGES:
        return None
    name = path[0]
    if name == "profile.php":
        name = parse_qs(parts.query).get("id", [""])[0]
    elif name in ("pages", "people", "p") and len(path) > 1:  # …/pages/Our-bakery/123, …/p/Our-bakery-123
        name = path[2] if len(path) > 2 else path[1].rpartition("-")[2]
    return name.lower() if _NAME.fullmatch(name) else None


def _is_at(page: Mapping[str, Any], url: str) -> bool:
    return page_name(url) in _names(page)


def _page(access: Access) -> str:
    return str(access.settings.get("page_id") or "me")


def _names(me: Mapping[str, Any]) -> set[str]:
    """All that the address of this Page may be."""
    linked = page_name(str(me.get("link", "")))
    return {str(me[name]).lower() for name in ("id", "username") if me.get(name)} | ({linked} if linked else set())


def _told(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a change is about, by its numbers; None when it is nothing that is said to us."""
    item, verb = value.get("item"), value.get("verb")
    post = str(value.get("post_id") or "")
    if item == "comment":
        return {"id": str(value.get("comment_id") or ""), "post": post, "gone": verb != "add"}
    if item in _POSTS and verb in ("add", "edited", "edit", "remove", "hide", "unhide"):
        return {"id": post, "post": post, "gone": verb == "remove"}
    return None


def _key(value: Mapping[str, Any]) -> str:
    """The same for the same event, told again. Its words tell two edits in the same second apart."""
    words = json.dumps([value.get("message"), value.get("link")], ensure_ascii=True).encode()
    names = (value.get("comment_id") or value.get("post_id"), value.get("verb"), value.get("created_time"))
    return " ".join([*(str(one) for one in names), blake2b(words, digest_size=12).hexdigest()])[:500]
