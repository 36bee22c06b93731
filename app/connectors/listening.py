"""Platforms that tell a program that stays on the line when something was said. It only wakes: what was said is read as
always, and nothing is lost while nobody listens."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from app.connectors.ports import Access


@runtime_checkable
class Streaming(Protocol):
    """A connector whose platform keeps a connection open to tell of news."""

    def listen(self, access: Access) -> Iterator[bool]:
        """Stay on the line for one page, with its credentials: True when the page should be read now, False as a mere
        sign of life, which comes at least once a minute while the line stands.

        Ends, or raises ConnectorError, when the line breaks. Dropping the iterator hangs up.
        """
        ...
