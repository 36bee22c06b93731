"""WordPress, self-hosted, through its REST interface. See docs/connectors/wordpress.md."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.limits import Paced
from app.connectors.ports import (
    LACKING_TO_MODERATE,
    LACKING_TO_PUBLISH,
    REVERSIBLE,
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
from app.connectors.wordpress.acts import Actor
from app.connectors.wordpress.client import Client
from app.connectors.wordpress.discover import KIND, discover
from app.connectors.wordpress.posts import FORM, Poster
from app.connectors.wordpress.reader import Reader, own_account, parse_payload, shows_reviews
from app.connectors.wordpress.walk import Mode
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import one_line

LENGTH = LengthLimit(65_525, LengthUnit.BYTES)
"""What wp_check_comment_data_max_lengths allows for a comment's text."""

_TO_MODERATE, _TO_PUBLISH = "moderate_comments", "publish_posts"
"""WordPress's names of what a user may; editors may both."""
_TO_KEEP_SHOP = "edit_others_products"
"""WooCommerce's, of shop managers and administrators."""

SIGN_IN = SignIn(
    how=lazy(
        "Porchlight answers in the name of a WordPress user, with an application password made for it: in WordPress "
        "open Users, then Profile, and go down to Application Passwords. The user needs the role Editor, so that "
        "comments can also be approved, held back and taken down from here."
    ),
    login=lazy("Login there"),
    password=lazy("Application password"),
    wrong=lazy("It has to be an application password; the one for signing in at the site itself is not taken."),
)


class WordPressConnector(ByReader):
    """A blog with WordPress 5.6 or later.

    Settings kept with a connection: ``rest_root`` (from ``discover``), ``user_id``, ``rights`` and
    ``publishes`` and ``reviews`` (from ``check``).
    """

    kind = KIND
    label = "WordPress"
    icon = "newspaper"
    sign_in: SignIn | None = SIGN_IN
    may_have_shops = True

    def __init__(self, http: Http, pace: Pace) -> None:
        self.web = Paced.by_host(http, pace)

    def discover(self, url: str) -> Found | None:
        return discover(self.web.http, url)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        client = Client(self.web, access)
        try:
            me = own_account(client)
        except AuthExpired as error:
            if error.code == errors.WRONG_CREDENTIALS and self.takes_no_passwords(access):
                detail = "the site offers no application passwords; WordPress needs HTTPS for them"
                raise AuthExpired(errors.LOGIN_UNAVAILABLE, detail) from None
            raise
        can = me.get("capabilities")
        can = can if isinstance(can, dict) else {}
        if not can.get("read"):
            raise AuthExpired(errors.MISSING_PERMISSION, "read: the user has no role at this site")
        rights = "moderator" if can.get(_TO_MODERATE) else "author" if can.get("edit_posts") else "member"
        settings = {
            "user_id": me["id"],
            "rights": rights,
            "publishes": bool(can.get(_TO_PUBLISH)),
            "reviews": rights == "moderator" and self._keeps_shop(client, can),
            LACKING_TO_MODERATE: [one for one in (_TO_MODERATE,) if not can.get(one)],
            LACKING_TO_PUBLISH: [one for one in (_TO_PUBLISH,) if not can.get(one)],
        }
        known = Access(access.url, {**access.settings, **settings}, access.secret)
        name = one_line(str(me.get("name") or access.secret.get("login") or me["id"]))
        return Account(f"user:{me['id']}", name, self.capabilities(known), settings)

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities(verify=True)
        moderate = REVERSIBLE if _rights(access) == "moderator" else frozenset[Moderation]()
        return Capabilities(reply=True, moderate=moderate, verify=True, length=LENGTH)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse_payload(payload, me=_me(access), now=now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """WordPress takes no idempotency key; it refuses the same text by the same person under the same comment."""
        return self._actor(access).reply(target, text)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._actor(access).look_up(target, text, since)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, "this login may not moderate")
        return self._actor(access).moderate(target, act)

    def publishes(self, access: Access) -> PostForm | None:
        """Who moderates may publish, in the roles WordPress comes with: that was not asked of older connections."""
        may = access.settings.get("publishes", _rights(access) == "moderator")
        return FORM if access.secret is not None and may else None

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        """WordPress takes no idempotency key; our own newest posts are looked at first."""
        text = checked(post, self.publishes(access))
        return Poster(Client(self.web, access), _me(access)).publish(post, text, since)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        text = checked(post, self.publishes(access))
        return Poster(Client(self.web, access), _me(access)).find(post, text, since)

    def _reader(self, access: Access, now: datetime) -> Reader:
        client = Client(self.web, access)
        moderates = access.secret is not None and _rights(access) == "moderator"
        if access.secret is not None and not moderates:
            # Visitors' lists answer wrong credentials like none, so the login is proved by itself. (A moderator's list
            # proves it: nobody else may ask for one.)
            own_account(client)
        mode: Mode = "view"
        if moderates:
            mode = "shop" if access.settings.get("reviews") else "edit"
        return Reader(client, mode, _me(access), now)

    def _actor(self, access: Access) -> Actor:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no login")
        return Actor(Client(self.web, access), _rights(access), _me(access))

    def _keeps_shop(self, client: Client, can: Mapping[str, Any]) -> bool:
        """Whether the user keeps a shop at the site.

        Editors may moderate reviews, but WordPress shows them none that is not public, not even one that they have just
        held back themselves.
        """
        return self.may_have_shops and bool(can.get(_TO_KEEP_SHOP)) and shows_reviews(client)

    def takes_no_passwords(self, access: Access) -> bool:
        """Whether the site offers no application passwords: then right ones are ignored without a word."""
        anonymous = Access(access.url, access.settings)
        root = Client(self.web, anonymous).get("/", _fields="authentication").data
        return isinstance(root, dict) and "authentication" in root and not root["authentication"]


def _rights(access: Access) -> str:
    return str(access.settings.get("rights") or "member")


def _me(access: Access) -> int | None:
    user = access.settings.get("user_id")
    return user if isinstance(user, int) and access.secret is not None else None
