"""The same blog reached in other ways: without a login, with plain addresses, below a path, and by its feed."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest

from tests.e2e.installation import Installation
from tests.e2e.words import STATES, conversation
from tests.servers.wordpress import Site

COUNT = 130
"""More than WordPress gives at once."""
NEWEST = 10
"""So many comments are in a WordPress feed."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def seen(wordpress_site: Site) -> dict[str, str]:
    """A blog with comments in all states; answers what readers see of each.

    Everybody has a name without markup: WordPress forgets to escape those in its feeds, and names the nameless there.
    """
    posts = [wordpress_site.post("Brot"), wordpress_site.post("Butter")]
    said = conversation(posts, COUNT, datetime.now(UTC))
    rows = [one.fields | ({"comment_author": "Bob"} if "<" in one.author or not one.author else {}) for one in said]
    numbers = wordpress_site.comments(rows)
    return {str(number): one.words.seen for number, one in zip(numbers, said, strict=True)}


def collected(installation: Installation, page_id: int) -> dict[str, dict[str, Any]]:
    (outcome,) = installation.porchlight("collect", page_id, "--json").lines
    assert outcome["error"] is None
    return installation.export(page_id)


def plain(site: Site) -> str:
    site.permalinks("plain", rewrites=False)
    return site.url


@pytest.mark.parametrize(
    "address", [plain, lambda site: site.subpath_url, lambda site: site.url], ids=["plain", "below a path", "pretty"]
)
@pytest.mark.parametrize("login", ["rita", None], ids=["editor", "anonymous"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_everything_one_may_see_is_collected(
    installation: Installation,
    wordpress_site: Site,
    seen: Mapping[str, str],
    address: Callable[[Site], str],
    login: str | None,
) -> None:
    url = address(wordpress_site)
    page_id = installation.add_page(url, wordpress_site.users[login] if login else None)
    exported = collected(installation, page_id)
    truth = {row["comment_ID"]: row for row in wordpress_site.truth()}
    states = {number: STATES[row["comment_approved"]] for number, row in truth.items()}
    wanted = {number: state for number, state in states.items() if login or state == "live"}
    assert {number: line["status"] for number, line in exported.items()} == wanted
    assert {number: line["text"] for number, line in exported.items()} == {number: seen[number] for number in wanted}
    for number, line in exported.items():
        assert line["parent"] == (truth[number]["comment_parent"] if truth[number]["comment_parent"] != "0" else None)
        assert line["url"].startswith(url)
        assert urldefrag(line["url"]).fragment == f"comment-{number}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_feed_tells_the_same_of_the_newest(
    installation: Installation, wordpress_site: Site, seen: Mapping[str, str]
) -> None:
    by_rest = collected(installation, installation.add_page(wordpress_site.url, wordpress_site.users["rita"]))
    feed = installation.add_page(f"{wordpress_site.url}comments/feed/", None, "--connector", "feed")
    by_feed = {urldefrag(line["url"]).fragment: line for line in collected(installation, feed).values()}
    live = [line for line in by_rest.values() if line["status"] == "live"]
    newest = sorted(live, key=lambda line: line["published_at"])[-NEWEST:]
    for line in newest:
        same = by_feed[f"comment-{line['external_id']}"]
        for name in ("author", "published_at", "url"):
            assert same[name] == line[name]
        assert same["text"].split() == line["text"].split()
    assert len(by_feed) == NEWEST


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_password_connects_nothing(installation: Installation, wordpress_site: Site) -> None:
    (installation.folder / "wrong").write_text("aaaa bbbb cccc dddd eeee ffff")
    refused = installation.try_(
        "page", "add", wordpress_site.url, "--login", "rita", "--password-file", installation.folder / "wrong"
    )
    assert refused.code == 1
    assert "password" in refused.err
    assert urlsplit(wordpress_site.url).netloc not in installation.porchlight("page", "list").out
