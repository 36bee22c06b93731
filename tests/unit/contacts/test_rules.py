"""One spelling for what is the same, and never the same spelling for what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts import rules
from app.contacts.types import VIP, Mark, MarkKind


@pytest.mark.parametrize(
    "text",
    [
        "https://www.Bücher.example.co.uk/blog/?x=1#y",
        "http://bücher.example.co.uk",
        "bücher.example.co.uk",
        "XN--BCHER-KVA.EXAMPLE.CO.UK.",
        "https://shop.example.co.uk:8443/",
        "example.co.uk",
    ],
)
def test_a_site_is_what_was_registered(text: str) -> None:
    assert rules.site_key(text) == "example.co.uk"


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("https://anna.blogspot.com/2026", "anna.blogspot.com"),
        ("https://www.anna.blogspot.com/2026", "anna.blogspot.com"),
        ("https://ben.blogspot.com", "ben.blogspot.com"),
        ("http://anna.blogspot.de/2026/", "anna.blogspot.com"),
        ("www.anna.blogspot.co.uk", "anna.blogspot.com"),
        ("anna.blogspot.com.br", "anna.blogspot.com"),
        ("anna.blogspot.example", "blogspot.example"),
        ("https://anna.wordpress.com/about/", "anna.wordpress.com"),
        ("https://anna.weebly.com/", "anna.weebly.com"),
        ("https://www.anna.jimdofree.com/blog", "anna.jimdofree.com"),
        ("anna.bsky.social", "anna.bsky.social"),
        ("https://www.münchen.de/", "xn--mnchen-3ya.de"),
        ("https://XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"),
        ("http://198.51.100.7/blog", "198.51.100.7"),
        ("http://[2001:DB8::7]/", "2001:db8::7"),
        ("anna.github.io", "anna.github.io"),
    ],
)
def test_everybody_on_a_host_of_blogs_is_a_site_of_their_own(text: str, site: str) -> None:
    assert rules.site_key(text) == site


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "blogspot.com", "blogspot.de", "www.blogspot.co.uk",
     "https://wordpress.com/", "co.uk", "localhost", "just words", "ann@example.org",
     "mailto:ann@example.org", "javascript:alert(1)", "https://", "https://[::1", "https://x.com/ann",
     "https://www.facebook.com/ann", "https://social.example/@ann", "http://a..b/", "x" * 5_000],
)  # fmt: skip
def test_what_is_no_site_has_none(text: str | None) -> None:
    assert rules.site_key(text) is None


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("https://twitter.com/Ann", "x.com/ann"),
        ("https://mobile.x.com/ann/status/1", "x.com/ann"),
        ("https://x.com/@ann", "x.com/ann"),
        ("https://m.facebook.com/ann?ref=1", "facebook.com/ann"),
        ("https://www.linkedin.com/in/ann-b/", "linkedin.com/ann-b"),
        ("https://bsky.app/profile/ann.example.org", "bsky.app/ann.example.org"),
        ("https://Social.Example/@Ann", "social.example/ann"),
        ("https://www.facebook.com/profile.php?id=7", "facebook.com/7"),
        ("m.facebook.com/profile.php?ref=x&id=100012345678901&sk=about", "facebook.com/100012345678901"),
        ("https://www.facebook.com/people/Ann-B/100012345678901/", "facebook.com/100012345678901"),
        ("https://www.facebook.com/p/Our-bakery-100012345678901/", "facebook.com/100012345678901"),
        ("https://www.facebook.com/100012345678901", "facebook.com/100012345678901"),
        ("https://www.facebook.com/profile.php", None),
        ("https://www.facebook.com/profile.php?id=ann", None),
        ("https://ann.medium.com/about", "medium.com/ann"),
        ("https://medium.com/@Ann/a-story", "medium.com/ann"),
        ("https://www.instagram.com/stories/ann/1", "instagram.com/ann"),
        ("https://x.com/", None),
        ("https://example.org/ann", None),
        ("@ann", None),
    ],
)
def test_an_account_is_known_by_its_address(text: str, account: str | None) -> None:
    assert rules.account_key(text) == account


@pytest.mark.parametrize(
    "text",
    ["https://www.youtube.com/watch?v=a", "https://youtube.com/shorts/a", "https://youtu.be/a?t=1",
     "https://www.instagram.com/p/a/", "https://instagram.com/reel/a", "https://www.facebook.com/groups/7/posts/8",
     "https://facebook.com/watch?v=1", "https://www.reddit.com/r/baking/comments/1", "https://x.com/i/status/1",
     "https://twitter.com/intent/tweet?text=a", "https://www.linkedin.com/posts/ann_a-1", "https://vm.tiktok.com/t/a",
     "https://t.me/c/1/2", "https://pinterest.com/pin/1/", "https://medium.com/p/a", "https://www.medium.com/",
     "https://t.me/joinchat/a", "https://bit.ly/a"],
)  # fmt: skip
def test_what_anybody_may_have_put_there_is_nobodys_account(text: str) -> None:
    assert rules.account_key(text) is None
    assert rules.site_key(text) is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ann.B+news@Example.ORG", "ann.b+news@example.org"),
        ("mailto:ann@bücher.example", "ann@xn--bcher-kva.example"),
        (" ann@example.org ", "ann@example.org"),
        ("ann@localhost", None),
        ("ann", None),
        ("ann@b@example.org", None),
        ("", None),
        (None, None),
    ],
)
def test_an_email_address_has_one_spelling(text: str | None, key: str | None) -> None:
    assert rules.email_key(text) == key


def test_dots_and_pluses_are_left_to_the_providers() -> None:
    assert rules.email_key("a.nn@example.org") != rules.email_key("ann@example.org")


def test_what_somebody_types_may_be_an_account() -> None:
    assert rules.accounts_meant("https://twitter.com/Ann") == ["x.com/ann"]
    assert rules.accounts_meant("@Ann@social.example") == ["social.example/ann"]
    assert {"x.com/ann", "instagram.com/ann"} <= set(rules.accounts_meant("@ann"))
    assert rules.accounts_meant("ann") == rules.accounts_meant("@") == rules.accounts_meant("@ann b") == []


@given(st.text(max_size=400))
def test_any_text_has_keys_or_none(text: str) -> None:
    for key in (rules.site_key(text), rules.account_key(text), rules.email_key(text)):
        assert key is None or 0 < len(key) <= rules.KEY
    assert len(rules.folded(text)) <= rules.NAME
    rules.accounts_meant(text)


@given(st.text(max_size=60))
def test_a_key_of_a_key_is_itself(text: str) -> None:
    site, email = rules.site_key(text), rules.email_key(text)
    assert site is None or rules.site_key(f"[{site}]" if ":" in site else site) in (site, None)
    assert email is None or rules.email_key(email) == email
    assert rules.folded(rules.folded(text)) == rules.folded(text)


def test_names_are_compared_without_accents_and_capitals() -> None:
    assert rules.folded("  Zoë   ÅNGSTRÖM ") == "zoe angstrom"
    assert rules.folded("Müller-Weiß") == "muller-weiss"
    assert rules.last_word("dana von brandt") == "brandt"
    assert rules.last_word("dana") is None


def test_marks_come_up_from_below_unless_they_are_muted() -> None:
    garden, press = Mark(MarkKind.TAG, "garden"), Mark(MarkKind.TAG, "press")
    into = {2: 1, 3: 2, 4: 1}
    own = {1: [press], 3: [garden, VIP], 4: [garden]}
    assert rules.shown(1, into, own, {}) == {garden: (3, 4), press: (1,), VIP: (3,)}
    assert rules.shown(1, into, own, {2: [garden]}) == {garden: (4,), press: (1,), VIP: (3,)}
    assert rules.shown(1, into, own, {2: [garden, VIP], 4: [garden]}) == {press: (1,)}
    assert rules.shown(2, into, own, {}) == {garden: (3,), VIP: (3,)}
    assert rules.branch(2, into) == {2, 3}


def test_a_realm_says_which_page_it_is_of() -> None:
    assert rules.page_of(rules.realm(17)) == 17
    assert [rules.page_of(text) for text in ("mastodon:17", "page:", "page:x", "17")] == [None] * 4
