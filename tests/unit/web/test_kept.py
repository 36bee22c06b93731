"""Pieces of pages that are kept: found again, and never too many."""

from markupsafe import Markup

from app.web.present.kept import Kept


def test_the_older_half_goes_when_there_is_no_more_room() -> None:
    kept = Kept(4)
    for number in range(5):
        assert kept.keep(number, Markup(f"<li>{number}</li>")) == f"<li>{number}</li>"
    assert [kept.get(number) for number in range(5)] == [None, None, "<li>2</li>", "<li>3</li>", "<li>4</li>"]
