"""What every connector offers. One folder per platform implements ``Connector``.

A connector talks to one platform and nothing else: no database, no jobs, no clock but the ``now`` it is given. All its
requests go through the ``Http`` it is made with. It raises only the classes in ``app.connectors.errors``.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from app.connectors.ports import (
    Access,
    Account,
    Batch,
    Capabilities,
    Cursor,
    Found,
    Item,
    Moderation,
    Payload,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.connectors.sign_in import SignIn


class Connector(Protocol):
    """One kind of platform."""

    kind: str
    label: str
    """The platform's name for people, for example ``WordPress``; not translated."""
    icon: str
    """What stands for it in lists: an icon of ``app/web/static/vendor``, such as ``newspaper``."""
    sign_in: SignIn | None
    """What people enter to answer from here; None when these pages can only be read."""

    def discover(self, url: str) -> Found | None:
        """Recognise a page at an address somebody typed (no scheme needed). None when it is not of this kind.

        Raises ConnectorError when the address can't be read at all.
        """
        ...

    def check(self, access: Access) -> Account | None:
        """Prove the credentials and answer who we are and what we may do; None without credentials.

        Raises AuthExpired for wrong or insufficient credentials, Transient when the platform can't be asked now.
        """
        ...

    def capabilities(self, access: Access) -> Capabilities:
        """What this connection can do, from its settings and credentials alone (no request)."""
        ...

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        """The newest few comments, newest first, for a look before anything is stored."""
        ...

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        """Walk everything new since ``cursor``, oldest first where the platform allows.

        ``cursor`` None is a first read: everything published at or after ``since`` (None: everything there is). Items
        may overlap with what earlier walks gave; the caller stores each (page, external id) once. The walk can be
        broken off after any batch and taken up from that batch's cursor by another process.
        """
        ...

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        """Look again at known comments, at most 100 external ids a call: edits, state, deletion.

        Only for connections whose capabilities say so. A comment that could not be judged is left out.
        """
        ...

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        """The items in a stored answer of ``collect``: what collecting it gave, by today's code. Sends no request."""
        ...

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Post ``text`` (plain) as a reply under ``target``.

        ``key`` is the same for every try of one reply, for platforms that take an idempotency key. Raises Transient or
        RateLimited only when the reply certainly did not take place, OutcomeUnknown when it may have.
        """
        ...

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        """Find our own reply of that text under ``target``, posted at or after ``since`` (less clock skew).

        None means it certainly does not stand there. Raises Permanent(NOT_SUPPORTED) where nobody can know.
        """
        ...

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        """Carry out ``act`` and answer the comment's state afterwards; doing it twice is harmless."""
        ...
