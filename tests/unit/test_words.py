"""What a page's health says has to be true of the connectors."""

from app.connectors import errors
from app.connectors.feed.document import MAX_BYTES
from app.connectors.ports import LACKING_TO_MODERATE, LACKING_TO_PUBLISH
from app.pages import words


def test_the_advice_about_large_answers_names_the_limit_of_feeds() -> None:
    """No setting raises it, so the advice must not say that one does."""
    assert f"{MAX_BYTES // 1_000_000} MB" in str(words.advice(errors.TOO_LARGE))


def test_a_right_that_is_missing_is_named() -> None:
    assert "(administrator: Ann)" in words.advice(errors.MISSING_PERMISSION, "administrator: Ann").what
    assert "MODERATE" in words.advice(errors.MISSING_SCOPES, "MODERATE").what
    assert "(" not in words.advice(errors.MISSING_PERMISSION).what


def test_what_an_account_may_not_do_is_said_with_the_rights_it_lacks() -> None:
    assert words.shortfalls({}) == []
    [moderating, publishing] = words.shortfalls(
        {LACKING_TO_MODERATE: ["moderate_comments"], LACKING_TO_PUBLISH: ["publish_posts"], "lacking": ["other"]}
    )
    assert "moderate_comments" in moderating
    assert "publish_posts" in publishing
