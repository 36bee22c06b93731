"""What fitting makes of examples."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.learning import abstaining, day_zero, explaining, features, fitting, judging, model, rules, tokens, words
from app.learning.descent import Point, lowest
from app.learning.features import Reader
from app.learning.judging import Judge
from app.learning.model import Learned, Model, UnreadableModelError
from app.learning.types import DESTINATIONS, Example, Figures, Kind

SWEET = ["caramel", "nougat", "marzipan", "toffee", "fudge", "praline"]
SALTY = ["pretzel", "cracker", "olive", "gherkin", "peanut", "brine"]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return features.reader(words.compose())


def said(words_of: list[str], count: int) -> list[str]:
    """Plain sentences that differ only in things no word list knows."""
    return [f"The {words_of[at % 6]} of {words_of[(at // 6) % 6]} number {at}" for at in range(count)]


def examples(count: int, **of: object) -> list[Example]:
    sweet = [Example(text, "marketing", None) for text in said(SWEET, count // 2)]
    return sweet + [Example(text, "customer_service", None) for text in said(SALTY, count // 2)]


def test_it_learns_what_no_list_says(reader: Reader) -> None:
    fitted = fitting.fit(examples(120), reader, DESTINATIONS)
    judge = Judge(fitted.model, reader, DESTINATIONS)
    found = judging.opinions(judge, ["A toffee with nougat", "A gherkin in brine"])
    assert [one.team for one in found] == ["marketing", "customer_service"]
    assert fitted.figures.accuracy > 0.95
    assert fitted.figures.better > fitted.figures.worse


def test_a_team_no_kind_leads_to_is_learned_as_itself(reader: Reader) -> None:
    given = [*examples(80), *(Example(f"Interview request of the gazette {at}", "press", None) for at in range(30))]
    judge = Judge(fitting.fit(given, reader, DESTINATIONS).model, reader, DESTINATIONS)
    (one,) = judging.opinions(judge, ["An interview request of the gazette"])
    assert one.team == "press"
    assert sum(one.teams.values()) == pytest.approx(1, abs=1e-3)


def test_kinds_follow_the_table(reader: Reader) -> None:
    given = [Example(text, None, Kind.PRAISE) for text in said(SWEET, 40)]
    given += [Example(text, None, Kind.QUESTION) for text in said(SALTY, 40)]
    table = dict(DESTINATIONS) | {Kind.QUESTION: "marketing", Kind.PRAISE: "press"}
    judge = Judge(fitting.fit(given, reader, table).model, reader, table)
    found = judging.opinions(judge, ["A toffee with nougat", "A gherkin in brine"])
    assert [(one.team, one.kind) for one in found] == [("press", Kind.PRAISE), ("marketing", Kind.QUESTION)]


def test_teams_that_gain_or_lose_a_kind_are_told_from_the_others(reader: Reader) -> None:
    given = [*examples(20), Example("An interview request", "press", None), Example("Any jobs?", "people", None)]
    learnt = fitting.fit(given, reader, DESTINATIONS).model.learned
    assert learnt is not None
    assert model.led_elsewhere(learnt, DESTINATIONS) == frozenset()
    moved = dict(DESTINATIONS) | {Kind.PRAISE: "press", Kind.OFF_TOPIC: "spam"}
    assert model.led_elsewhere(learnt, moved) == {"marketing", "press", "none", "spam"}


def test_a_stored_model_says_the_same(reader: Reader) -> None:
    fitted = fitting.fit(examples(60), reader, DESTINATIONS).model
    stored = model.from_bytes(model.to_bytes(fitted))
    seen = model.read(["caramel", "brine", ""], reader, deeply=True)
    before, after = (model.probabilities(one, seen)[1] for one in (fitted, stored))
    assert np.array_equal(before, after)
    assert stored.thresholds == fitted.thresholds


def test_what_was_stored_before_shares_were_learned_is_still_read(reader: Reader) -> None:
    fitted = fitting.fit(examples(60), reader, DESTINATIONS).model
    for sentences, readable in ((None, True), ("0" * 64, False)):
        older = _older(model.to_bytes(fitted), sentences)
        if readable:
            learned = model.from_bytes(older).learned
            assert learned is not None
            assert learned.share == model.MOST
        else:
            with pytest.raises(UnreadableModelError):
                model.from_bytes(older)


def _older(stored: bytes, sentences: str | None) -> bytes:
    with np.load(io.BytesIO(stored)) as opened:
        parts = dict(opened)
    about = json.loads(parts["about"].tobytes()) | {"format": 2, "sentences": sentences}
    del about["share"]
    out = io.BytesIO()
    np.savez(out, **(parts | {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}))
    return out.getvalue()


@pytest.mark.parametrize(("share", "stays"), [(0.0, True), (0.1, False)])
def test_what_was_hardly_ever_decided_stays_as_day_zero_sees_it(share: float, stays: bool, reader: Reader) -> None:
    seen = model.read(["Check out my channel and subscribe, https://example.com/x"], reader, deeply=False)
    first = day_zero.opinions(seen.figures)
    spam = day_zero.KINDS.index(Kind.SPAM)
    fitted = fitting.fit(examples(40), reader, DESTINATIONS).model.learned
    assert fitted is not None
    shares = np.full(len(fitted.labels), (1 - share) / (len(fitted.labels) - 1), np.float32)
    shares[spam] = share
    against = 20 * np.eye(len(fitted.labels), dtype=np.float32)[[fitted.labels.index(Kind.COMPLAINT)]]
    chances = model.blended(replace(fitted, shares=shares, temperature=1.0), first, against)
    assert bool(chances[0].argmax() == spam) is stays


def test_how_often_each_kind_was_decided_is_known(reader: Reader) -> None:
    kinds = [Example(text, None, Kind.PRAISE) for text in said(SWEET, 30)]
    learned = fitting.fit([*examples(60), *kinds], reader, DESTINATIONS).model.learned
    assert learned is not None
    shares = dict(zip(learned.labels, learned.shares.tolist(), strict=True))
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert shares[Kind.PRAISE] + shares[Kind.CHATTER] == pytest.approx(2 / 3, abs=1e-4)
    assert shares[Kind.SPAM] == shares[Kind.OFF_TOPIC] == 0


@pytest.mark.parametrize("data", [b"", b"PK", b"cos\nsystem\n(S'true'\ntR.", model.to_bytes.__name__.encode() * 50])
def test_other_bytes_are_no_model(data: bytes) -> None:
    with pytest.raises(UnreadableModelError):
        model.from_bytes(data)


@pytest.mark.filterwarnings("error")
def test_a_single_example_is_enough_to_begin(reader: Reader) -> None:
    fitted = fitting.fit([Example("Where is my parcel?", "customer_service", None)], reader, DESTINATIONS)
    assert fitted.figures.examples == fitted.figures.judged == 1
    assert np.isfinite(fitted.figures.log_loss)
    judge = Judge(fitted.model, reader, DESTINATIONS)
    assert [one.team for one in judging.opinions(judge, ["My parcel is late"])] == ["customer_service"]


def test_a_few_examples_count_for_more_where_day_zero_knows_nothing(reader: Reader) -> None:
    thanks = [Example(f"Thank you so much, I love it, day {at}", "marketing", None) for at in range(20)]
    assert _learned(thanks, reader).share < 0.3
    assert _learned(examples(20), reader).share > 0.5


def _learned(given: list[Example], reader: Reader) -> Learned:
    learned = fitting.fit(given, reader, DESTINATIONS).model.learned
    assert learned is not None
    return learned


def test_many_examples_are_measured_on_two_folds_of_five(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "MANY", 100)
    assert fitting.fit(examples(100), reader, DESTINATIONS).figures.judged == 40
    assert fitting.fit(examples(98), reader, DESTINATIONS).figures.judged == 98


def test_few_examples_decide_nothing_alone(reader: Reader) -> None:
    judge = Judge(fitting.fit(examples(98), reader, DESTINATIONS).model, reader, DESTINATIONS)
    assert not any(one.automatic for one in judging.opinions(judge, said(SWEET, 20)))
    more = fitting.fit(examples(400), reader, DESTINATIONS)
    judge = Judge(more.model, reader, DESTINATIONS)
    assert all(one.automatic for one in judging.opinions(judge, said(SWEET, 20)))


def test_what_is_about_nothing_is_never_automatic_wherever_it_goes() -> None:
    table = {Kind.OFF_TOPIC: "marketing", Kind.PRAISE: "marketing", Kind.COMPLAINT: "customer_service"}

    def automatic(off_topic: float) -> bool:
        kinds = {Kind.OFF_TOPIC: off_topic, Kind.PRAISE: 0.98 - off_topic, Kind.COMPLAINT: 0.02}
        teams = {"marketing": 0.98, "customer_service": 0.02}
        found = judging.opinion(kinds, teams, table, {"marketing": 0.9}, tone=0.0, remedy=False, urgent=False)
        return found.automatic

    assert automatic(0.1)
    assert not automatic(0.9)


def test_what_is_about_nothing_is_never_automatic(reader: Reader) -> None:
    given = [Example(one.text, "none" if one.team == "marketing" else one.team, None) for one in examples(400)]
    judge = Judge(fitting.fit(given, reader, DESTINATIONS).model, reader, DESTINATIONS)
    found = judging.opinions(judge, said(SWEET, 20))
    assert {(one.team, one.automatic) for one in found} == {("none", False)}


def test_a_text_with_nothing_in_it_is_about_nothing(reader: Reader) -> None:
    nothing = ["", " \n\t", "\x00\x07", "\u200b\ufeff", "\ufe0f", "\u2800", "\ud83d", " " * 5_000]
    learnt = fitting.fit(examples(40), reader, DESTINATIONS).model
    table = dict(DESTINATIONS) | {Kind.OFF_TOPIC: "marketing"}
    for judge, team in ((Judge(Model(), reader, DESTINATIONS), "none"), (Judge(learnt, reader, table), "marketing")):
        *found, (said_something, _words) = judging.explained(judge, [*nothing, "A toffee with nougat"])
        assert {(one.team, one.kind, one.automatic, seen) for one, seen in found} == {(team, Kind.OFF_TOPIC, False, ())}
        for one, _words in found:
            assert one.confidence == max(one.teams.values()) <= 0.25 < said_something.confidence
            assert sum(one.teams.values()) == pytest.approx(1)
            assert set(one.teams) == set(said_something.teams)
        assert judging.opinions(judge, nothing) == [one for one, _words in found]
        assert explaining.weights(judge, "\x07") == []


@pytest.mark.parametrize("something", ["?", "👍", "👍🏽", "ok", "7", "สวัสดี", "\n@maria", "❤️", "\uf8ff"])
def test_a_single_sign_is_something(something: str) -> None:
    assert not tokens.blank(something)


def test_the_same_examples_have_the_same_hash_in_any_order() -> None:
    given = examples(10)
    assert fitting.data_hash(given) == fitting.data_hash(given[::-1])
    assert fitting.data_hash(given) != fitting.data_hash(given[1:])


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_lower_bound_is_below_the_share_and_rises_with_it(right: int, wrong: int) -> None:
    of = right + wrong
    if of == 0:
        return
    bound = float(abstaining.lower_bound(np.array([right]), np.array([of]))[0])
    assert 0 <= bound <= right / of
    if wrong:
        assert bound <= float(abstaining.lower_bound(np.array([right + 1]), np.array([of]))[0])


def test_the_lower_bound_is_that_of_clopper_and_pearson() -> None:
    # All right: the bound is the share whose n-th power is 10 %.
    assert float(abstaining.lower_bound(np.array([45]), np.array([45]))[0]) == pytest.approx(0.1 ** (1 / 45))


def test_descent_finds_the_bottom() -> None:
    bottom = np.linspace(-2, 3, 50, dtype=np.float32)
    steep = np.linspace(1, 80, 50, dtype=np.float32)

    def cost(at: Point) -> tuple[float, Point]:
        return float((steep * (at - bottom) ** 2).sum()), 2 * steep * (at - bottom)

    found = lowest(cost, np.zeros(50, np.float32), 100, lambda _step: None)
    assert np.abs(found - bottom).max() < 0.05


def figures(better: int, worse: int) -> Figures:
    return Figures(100, 100, 0.9, 0.3, 0.02, 100, better, worse)


@given(st.integers(0, 300), st.integers(0, 300))
def test_only_what_is_clearly_worse_is_kept_back(better: int, worse: int) -> None:
    promoted = rules.promotes(figures(better, worse))
    assert promoted or worse > better
    assert not promoted or worse - better <= 1.64 * (worse + better) ** 0.5 + 1e-9


def test_trust_ends_when_luck_no_longer_explains_the_audit() -> None:
    assert rules.trusted(right=0, audits=19)
    assert rules.trusted(right=92, audits=100)
    assert not rules.trusted(right=80, audits=100)


def shares(of: int) -> st.SearchStrategy[list[float]]:
    """So many numbers that add up to one."""
    parts = st.lists(st.floats(0, 1), min_size=of, max_size=of).filter(lambda found: sum(found) > 0.01)
    return parts.map(lambda found: [one / sum(found) for one in found])


@given(
    shares(len(Kind) + 1),
    st.lists(st.sampled_from(["customer_service", "marketing", "press", "spam", "none"]), min_size=7, max_size=7),
)
def test_an_opinion_never_contradicts_itself(chances: list[float], leads: list[str]) -> None:
    table, kinds = dict(zip(Kind, leads, strict=True)), dict(zip(Kind, chances, strict=False))
    teams = {team: sum(kinds[kind] for kind in Kind if table[kind] == team) for team in dict.fromkeys(leads)}
    teams["events"] = chances[-1]  # a team that no kind leads to
    one = judging.opinion(kinds, teams, table, {}, tone=0.0, remedy=False, urgent=False)
    assert one.confidence == one.teams[one.team] == max(teams.values())
    assert one.team == "events" or table[one.kind] == one.team
    if one.kind is Kind.COMPLAINT:
        assert one.complaint
    if one.complaint:
        assert one.kind in (Kind.COMPLAINT, Kind.HELP)
    if one.kind is Kind.HELP:
        assert one.complaint == (kinds[Kind.COMPLAINT] >= 0.5 * (1 - kinds[Kind.HELP]))
