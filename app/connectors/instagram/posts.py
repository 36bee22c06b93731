"""Publishing pictures as an account, in Meta's two steps: a container, which nobody sees, and its publication.

Meta guards against nothing: our own newest media say whether one stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import ConnectorError, OutcomeUnknown, Transient
from app.connectors.instagram import parse
from app.connectors.instagram.parse import Me
from app.connectors.meta.client import Graph, RefusedError, following, moment, rows, same_words
from app.connectors.ports import LengthLimit, LengthUnit, Sent
from app.connectors.publishing import SKEW, NewPost, PostForm
from app.core.text import plain

SCOPE = "instagram_content_publish"
"""The permission it takes, besides those that reading and answering take."""
FORM = PostForm(LengthLimit(2_200, LengthUnit.CHARACTERS), pictured=True)
NOT_READY = 9007
"""Meta's code while it still fetches the picture."""
PAGES = 3


@dataclass(frozen=True, slots=True)
class Poster:
    """Publishes as one account."""

    graph: Graph
    me: Me

    def publish(self, post: NewPost, text: str, since: datetime) -> Sent:
        """Publish, unless it stands there already. A container that was never published ends by itself after a day."""
        there = self.find(text, since)
        if there is not None:
            return there
        try:
            made = self.graph.post(f"{self.me.id}/media", image_url=post.image, caption=plain(text))
            answer = self.graph.post(f"{self.me.id}/media_publish", creation_id=_number(made))
        except RefusedError as refused:
            if refused.code == NOT_READY:
                raise Transient(errors.SERVER_ERROR, "Meta still fetches the picture") from None
            raise self.graph.error_for(refused, act=True) from None
        return self._sent(_number(answer))

    def find(self, text: str, since: datetime) -> Sent | None:
        """Our own medium with that caption, published since then."""
        after: str | None = ""
        for _number_of_page in range(PAGES):
            params = {"fields": parse.MEDIA, "limit": "100"} | ({"after": after} if after else {})
            answer = self.graph.get(f"{self.me.id}/media", **params)
            for one in rows(answer):
                at = moment(one.get("timestamp"))
                if at is not None and at < since - SKEW:
                    return None
                if same_words(text, str(one.get("caption", ""))):
                    return Sent(str(one["id"]), one.get("permalink"))
            after = following(answer)
            if after is None:
                return None
        raise OutcomeUnknown(errors.BAD_ANSWER, f"more than {PAGES * 100} media since")

    def _sent(self, number: str) -> Sent:
        """What stands there now; without its address where Meta won't say it."""
        try:
            found = self.graph.one(number, "id,permalink")
        except ConnectorError:
            found = None
        return Sent(number, found.get("permalink") if found else None)


def _number(answer: Mapping[str, Any]) -> str:
    if not isinstance(answer.get("id"), str):
        raise OutcomeUnknown(errors.BAD_ANSWER, "no number in the answer to a picture")
    return str(answer["id"])
