"""A real browser at the live application: an answer that stands on the blog, and news in an open inbox."""

from html import unescape
from typing import Any
from urllib.parse import urldefrag

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.installation import PASSWORD, Installation, Porch, wait_until
from tests.servers.wordpress import Site

PATIENCE = 60_000
"""Milliseconds to wait for what a screen is to show, on a busy machine."""
QUICK = {"PORCHLIGHT_OUTBOX_UNDO_SECONDS": "1", "PORCHLIGHT_COLLECTING_FASTEST_SECONDS": "1"}
ANSWER = 'Schon unterwegs! <script>document.title=/stolen/</script> & "morgen" 🚚\n\nGrüße, שלום'
SEEN = "Schon unterwegs! <script>document.title=/stolen/</script> & “morgen” 🚚\n\nGrüße, שלום"
"""The same, in the blog's typography."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def sign_in(screen: Page, porch: Porch, login: str = "ann") -> None:
    screen.goto(porch.url)
    screen.get_by_label("Login").fill(login)
    screen.get_by_label("Password").fill(PASSWORD)
    screen.get_by_role("button", name="Sign in").click()
    expect(screen.locator("#list")).to_be_visible(timeout=PATIENCE)


def rows(screen: Page) -> dict[str, Any]:
    """Where each row of the list stands."""
    found: dict[str, Any] = screen.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('#rows .row')].map((row) => {
             const { x, y, width, height } = row.getBoundingClientRect();
             return [row.id, [x, y, width, height]];
           }))"""
    )
    return found


def ours(site: Site) -> list[dict[str, str]]:
    return [row for row in site.truth() if row["user_id"] == str(site.users["rita"].id)]


def test_an_answer_stands_on_the_blog_once_under_what_it_answers(
    installation: Installation, wordpress_site: Site, screen: Page
) -> None:
    post = wordpress_site.post("Brot")
    first = wordpress_site.comment(post, "Wo ist mein Paket?", author="Ann").comment_id
    assert first is not None
    second = wordpress_site.comment(post, "Meins fehlt auch", author="Ben", parent=first).comment_id
    installation.add_user("ann")
    installation.add_page(wordpress_site.url, wordpress_site.users["rita"])
    with installation.running(**QUICK) as porch:
        wait_until(lambda: len(installation.stored()) == 2, "both comments were collected")
        sign_in(screen, porch)
        screen.goto(f"{porch.url}/inbox?view=all")
        screen.locator("#rows .row", has_text="Ben").click()
        screen.locator("#reply-text").fill(ANSWER)
        screen.locator('[data-send="wait"]').click()
        wait_until(lambda: ours(wordpress_site), "the answer stands on the blog")
        there = screen.locator("#thread").get_by_role("link", name="See it there")
        expect(there).to_be_visible(timeout=PATIENCE)
        link = there.get_attribute("href")
        assert link is not None

        (reply,) = ours(wordpress_site)
        number = reply["comment_ID"]
        assert (reply["comment_parent"], reply["comment_approved"]) == (str(second), "1")
        assert unescape(reply["comment_content"]) == ANSWER
        assert "<" not in reply["comment_content"], "what we say is never markup"

        wait_until(lambda: number in installation.stored(), "our own answer came back")
        echo = installation.export()[number]
        assert (echo["is_us"], echo["parent"], echo["text"]) == (True, str(second), SEEN)
        screen.goto(f"{porch.url}/inbox?view=all&state=waiting")
        assert len(rows(screen)) == 1
        screen.locator("#rows .row", has_text="Ben").click()
        expect(screen.locator("#thread .said-line.ours")).to_have_count(1, timeout=PATIENCE)
        screen.goto(f"{porch.url}/inbox?view=all")
        assert len(rows(screen)) == 1, "our own answer is no new conversation"

    assert urldefrag(link).fragment == f"comment-{number}"
    screen.goto(link)
    nested = screen.locator(f"#comment-{first} #comment-{second} #comment-{number} .wp-block-comment-content")
    expect(nested).to_have_count(1, timeout=PATIENCE)
    without_emoji = nested.inner_text().replace("🚚", "")  # where no font has them, the blog's theme draws them
    assert without_emoji.split() == SEEN.replace("🚚", "").split()
    assert "stolen" not in screen.title()
    assert len(ours(wordpress_site)) == 1


def test_what_is_said_on_the_blog_shows_in_an_open_inbox_and_moves_nothing(
    installation: Installation, wordpress_site: Site, screen: Page
) -> None:
    post = wordpress_site.post("Brot")
    for number in range(3):
        wordpress_site.comment(post, f"Wo ist mein Paket {number}?", author=f"Gast {number}")
    installation.add_user("ann")
    installation.add_page(wordpress_site.url, wordpress_site.users["rita"])
    asked: list[str] = []
    screen.on("request", lambda request: asked.append(request.url))
    with installation.running(**QUICK) as porch:
        wait_until(lambda: len(installation.stored()) == 3, "the comments were collected")
        sign_in(screen, porch)
        with screen.expect_response("**/live?*") as stream:
            screen.goto(f"{porch.url}/inbox?view=all")
        assert stream.value.status == 200
        before = rows(screen)
        assert len(before) == 3
        expect(screen.locator("#news-pill")).to_have_count(0, timeout=PATIENCE)

        wordpress_site.comment(post, "Und meines? 🥐", author="Dora")
        expect(screen.locator("#news-pill")).to_be_visible(timeout=PATIENCE)
        assert rows(screen) == before, "nothing moves under somebody's hands"
        assert sum("/inbox/news" in url for url in asked) <= 6, "it was told, it did not keep asking"

        screen.locator("#news-pill").click()
        fresh = screen.locator("#rows .row.fresh")
        expect(fresh).to_have_count(1, timeout=PATIENCE)
        expect(fresh).to_contain_text("Dora", timeout=PATIENCE)
        expect(fresh).to_contain_text("Und meines? 🥐", timeout=PATIENCE)
        expect(screen.locator("#news-pill")).to_have_count(0, timeout=PATIENCE)
