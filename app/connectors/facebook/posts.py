"""Publishing posts on a Page. Meta takes no key against doubles: our own newest posts say whether one stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent
from app.connectors.facebook import parse
from app.connectors.meta.client import DUPLICATE, Graph, RefusedError, following, moment, rows, same_words
from app.connectors.ports import LengthLimit, LengthUnit, Sent
from app.connectors.publishing import SKEW, NewPost, PostForm
from app.core.text import plain

SCOPE = "pages_manage_posts"
"""The permission it takes, besides those that reading and answering take."""
FORM = PostForm(LengthLimit(63_206, LengthUnit.CHARACTERS), links_apart=True)
PAGES = 3
"""How many hundreds of the newest posts are searched for ours."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Publishes as one Page; ``page`` is its number."""

    graph: Graph
    page: str

    def publish(self, post: NewPost, text: str, since: datetime) -> Sent:
        """Publish, unless it stands there already."""
        there = self.find(text, since)
        if there is not None:
            return there
        try:
            answer = self.graph.post(
                f"{self.page}/feed", message=plain(text), **({"link": post.link} if post.link else {})
            )
        except RefusedError as refused:
            if refused.code == DUPLICATE:  # said before ``since``, and Meta does not want it again so soon
                detail = f"Meta's code {DUPLICATE}: the same words again; change them a little"
                raise Permanent(errors.INVALID_TEXT, detail) from None
            raise self.graph.error_for(refused, act=True) from None
        if not isinstance(answer.get("id"), str):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no number in the answer to a post")
        return Sent(answer["id"], f"https://www.facebook.com/{answer['id']}")

    def find(self, text: str, since: datetime) -> Sent | None:
        """Our own post with that text, published since then."""
        after: str | None = ""
        for _number in range(PAGES):
            answer = self.graph.get(
                f"{self.page}/feed", fields=parse.POST_FIELDS, limit="100", **({"after": after} if after else {})
            )
            for one in rows(answer):
                at = moment(one.get("created_time"))
                if at is not None and at < since - SKEW:
                    return None
                if self._is_ours(one) and same_words(text, str(one.get("message", ""))):
                    return Sent(str(one["id"]), one.get("permalink_url"))
            after = following(answer)
            if after is None:
                return None
        raise OutcomeUnknown(errors.BAD_ANSWER, f"more than {PAGES * 100} posts since")

    def _is_ours(self, one: Mapping[str, Any]) -> bool:
        author = one.get("from")
        return isinstance(author, dict) and str(author.get("id")) == self.page
