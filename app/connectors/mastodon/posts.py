"""Publishing posts: with the key that servers know doubles by, and, as some ignore it, a look at our newest ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown
from app.connectors.mastodon import parse
from app.connectors.mastodon.client import Client
from app.connectors.mastodon.reader import STATUSES, Me, Reader
from app.connectors.ports import Sent
from app.connectors.publishing import SKEW, NewPost
from app.core.text import bare_words

PAGES = 10


@dataclass(frozen=True, slots=True)
class Poster:
    """Publishes as one account."""

    client: Client
    reader: Reader
    me: Me

    def publish(self, post: NewPost, text: str, key: str, since: datetime) -> Sent:
        """Publish for everybody to see, unless it stands there already."""
        there = self.find(text, since)
        if there is not None:
            return there
        body: dict[str, Any] = {"status": text, "visibility": "public"}
        if post.language:
            body["language"] = post.language
        posted = self.client.post(STATUSES, body, key=key)
        if parse.identity(posted) is None:
            raise OutcomeUnknown(errors.BAD_ANSWER, "no status in the answer to a post")
        return parse.sent(posted)

    def find(self, text: str, since: datetime) -> Sent | None:
        """Our own status with that text that answers nobody, published since then."""
        before: dict[str, str] = {}
        for _page in range(PAGES):
            found = self.reader.own(before)
            for one in found:
                at = parse.published(one)
                if at is not None and at < since - SKEW:
                    return None
                if parse.reply_to(one) is None and self._says(one, text):
                    return parse.sent(one)
            if not found:
                return None
            before = {"max_id": min((parse.status_id(one) for one in found), key=parse.order)}
        return None

    def _says(self, status: dict[str, Any], text: str) -> bool:
        said = parse.local(parse.text(status, self.me.id, ""))
        ours = parse.local(text)
        bare = bare_words(ours)
        return bare == bare_words(said) if bare else " ".join(ours.split()) == " ".join(said.split())
