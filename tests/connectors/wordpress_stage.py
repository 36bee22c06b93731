"""The real WordPress of the tests as a stage for the contract suite, with a proxy in front that breaks on demand."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import requests

from app.connectors.ports import Access, Target
from app.connectors.wordpress import WordPressConnector
from app.core.markup import from_html
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack, PublishStage
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.wordpress import Site


@dataclass
class Wire:
    """What the tests of a module share: the site, the way to it, and the connections made once."""

    site: Site
    proxy: FaultyProxy
    elsewhere: str | None = None
    """The address of another site, which is no WordPress."""
    http: CountingHttp = field(default_factory=CountingHttp)
    connected: dict[str | None, Access] = field(default_factory=dict)


class WordPressStage(ProxiedStage, PublishStage):
    """``login`` is who we are on the site (rita moderates, tom writes posts, kim only reads), or None."""

    never: ClassVar[Mapping[Lack, str]] = {
        Lack.NO_AUTHOR: "WordPress names an author of every comment, if by an empty name"
    }

    def __init__(self, wire: Wire, login: str | None = "rita") -> None:
        self.wrong_secret = {"login": "rita", "password": "aaaa bbbb cccc dddd eeee ffff"}
        self.site, self.proxy, self.http = wire.site, wire.proxy, wire.http
        self.connector = self.colleague()
        self.address, self.elsewhere = self.proxy.url, wire.elsewhere
        self.login = login
        self.post = self.site.post('The <em>first</em> post & "more"')
        if login not in wire.connected:
            wire.connected[login] = self._connect()
        secret = self.site.users[login].secret if login else None
        self.access = replace(wire.connected[login], secret=secret)
        self.http.requests.clear()

    def _connect(self) -> Access:
        return self.connected(self.site.users[self.login].secret if self.login else None)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        if not held and at is None:
            answer = self.site.comment(self.post, text, author=author, parent=int(parent or 0))
            assert answer.comment_id is not None, f"the comment form answered {answer.status}"
            return str(answer.comment_id)
        [comment] = self.site.comments([self._fields(text, author=author, held=held, at=at)])
        return str(comment)

    def say_many(self, texts: Sequence[str]) -> list[str]:
        return [str(one) for one in self.site.comments([self._fields(text) for text in texts])]

    def _fields(
        self, text: str, *, author: str = "Ann", held: bool = False, at: datetime | None = None
    ) -> dict[str, Any]:
        when = (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        return {
            "comment_post_ID": self.post,
            "comment_author": author,
            "comment_content": text,
            "comment_date_gmt": when,
            "comment_approved": 0 if held else 1,
        }

    def say_unnamed(self, text: str, lack: Lack) -> str:
        [comment] = self.site.comments([self._fields(text, author="")])
        return str(comment)

    def release(self, comment: str) -> None:
        self.site.act(int(comment), "approve")

    def edit(self, comment: str, text: str) -> None:
        self.site.edit(int(comment), text)

    def remove(self, comment: str) -> None:
        self.site.act(int(comment), "delete")

    def target(self, comment: str) -> Target:
        return Target(comment, str(self.post), None)

    def answers(self, comment: str) -> list[str]:
        rows = [row for row in self.site.truth() if row["comment_parent"] == comment]
        return [html.unescape(row["comment_content"]) for row in rows if row["comment_approved"] == "1"]

    def posts(self) -> list[str]:
        found = requests.get(f"{self.site.url}?rest_route=/wp/v2/posts&per_page=100", timeout=20).json()
        return [from_html(f"<p>{one['title']['rendered']}</p>{one['content']['rendered']}") for one in found]

    def say_below(self, post: str, text: str) -> str:
        return str(self.site.comment(int(post), text).comment_id)

    def colleague(self) -> WordPressConnector:
        return WordPressConnector(self.http, self.pace)

    def revoke(self) -> None:
        assert self.login is not None
        self.site.revoke(self.login)


def opened_shop(stage: WordPressStage) -> WordPressStage:
    """The stage with a shop at its site, what is said there said of a product, by who keeps it."""
    stage.site.flags("shop")
    stage.post = stage.site.post("Rye bread", post_type="product")
    account = stage.connector.check(stage.access)
    assert account is not None
    assert account.settings["reviews"] is True
    stage.access = replace(stage.access, settings={**stage.access.settings, **account.settings})
    stage.http.requests.clear()
    return stage
