"""What connectors of Meta's accounts share: everything but where an account is found and how its comments are read."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.hooks import Call, Hook
from app.connectors.lengths import length
from app.connectors.meta import hooks
from app.connectors.meta.account import PUBLISHES
from app.connectors.meta.app import MetaApp
from app.connectors.meta.client import Graph
from app.connectors.meta.messages import Letters
from app.connectors.ports import (
    LACKING,
    Access,
    Account,
    Capabilities,
    Found,
    Item,
    LengthLimit,
    Moderation,
    Payload,
    PrivateReplies,
    Sent,
    Status,
    Target,
)
from app.connectors.publishing import NewPost, PostForm, checked
from app.connectors.reading import ByReader
from app.connectors.sign_in import SignIn
from app.core.http import Http
from app.core.pace import Pace

POLL_SECONDS = 300
"""Meta tells of comments by itself where it can; a small Page may ask for little."""


class Acting(Protocol):
    """Acts as one account."""

    def reply(self, target: Target, text: str) -> Sent: ...
    def look_up(self, target: Target, text: str, since: datetime) -> Sent | None: ...
    def moderate(self, target: Target, act: Moderation) -> Status: ...
    def letters(self) -> Letters: ...


class Posting(Protocol):
    """Publishes as one account."""

    def publish(self, post: NewPost, text: str, since: datetime) -> Sent: ...
    def find(self, text: str, since: datetime) -> Sent | None: ...


class MetaConnector(ByReader):
    """An account of Meta's; the port's methods that are the same for all of them.

    Settings kept with a connection: ``page_id``, ``lacking`` and ``publishes``.
    """

    kind: str
    label: str
    icon: str
    length: LengthLimit
    private: PrivateReplies
    able: frozenset[Moderation]
    form: PostForm
    own_hooks = False

    def __init__(self, http: Http, app: MetaApp, pace: Pace, sign_in: SignIn) -> None:
        self._http, self._app, self._pace = http, app, pace
        self.sign_in: SignIn | None = sign_in

    @abstractmethod
    def _actor(self, access: Access) -> Acting: ...

    @abstractmethod
    def _poster(self, access: Access) -> Posting: ...

    @abstractmethod
    def discover(self, url: str) -> Found | None: ...

    @abstractmethod
    def check(self, access: Access) -> Account | None: ...

    @abstractmethod
    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]: ...

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities(verify=True)
        private = self.private if access.settings.get(LACKING) == [] else None
        return Capabilities(reply=True, moderate=self.able, verify=True, length=self.length, private=private)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Meta takes no idempotency key: what may have arrived is looked up by its words."""
        _fits(text, self.length)
        return self._acting(access).reply(target, text)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._acting(access).look_up(target, text, since)

    def reply_privately(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Meta takes one to each comment; see ``app.connectors.meta.messages``."""
        letters = self._letters(access)
        _fits(text, self.private.length)
        return letters.send(target, text)

    def look_up_private(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        return self._letters(access).look_up(target, text, since)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, f"{self.label} does not do that")
        return self._acting(access).moderate(target, act)

    def publishes(self, access: Access) -> PostForm | None:
        return self.form if access.secret is not None and access.settings.get(PUBLISHES) else None

    def publish(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent:
        text = checked(post, self.publishes(access))
        return self._poster(access).publish(post, text, since)

    def look_up_post(self, access: Access, post: NewPost, *, key: str, since: datetime) -> Sent | None:
        text = checked(post, self.publishes(access))
        return self._poster(access).find(text, since)

    def shared_hook(self) -> Hook | None:
        return hooks.shared_hook(self._app)

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        return hooks.handshake(hook, query)

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        return hooks.is_genuine(hook, call)

    def _graph(self, access: Access) -> Graph:
        return Graph(self._http, self._app, self._pace, access, str(access.settings.get("page_id", "")))

    def _acting(self, access: Access) -> Acting:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no token")
        return self._actor(access)

    def _letters(self, access: Access) -> Letters:
        if self.capabilities(access).private is None:
            raise Permanent(errors.NOT_SUPPORTED, "the token may not write messages")
        return self._acting(access).letters()

    def _kept(self, access: Access, found: Mapping[str, Any]) -> Access:
        """The connection with what ``check`` found out."""
        return Access(access.url, {**access.settings, **found}, access.secret)


def _fits(text: str, limit: LengthLimit | None) -> None:
    if limit is not None and length(text, limit.unit) > limit.maximum:
        raise Permanent(errors.INVALID_TEXT, f"more than {limit.maximum} {limit.unit}")
