"""Blogger, through its API v3 or its public feed. See docs/connectors/blogger.md."""

from collections.abc import Sequence
from datetime import datetime

from app.connectors import errors
from app.connectors.blogger import parse
from app.connectors.blogger.discover import KIND, discover
from app.connectors.blogger.reader import Reader
from app.connectors.blogger.sources import Feed, Interface, Place, Source
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.google.app import GoogleApp
from app.connectors.google.client import Google, RefusedError
from app.connectors.google.signing_in import GoogleOAuth
from app.connectors.limits import Paced
from app.connectors.ports import (
    Access,
    Account,
    Capabilities,
    Found,
    Item,
    Moderation,
    Payload,
    Sent,
    Status,
    Target,
)
from app.connectors.reading import ByReader
from app.connectors.sign_in import SignIn
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

SCOPE = "https://www.googleapis.com/auth/blogger"
NAMES = 2_000
ACTS = {
    Moderation.APPROVE: ("approve", Status.LIVE),
    Moderation.SPAM: ("spam", Status.SPAM),
    Moderation.DELETE: ("removecontent", Status.DELETED),
}
HOW = lazy(
    "Signed in at Google as an administrator of the blog, what waits for approval and what is taken for spam is read "
    "too, and comments can be approved and taken down from here. Blogger lets no program answer: answers are written "
    "at the blog, and recognised here."
)
NOT_SET_UP = lazy(
    "The blog's public comments are read. To approve and take down comments from here, whoever runs Porchlight has to "
    "register it at Google first, and enter google.client_id in config.toml: docs/connectors/blogger.md says how."
)


class BloggerConnector(ByReader):
    """All comments of a blog.

    Settings kept with a connection: ``blog`` and ``profile``, the numbers of the blog and of its author's profile (from
    ``discover``; ``profile`` that of who is signed in from ``check``).
    """

    kind = KIND
    label = "Blogger"
    icon = "pencil"

    def __init__(self, http: Http, pace: Pace, google: GoogleApp) -> None:
        self._http, self._pace, self._google = http, pace, google
        self.web = Paced.by_host(http, pace)
        oauth = GoogleOAuth(http, google, SCOPE) if google.app else None
        self.sign_in: SignIn | None = SignIn(how=HOW if oauth else NOT_SET_UP, oauth=oauth)
        self._names: dict[tuple[str, bool], dict[str, Sequence[str]]] = {}

    def discover(self, url: str) -> Found | None:
        """By the blog's own feed, wherever it stands: blogs may have domains of their own."""
        return discover(self.web, url)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        google = self._api(access)
        me = google.get("v3/users/self")
        name, number = one_line(str(me.get("displayName") or "")) or "Blogger", str(me.get("id") or "")
        try:
            told = google.look(f"v3/users/self/blogs/{access.settings.get('blog')}")
        except RefusedError as refused:
            if not refused.absent:
                raise google.error_for(refused, act=False) from None
            told = {}
        mine = told.get("blog_user_info")
        if not isinstance(mine, dict):
            raise AuthExpired(errors.OTHER_ACCOUNT, name)
        if mine.get("hasAdminAccess") is not True:
            raise AuthExpired(errors.MISSING_PERMISSION, f"administrator: {name}")
        settings = {"profile": parse.profile(me.get("url")) or number}
        known = Access(access.url, {**access.settings, **settings}, access.secret)
        Interface(google, _blog(access)).page("PENDING", None, Place())  # shown to administrators alone
        return Account(f"profile:{settings['profile']}", name, self.capabilities(known), settings)

    def capabilities(self, access: Access) -> Capabilities:
        able = frozenset(ACTS) if access.secret is not None else frozenset[Moderation]()
        return Capabilities(moderate=able, verify=True)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse.items(payload.body, _us(access), now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        raise Permanent(errors.NOT_SUPPORTED, "Blogger's interface has no way to answer")

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        raise Permanent(errors.NOT_SUPPORTED, "Blogger's interface has no way to answer")

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, "Blogger has no such state, or nobody is signed in")
        what, afterwards = ACTS[act]
        try:
            Interface(self._api(access), _blog(access)).act(target.external_id, what)
        except RefusedError:
            if act is Moderation.DELETE:
                return Status.DELETED
            raise Permanent(errors.TARGET_GONE, "deleted at the blog") from None
        return afterwards

    def _reader(self, access: Access, now: datetime) -> Reader:
        source: Source = Feed(self.web, access.url)
        if access.secret is not None:
            source = Interface(self._api(access), _blog(access))
        names = self._names.setdefault((access.url, access.secret is not None), {})
        if len(names) > NAMES:
            names.clear()
        return Reader(source, _us(access), now, names)

    def _api(self, access: Access) -> Google:
        if self._google.app is None:
            raise Permanent(errors.NOT_SET_UP, "google.client_id")
        api = "Blogger API v3"
        base = self._google.base(KIND)
        return Google(self._http, self._pace, access, base, KIND, api, self._google.app.id)


def _blog(access: Access) -> str:
    return str(access.settings.get("blog") or "")


def _us(access: Access) -> str:
    return str(access.settings.get("profile") or "")
