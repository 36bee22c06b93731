"""What a connector offers whose platform calls us, besides ``Connector``: how such calls are proved, cut up and read.

A call comes to an address of ours: ``/hooks/<kind>/<place>``. The place is the platform's number of our app where one
address serves all pages of a kind, else an unguessable token that belongs to one page. What a call says is not read
before ``is_genuine`` has said yes. The call is stored as it came and answered; everything else happens later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from app.connectors.ports import Access, Item


@dataclass(frozen=True, slots=True)
class Hook:
    """An address of ours, as its connector sees it."""

    secret: Mapping[str, str]
    """What calls are proved with, by names of the connector's choice; never empty: without a secret an address is
    closed, and the connector is not asked."""
    place: str = ""
    page: str | None = None
    """The canonical address of the page it belongs to; None when it serves all pages of its kind."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    leaving: bool = False
    """The page was removed: only that we want no more calls is still confirmed."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a platform to us. ``headers`` has lower-case names; ``body`` is as it came, at most a megabyte."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a call tells us."""

    key: str
    """The same for the same event, however often and in whatever company it is told; at most 500 characters."""
    body: bytes
    """What ``take`` needs to know; kept as long as calls are, so that it can be taken again."""
    page: str | None = None
    """The canonical address of the page it is about. Without it and ``account``: the page the hook belongs to."""
    account: str | None = None
    """In place of ``page``: the key of our account it is about, as ``check`` answered it (``Account.key``)."""


@dataclass(frozen=True, slots=True)
class News:
    """What a change comes to."""

    items: Sequence[Item] = ()
    gone: Sequence[str] = ()
    """External ids of comments that are no longer there."""
    wait: bool = False
    """Whether a comment in ``gone`` that nobody knows is waited for: word of it may come later, and would be believed.
    Not needed where ``take`` asks the platform."""
    learned_at: datetime | None = None
    """When the platform knew this: a comment that changed later in our books stays as it is. None: just now."""
    only_new: bool = False
    """Of comments that are known already nothing is changed: how old this is can't be told."""
    look: bool = False
    """Whether the page should be read now."""


@runtime_checkable
class Receiver(Protocol):
    """A connector whose platform calls us."""

    kind: str
    own_hooks: bool
    """Whether each page gets an address of its own when it is connected; calls to it are proved with the page's
    credentials."""

    def shared_hook(self) -> Hook | None:
        """The one address for all pages of this kind; None when each page has its own, or none is set up."""
        ...

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        """What to answer to a GET by which the platform asks whether the address is ours; None refuses.

        Anybody may ask. Where the answer is made with the secret, nothing may be answered that could pass as the
        signature of an event.
        """
        ...

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        """Whether the platform itself sent this, compared in constant time (``app.core.signing``)."""
        ...

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        """The single changes in a call that was verified. Sends no request. Raises Permanent when it makes no sense."""
        ...

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        """What one change means, asked of the platform where its word alone is not enough: changes come late, twice
        and in any order. Doing it again is harmless. Raises ConnectorError."""
        ...


@runtime_checkable
class Subscriber(Receiver, Protocol):
    """A receiver whose platform calls us only when it was asked to, for each page, and for a while. The page gets an
    address of its own, opened when it is asked, where its kind has none that all pages share."""

    charges: bool
    """Whether the platform charges for what it tells: then it is asked to be silent while a page is paused."""

    def wants(self, access: Access) -> Mapping[str, str] | None:
        """What to ask for, kept as the hook's settings; None where the page can't be subscribed to."""
        ...

    def subscribe(self, hook: Hook, address: str, access: Access) -> timedelta | None:
        """Ask to be called at ``address``, a first time or again. Answers for how long that holds; None where it first
        has to be confirmed by a handshake there. Raises ConnectorError."""
        ...

    def unsubscribe(self, hook: Hook, address: str) -> bool:
        """Ask to be called there no more. Answers whether that is settled; False where it may be confirmed by a
        handshake, of a hook that is ``leaving``. Raises ConnectorError."""
        ...

    def confirmed(self, hook: Hook, query: Mapping[str, str]) -> timedelta:
        """For how long, as the handshake says that was just answered."""
        ...
