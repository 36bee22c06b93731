"""A real blog, from its comments to an answer that stands there: everything once, as its readers see it."""

import re
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag

import pytest
from playwright.sync_api import Browser

from app.core.db import Database
from app.inbox.models import Comment, CommentVersion
from tests.e2e.installation import Installation
from tests.e2e.words import STATES, Said, Words, conversation
from tests.servers.wordpress import Site

COUNT = 400
Line = dict[str, Any]


@dataclass
class Blog:
    """The site, and what stands there as its readers see it."""

    site: Site
    seen: dict[str, Words] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    former_parents: dict[str, str] = field(default_factory=dict)
    """Of comments whose parent was deleted: WordPress moves them up, we remember whom they answered."""

    def fill(self, said: list[Said]) -> list[str]:
        numbers = [str(number) for number in self.site.comments([one.fields for one in said])]
        self.seen |= {number: one.words for number, one in zip(numbers, said, strict=True)}
        self.names |= {number: one.author for number, one in zip(numbers, said, strict=True)}
        return numbers

    def truth(self) -> dict[str, dict[str, str]]:
        """The blog's own table, by number; what is no comment (pingbacks) left out."""
        rows = (row for row in self.site.truth() if row["comment_type"] == "comment")
        return {row["comment_ID"]: row for row in rows}

    def depth(self, number: str) -> int:
        parent = self.truth()[number]["comment_parent"]
        return 1 if parent == "0" else 1 + self.depth(parent)


@pytest.fixture
def blog(wordpress_site: Site) -> Blog:
    """400 comments under four posts, on pages of 50, and a few pingbacks between them."""
    blog = Blog(wordpress_site)
    wordpress_site.option("page_comments", "1")
    posts = [wordpress_site.post(title) for title in ("Brot", "Brötchen &amp; Butter", "שבת", "🥐")]
    said = conversation(posts, COUNT, datetime.now(UTC))
    blog.fill(said[: COUNT // 2])
    wordpress_site.comments(
        [
            {"comment_post_ID": post, "comment_type": kind, "comment_content": "[...] linked [...]"}
            for post in posts
            for kind in ("pingback", "trackback")
        ]
    )
    blog.fill(said[COUNT // 2 :])
    return blog


def compare(blog: Blog, exported: Mapping[str, Line]) -> None:
    """Everything is there once, and as it is at the blog."""
    truth = blog.truth()
    assert {number for number, line in exported.items() if line["status"] != "deleted"} == set(truth)
    wrong: dict[tuple[str, str], tuple[Any, Any]] = {}
    for number, row in truth.items():
        line = exported[number]
        parent = blog.former_parents.get(number, row["comment_parent"])
        wanted = {
            "text": blog.seen[number].seen,
            "author": blog.names[number],
            "parent": None if parent == "0" else parent,
            "status": STATES[row["comment_approved"]],
            "published_at": row["comment_date_gmt"].replace(" ", "T") + "+00:00",
        }
        wrong |= {(number, name): (line[name], it) for name, it in wanted.items() if line[name] != it}
        assert urldefrag(line["url"]).fragment == f"comment-{number}"
    assert wrong == {}, "what we have, and what it should be"


def pages_of(lines: Iterable[Line]) -> dict[str, str]:
    """The pages that the lines link to, as a visitor without an account gets them."""
    found = {}
    for address in sorted({urldefrag(line["url"]).url for line in lines}):
        with urllib.request.urlopen(address, timeout=60) as answer:
            found[address] = answer.read().decode()
    return found


def links_resolve(exported: Mapping[str, Line]) -> None:
    """The link of every comment that visitors may see leads to a page that holds it."""
    live = {number: line for number, line in exported.items() if line["status"] == "live"}
    pages = pages_of(live.values())
    held = {number: line for number, line in live.items() if not _stands(pages, number, line)}
    hidden_with_parent = {number for number in held if not _is_shown(exported, number)}
    assert set(held) == hidden_with_parent


def _stands(pages: Mapping[str, str], number: str, line: Line) -> bool:
    return re.search(rf'id="comment-{number}"', pages[urldefrag(line["url"]).url]) is not None


def _is_shown(exported: Mapping[str, Line], number: str) -> bool:
    """A theme shows no answers to a comment that it does not show."""
    line = exported[number]
    return line["status"] == "live" and (line["parent"] is None or _is_shown(exported, line["parent"]))


def in_a_browser(chromium: Browser, exported: Mapping[str, Line]) -> dict[str, str]:
    """What a browser shows of each comment. Scripts are off: what visitors smuggled in is not to run."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(60_000)
    found: dict[str, str] = {}
    live = [line for line in exported.values() if line["status"] == "live"]
    for address in sorted({urldefrag(line["url"]).url for line in live}):
        page.goto(address, wait_until="domcontentloaded")
        found |= page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('[id^="comment-"]')].map((one) =>
                 [one.id.slice(8), one.querySelector('.wp-block-comment-content, .comment-content')?.innerText ?? null]
               ).filter(([id, text]) => /^[0-9]+$/.test(id) && text !== null))"""
        )
    context.close()
    return found


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_everything_arrives_once_and_every_change_is_followed(
    installation: Installation, blog: Blog, chromium: Browser
) -> None:
    assert max(blog.depth(number) for number in blog.truth()) >= 5
    page_id = installation.add_page(blog.site.url, blog.site.users["rita"])
    (outcome,) = installation.porchlight("collect", "--json").lines
    assert (outcome["error"], outcome["new"]) == (None, COUNT)

    exported = installation.export(page_id)
    compare(blog, exported)
    links_resolve(exported)
    shown = in_a_browser(chromium, exported)
    alike = {number: shown[number] for number, words in blog.seen.items() if number in shown and words.shown_alike}
    assert len(alike) > COUNT / 3
    assert {number: squeezed(exported[number]["text"]) for number in alike} == {
        number: squeezed(text) for number, text in alike.items()
    }

    (again,) = installation.porchlight("collect", "--json").lines
    assert (again["error"], again["new"], again["changed"]) == (None, 0, 0)

    deleted, edited = change(blog)
    (followed,) = installation.porchlight("collect", "--reconcile", "--json").lines
    assert followed["error"] is None
    after = installation.export(page_id)
    assert len(after) == COUNT
    compare(blog, after)
    assert {number for number, line in after.items() if line["status"] == "deleted"} == deleted
    assert {number: after[number]["text"] for number in deleted} == {n: blog.seen[n].seen for n in deleted}
    assert earlier_texts(installation) == {number: [was.seen] for number, was in edited.items()}


def change(blog: Blog) -> tuple[set[str], dict[str, Words]]:
    """Staff at work: 20 edited, 20 deleted for good, others moved between the states. Answers what is gone, and what
    the edited ones said before."""
    numbers = list(blog.truth())
    edited = {number: blog.seen[number] for number in numbers[10::20]}
    for number in edited:
        blog.site.edit(int(number), f"Ich meinte: <em>morgen</em> &amp; nicht heute 🕯 {number}")
        blog.seen[number] = Words("", f"Ich meinte: morgen & nicht heute 🕯 {number}")
    deleted = set(numbers[3::20])
    assert not deleted & set(edited)
    for number, row in blog.truth().items():
        if row["comment_parent"] in deleted:
            blog.former_parents[number] = row["comment_parent"]
    for number in deleted:
        blog.site.act(int(number), "delete")
    left = [number for number in numbers if number not in deleted]
    for at, what in enumerate(("hold", "spam", "trash", "approve") * 10):
        number = left[7 + 9 * at]
        state = blog.truth()[number]["comment_approved"]
        if state != {"hold": "0", "spam": "spam", "trash": "trash", "approve": "1"}[what]:
            blog.site.act(int(number), what)
    assert (len(edited), len(deleted)) == (20, 20)
    return deleted, edited


def earlier_texts(installation: Installation) -> dict[str, list[str]]:
    """The texts that were kept when others took their place."""
    database = Database(installation.settings.database_url, pool_size=1)
    found: dict[str, list[str]] = {}
    with database.read() as session:
        rows = session.query(Comment.external_id, CommentVersion.text).join(
            CommentVersion, CommentVersion.comment_id == Comment.id
        )
        for number, text in rows.order_by(CommentVersion.id):
            found.setdefault(number, []).append(text)
    database.dispose()
    return found
