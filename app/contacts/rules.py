"""Who is who. A display name alone never makes two comments the same person's."""

import hashlib

from app.connectors.ports import Author
from app.contacts.types import Sighting


def realm(page_id: int) -> str:
    """Who vouches for the keys of a page's visitors: the page, as anyone can type anything there."""
    return f"page:{page_id}"


def sighting(author: Author, *, page_id: int, thread_root: str, external_id: str) -> Sighting:
    """The identity behind a comment.

    The platform's own key identifies within its page. A mere name identifies within one thread of replies, where a
    reader takes it for the same person too. No name at all: every comment is somebody else's.
    """
    if author.key:
        key = author.key
    elif author.name.strip():
        key = f"name:{author.name.strip().casefold()}@{thread_root}"
    else:
        key = f"comment:{external_id}"
    if len(key) > 400:  # as wide as the column
        key = f"hash:{hashlib.sha256(key.encode()).hexdigest()}"
    return Sighting(
        realm=realm(page_id),
        key=key,
        name=author.name.strip()[:200],
        url=author.url[:1000] if author.url else None,
        email=author.email[:320] if author.email else None,
    )
