"""Our app at Meta, as the configuration names it."""

from dataclasses import dataclass

GRAPH = "https://graph.facebook.com"
VERSION = "v26.0"
"""Released on 29 July 2026; a version serves for about two years after the next one."""


@dataclass(frozen=True, slots=True)
class MetaApp:
    """``id`` and ``secret`` are empty while no app is configured: then no account can be connected."""

    id: str = ""
    secret: str = ""
    verify_token: str = ""
    """What Meta repeats to us when it asks whether an address for messages is ours; chosen by the operator."""
    version: str = VERSION
    graph: str = GRAPH

    @property
    def ready(self) -> bool:
        return bool(self.id and self.secret)
