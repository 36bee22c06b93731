"""Connectors of platforms where a comment can be answered in private: the part of the contract beside ``ports``."""

from datetime import datetime
from typing import Protocol, runtime_checkable

from app.connectors.ports import Access, Sent, Target


@runtime_checkable
class PrivateReplier(Protocol):
    """Whether a connection can do it, and under which conditions, stands in ``Capabilities.private``."""

    def reply_privately(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Send ``text`` (plain) to the author of ``target`` alone, told from where it comes.

        As ``Connector.reply``: ``key`` is the same for every try, Transient or RateLimited only when it certainly did
        not take place, OutcomeUnknown when it may have. Raises Permanent(NOT_SUPPORTED) where the connection's
        capabilities have no private replies.
        """
        ...

    def look_up_private(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        """Find our own private reply of that text to ``target``; as ``Connector.look_up``."""
        ...
