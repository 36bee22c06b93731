"""Words are the same however they are typed, and cut the same wherever they stand."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.search.words import LONGEST, MOST, spans, spelled_out, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Größe GROSSE", ["grosse", "grosse"]),
        ("Café Müller, naïve!", ["cafe", "muller", "naive"]),
        ("Łódź Ørsted Straße", ["lodz", "orsted", "strasse"]),
        ("can't e-mail anna@ex.org", ["can", "t", "e", "mail", "anna", "ex", "org"]),
        ("user_name #sale", ["user", "name", "sale"]),
        ("İstanbul ½ ﬁne", ["istanbul", "1", "2", "fine"]),
        ("你好 world", ["你", "好", "world"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("", []),
        ("?! …", []),
    ],
)
def test_words_of(text: str, found: list[str]) -> None:
    assert words(text) == found


@given(st.text())
def test_words_are_found_again_in_what_is_made_of_them(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(st.text())
def test_words_hold_nothing_that_means_anything_to_a_database(text: str) -> None:
    for word in words(text):
        assert word
        assert not set(word) & set(" '\"\\:*()&|!<>‹›‖-\x00")


@given(st.text())
@example("ヷ")
def test_composed_and_taken_apart_are_the_same(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


@given(st.text())
def test_spans_lie_in_the_text_in_order(text: str) -> None:
    end = 0
    for start, stop, word in spans(text):
        assert 0 <= start < stop <= len(text)
        assert start >= end or stop == end  # one letter may stand for two words
        assert word in words(text[start:stop])
        end = stop


def test_accents_of_latin_letters_don_t_matter() -> None:
    for code in range(0xC0, 0x180):
        if "WITH" in unicodedata.name(chr(code)):
            assert all(word.isascii() for word in words(chr(code))), chr(code)


def test_long_words_and_long_texts_are_bounded() -> None:
    assert words("x" * 1000) == ["x" * LONGEST]
    assert len(words("ab " * (2 * MOST))) == MOST


def test_umlauts_may_be_written_as_two_letters() -> None:
    assert spelled_out("Müller Öl u\u0308ber") == "Mueller Oel ueber"
