"""What a page's health says has to be true of the connectors."""

from app.connectors import errors
from app.connectors.feed.document import MAX_BYTES
from app.pages import words


def test_the_advice_about_large_answers_names_the_limit_of_feeds() -> None:
    """No setting raises it, so the advice must not say that one does."""
    assert f"{MAX_BYTES // 1_000_000} MB" in str(words.advice(errors.TOO_LARGE))
