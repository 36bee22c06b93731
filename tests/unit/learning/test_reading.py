"""How texts become tokens, hits in word lists, and figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.learning import features, judging, lexicon, model, tokens, words
from app.learning.features import NAMES, Reader
from app.learning.judging import Judge
from app.learning.model import Model
from app.learning.tokens import Tokens
from app.learning.types import DESTINATIONS


@pytest.fixture(scope="module")
def reader() -> Reader:
    return features.reader(words.compose())


def cut(read: Tokens) -> list[list[str]]:
    found: list[list[str]] = [[] for _text in range(read.texts)]
    for row, start, end in zip(read.row, read.start, read.end, strict=True):
        found[row].append("".join(map(chr, read.characters[start:end].tolist())))
    return found


def test_tokens_are_words_marks_and_symbols() -> None:
    read = tokens.read(
        ["Hello @Bob_x, see https://www.Foo.com/x?y=1   don\u2019t \U0001f60d\U0001f60d 47,50\u20ac :-)", "ขอบคุณครับ"]
    )
    assert cut(read) == [
        [
            *("hello", tokens.MENTION, ",", "see", tokens.LINK, "foo", ".", "com", "don't"),
            *("\U0001f60d", "\U0001f60d", "00", ",", "00", "\u20ac", ":-)"),
        ],
        ["ขอบคุณครับ"],
    ]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_a_text_is_read_alike_alone_and_among_others(texts: list[str]) -> None:
    together = tokens.read(texts)
    buckets = features.letters(together), features.words(together)
    for row, text in enumerate(texts):
        alone = tokens.read([text])
        assert together.hashes[together.row == row].tolist() == alone.hashes.tolist()
        for found, single in zip(buckets, (features.letters(alone), features.words(alone)), strict=True):
            assert sorted(found.bucket[found.row == row].tolist()) == sorted(single.bucket.tolist())


@given(text=st.text(max_size=300))
def test_every_text_has_figures_and_they_are_finite(reader: Reader, text: str) -> None:
    seen = model.read([text], reader, deeply=True)
    assert seen.figures.shape == (1, len(NAMES))
    assert np.isfinite(seen.figures).all()


@pytest.mark.parametrize(
    ("entry", "text", "found"),
    [
        ("refund", "a refund please", True),
        ("refund", "two refunds", False),
        ("refund*", "two REFUNDS!", True),
        ("money back", "Money   back", True),
        ("money back", "money, back", False),
        ("not happ*", "not happy", True),
        ("not happ*", "happy, not sad", False),
        ("*verspätung*", "Zugverspätungen", True),
        ("*ขอบคุณ*", "ครับขอบคุณครับ", True),
        (":-)", "fine :-)", True),
        ("\u2764", "we\u2764you", True),
        ("", "anything", False),
    ],
)
def test_entries_of_a_list(entry: str, text: str, found: bool) -> None:
    hits = lexicon.find(lexicon.compile_lists({"list": [entry]}), tokens.read(["before", text, "after"]))
    assert bool(len(hits.token)) is found


@given(st.lists(st.text("abcä *", max_size=6), max_size=8), st.text("abcä ", max_size=30))
def test_whole_words_are_found_as_by_a_plain_search(entries: list[str], text: str) -> None:
    plain = [entry.strip() for entry in entries if entry.strip() and "*" not in entry]
    hits = lexicon.find(lexicon.compile_lists({"list": plain}), tokens.read([text]))
    said = text.split()
    wanted = {" ".join(entry.split()) for entry in plain}
    spans = {" ".join(said[a:b]) for a in range(len(said)) for b in range(a + 1, len(said) + 1)}
    read = tokens.read([text])
    seen = {
        "".join(map(chr, read.characters[read.start[a] : read.end[b]].tolist()))
        for a, b in zip(hits.first, hits.token, strict=True)
    }
    assert seen == wanted & spans


def test_a_negation_turns_the_tone(reader: Reader) -> None:
    tone = NAMES.index("tone")
    figures = model.read(["This is good", "This is not good", "Das ist nicht gut"], reader, deeply=False).figures
    assert figures[0, tone] > 0 > figures[1, tone]
    assert figures[2, tone] < 0


@pytest.mark.parametrize(
    ("text", "share", "only"),
    [
        ("https://example.com/watch?v=1", 1, True),
        ("gofundme.com/somebody", 1, True),
        ("Please help me go here http://example.org/x", 0.47, False),
        ("I waited at No. 5.then left.", 0, False),
        ("", 0, False),
    ],
)
def test_how_much_of_a_text_is_addresses(text: str, share: float, only: bool, reader: Reader) -> None:
    figures = model.read([text], reader, deeply=False).figures[0]
    assert float(figures[NAMES.index("address_share")]) == pytest.approx(share, abs=0.01)
    assert bool(figures[NAMES.index("only_address")]) is only


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_brings_every_list(language: str) -> None:
    assert set(words.read(words.shipped(language))) == {*words.LISTS, words.URGENT, words.NEGATION}


@pytest.mark.parametrize(
    ("text", "team", "remedy"),
    [
        ("Je veux être remboursé, ma commande n'est jamais arrivée", "customer_service", True),
        ("Merci beaucoup, j'adore votre magasin !", "marketing", False),
        ("Abonnez-vous à ma chaîne", "spam", False),
        ("Quiero que me devuelvan mi dinero, el pedido no llegó", "customer_service", True),
        ("Muchas gracias, me encanta esta tienda", "marketing", False),
        ("Suscríbete a mi canal y gana dinero desde casa", "spam", False),
        ("Voglio un rimborso, il pacco non è mai arrivato", "customer_service", True),
        ("Grazie mille, siete bravissimi", "marketing", False),
        ("Iscrivetevi al mio canale", "spam", False),
        ("Quero meu dinheiro de volta, o pedido não chegou", "customer_service", True),
        ("Muito obrigada, adorei o atendimento", "marketing", False),
        ("Se inscreva no meu canal, link na bio", "spam", False),
    ],
)
def test_it_begins_in_more_languages_than_english(text: str, team: str, remedy: bool, reader: Reader) -> None:
    (found,) = judging.opinions(Judge(Model(), reader, DESTINATIONS), [text])
    assert (found.team, found.remedy) == (team, remedy)


@pytest.mark.parametrize("text", ["nope = ['x']", "praise = 'x'", "praise = [1]", "praise = [' * ']", "praise = ["])
def test_wrong_lists_are_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        words.read(text)
