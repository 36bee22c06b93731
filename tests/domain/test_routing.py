"""Promise 3: everything is routed and says why."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from app.core.errors import Conflict, InvalidInput
from app.desk import service as desk
from app.inbox import queries
from app.inbox import service as inbox
from app.inbox.arrivals import Facts
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, ListFilter, Priority, Row
from app.learning.models import LearningExample
from app.routing import attempt, book, language, reading, rules, service, unpacked, versions
from app.routing import queries as routing
from app.routing import runner as sweep
from app.routing.types import DecidedBy, Rule, Verdict
from tests.domain.conftest import House


def facts(text: str, **changes: object) -> Facts:
    values: dict[str, object] = {
        "conversation_id": 1,
        "page_id": 1,
        "default_team_id": 1,
        "texts": (text,),
        "author_known": False,
        "held_as_spam": False,
    }
    return Facts(**{**values, **changes})  # type: ignore[arg-type]


def decide(active: tuple[Rule, ...] | list[Rule], seen: Facts, spoken: str | None = None) -> Verdict:
    return rules.decide(book.compiled(active), seen, spoken)


@pytest.fixture(scope="module")
def shipped() -> tuple[Rule, ...]:
    from importlib import resources

    return reading.read(resources.files("app.routing").joinpath("default_rules.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "team", "word"),
    [
        ("I want my money back!", "customer_service", "money back"),
        ("Ich möchte eine Erstattung", "customer_service", "erstattung"),
        ("Wo bleibt mein PAKET?", "customer_service", "paket"),
        ("The mixer is broken", "customer_service", "broken"),
        ("Vielen Dank, das war köstlich!", "marketing", "vielen dank"),
        ("We would love a collaboration with you", "marketing", "collaboration"),
        ("Refunded twice already", "customer_service", "refunded"),
        ("Was kostet\n\ndie  Lieferung?", "customer_service", "lieferung"),
        ("Lovely! Do you ship abroad؟", "customer_service", None),
    ],
)
def test_the_shipped_rules_say_which_words_they_saw(
    shipped: tuple[Rule, ...], text: str, team: str, word: str | None
) -> None:
    kind, sure = ("praise", 0.6) if team == "marketing" else ("complaint", 0.6)
    verdict = decide(shipped, facts(text, kind=kind, confidence=sure))
    assert verdict.team == team
    assert word is None or word in verdict.matched


def test_warm_words_decide_nothing_where_the_model_hears_something_else(shipped: tuple[Rule, ...]) -> None:
    thanks = "Thanks for nothing"
    assert decide(shipped, facts(thanks, kind="complaint", confidence=0.6)).rule is None
    assert decide(shipped, facts(thanks, kind="praise", confidence=0.4)).rule is None
    assert decide(shipped, facts(thanks)).rule is None


def test_what_no_rule_takes_goes_to_the_pages_own_team(shipped: tuple[Rule, ...]) -> None:
    assert decide(shipped, facts("Sunday it is")) == Verdict(None, Priority.NORMAL, spam=False, rule=None, matched=())


@pytest.mark.parametrize("text", ["Best online casino bonus here", "http://a http://b http://c http://d cheap"])
def test_obvious_spam_is_set_aside(shipped: tuple[Rule, ...], text: str) -> None:
    assert decide(shipped, facts(text)).spam


def test_links_of_somebody_we_know_are_not_spam(shipped: tuple[Rule, ...]) -> None:
    assert not decide(shipped, facts("http://a http://b http://c http://d", author_known=True)).spam


def test_words_are_whole_words() -> None:
    (rule,) = reading.read('[[rule]]\nname = "r"\nteam = "t"\nwords = ["win", "bestell*"]')
    assert decide([rule], facts("the window")).rule is None
    assert decide([rule], facts("Win!")).rule == "r"
    assert decide([rule], facts("Bestellungen")).matched == ("bestellungen",)


def test_every_condition_must_hold() -> None:
    (rule,) = reading.read('[[rule]]\nname = "r"\nteam = "t"\nlanguages = ["de"]\npages = [4]')
    assert decide([rule], facts("x", page_id=4), "de").rule == "r"
    assert decide([rule], facts("x", page_id=4), "en").rule is None
    assert decide([rule], facts("x", page_id=5), "de").rule is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "TOML"),
        ("[[rule]]\nteam = 'x'", "name"),
        ("[[rule]]\nname = 'x'\nteam = 'y'", "no condition"),
        ("[[rule]]\nname = 'x'\nwords = ['a', ' *']\nteam = 'y'", "star"),
        ("[[rule]]\nname = 'x'\nwords = ['a']", "does nothing"),
        ("[[rule]]\nname = 'x'\nwords = 'a'\nteam = 'y'", "words"),
        ("[[rule]]\nname = 'x'\nwords = ['a']\nteam = 'y'\npriority = 'huge'", "priority"),
        ("[[rule]]\nname = 'x'\nwords = ['a']\nteam = 'y'\ncolour = 'red'", "colour"),
        ("rules = 1", "rule"),
    ],
)
def test_bad_rules_are_told_apart(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        reading.read(text)


def test_hostile_text_costs_little(shipped: tuple[Rule, ...]) -> None:
    begun = time.perf_counter()
    decide(shipped, facts(("http" + "a" * 50 + " ") * 1200))
    decide(shipped, facts("refund" * 10_000))
    assert time.perf_counter() - begun < 2


def test_languages_are_recognised() -> None:
    assert language.detect("Wo bleibt denn nun meine Bestellung?") == "de"
    assert language.detect("Where on earth is my parcel now?") == "en"
    assert language.detect("ok 👍") is None


def test_the_model_of_languages_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked._House, "folder", tmp_path)
    texts = ("Wo bleibt denn nun meine Bestellung?", "Where on earth is my parcel now?", "ขอบคุณมากครับ", "??", "")
    unpacks = [unpacked.identifier()]
    (kept,) = (tmp_path / "languages").iterdir()
    unpacks.append(unpacked.identifier())
    assert isinstance(unpacks[1].nb_ptc, np.memmap)
    part = (kept / "moves.npy").read_bytes()[:5000]
    (kept / "moves.npy").unlink()  # which those who have it mapped do not notice
    (kept / "moves.npy").write_bytes(part)
    (kept.parent / "half").mkdir()  # as a process leaves it that is killed meanwhile
    unpacks.append(unpacked.identifier())
    assert not isinstance(unpacks[2].nb_ptc, np.memmap)
    unpacks.append(unpacked.identifier())
    assert isinstance(unpacks[3].nb_ptc, np.memmap)
    monkeypatch.setattr(unpacked._House, "folder", kept / "moves.npy")  # nothing can be kept there
    unpacks.append(unpacked.identifier())
    assert len({tuple(one.classify(text) for text in texts) for one in unpacks}) == 1
    assert [list(path.iterdir()) for path in tmp_path.iterdir()] == [[kept]]


def _only(house: House, state: ConversationState = ConversationState.NEW) -> Row:
    with house.db.read() as session:
        (row,) = queries.rows(session, ListFilter(state))
    return row


def test_a_collected_comment_is_routed_with_its_reason(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Ich will mein Geld zurück, der Mixer ist kaputt!", now)
    house.collect()
    row = _only(house)
    assert (row.team_id, row.priority) == (house.service_team, Priority.HIGH)
    with house.db.read() as session:
        (why,) = routing.explain(session, row.id)
        assert not routing.has_waiting(session)
    assert (why.decided_by, why.rule, why.matched) == (DecidedBy.RULE, "Money back or a new one", ("geld zurück",))


def test_spam_waits_in_its_own_list(house: House, now: datetime) -> None:
    house.platform.say("Bot", "buy followers now", now)
    house.collect()
    assert _only(house, ConversationState.SPAM).snippet == "buy followers now"


def test_a_correction_moves_and_is_kept(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Wonderful!", now)
    house.collect()
    row = _only(house)
    assert row.team_id == house.marketing_team
    with house.db.write() as session:
        service.correct(session, house.bob, row.id, house.service_team, version=None, reason=" ironic ", now=now)
    assert _only(house).team_id == house.service_team
    with house.db.read() as session:
        first, second = routing.explain(session, row.id)
    assert (second.decided_by, second.actor, second.reason) == (DecidedBy.PERSON, "bob", "ironic")
    assert first.rule == "Praise and thanks"
    with pytest.raises(InvalidInput), house.db.write() as session:
        service.correct(session, house.bob, row.id, house.service_team, version=None, reason="", now=now)
    with pytest.raises(Conflict), house.db.write() as session:
        service.correct(session, house.ann, row.id, house.marketing_team, version=1, reason="", now=now)


def test_more_words_do_not_undo_a_correction(house: House, now: datetime) -> None:
    first = house.platform.say("Eva", "Wonderful!", now)
    house.collect()
    with house.db.write() as session:
        service.correct(session, house.bob, _only(house).id, house.service_team, version=None, reason="", now=now)
    house.platform.say("Eva", "Thank you", now, parent=first)
    house.collect()
    assert _only(house).team_id == house.service_team


def test_a_fault_in_routing_holds_up_nothing(house: House, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    house.collect()
    house.platform.say("Eva", "Where is my parcel?", now)
    with monkeypatch.context() as patched:
        patched.setattr(rules, "decide", lambda *_a: 1 / 0)
        (outcome,) = house.collector.run([house.page_id], force=True)
    assert outcome.code is None
    with house.db.read() as session:
        assert routing.has_waiting(session)
    with house.db.write() as session:
        assert service.route_waiting(session, now) == 1
    assert _only(house).team_id == house.service_team


def test_the_past_of_a_page_is_stored_first_and_routed_after(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Where is my parcel?", now)
    house.collector.run([house.page_id], force=True)
    with house.db.read() as session:
        assert routing.has_waiting(session)
    assert sweep.run(house.db) == 1
    assert _only(house).team_id == house.service_team
    house.platform.say("Ida", "Where is mine?", now)
    house.collector.run([house.page_id], force=True)
    with house.db.read() as session:
        assert not routing.has_waiting(session), "news are routed as they are stored"


def test_who_is_quicker_than_the_rules_has_the_say(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Wonderful!", now)
    house.collector.run([house.page_id], force=True)
    talk = _only(house).id
    with house.db.write() as session:
        service.correct(session, house.bob, talk, house.service_team, version=None, reason="ironic", now=now)
    assert sweep.run(house.db) == 0
    assert _only(house).team_id == house.service_team
    with house.db.write() as session:
        desk.undo(session, house.bob, None, now)
    assert sweep.run(house.db) == 1, "what is taken back waits for the rules again"
    with house.db.read() as session:
        assert [one.decided_by for one in routing.explain(session, talk)] == [DecidedBy.RULE]
    assert _only(house).team_id == house.marketing_team


def test_taking_something_back_does_not_take_back_where_it_went_since(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Where is my parcel?", now)
    house.collector.run([house.page_id], force=True)
    talk = _only(house)
    assert talk.team_id == house.marketing_team, "the page's own"
    with house.db.write() as session:
        inbox.take(session, house.bob, talk.id, None, now)
    assert sweep.run(house.db) == 1
    with pytest.raises(Conflict), house.db.write() as session:
        desk.undo(session, house.bob, None, now)
    assert _only(house).team_id == house.service_team


def test_an_answer_before_it_was_routed_teaches_nothing(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Wonderful!", now)
    house.collector.run([house.page_id], force=True)
    talk = _only(house).id
    with house.db.write() as session:
        service.confirm(session, house.bob, session.get_one(Conversation, talk), now)
        assert session.scalar(select(LearningExample.id)) is None


def test_rules_for_a_team_that_does_not_exist_are_not_published(house: House, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="no team"), house.db.write() as session:
        versions.install(session, '[[rule]]\nname = "r"\nteam = "nobody"\nwords = ["x"]', now)


def test_what_came_in_together_counts_as_earlier_too(house: House, now: datetime) -> None:
    """Somebody who writes everywhere at once is noticed within one reading, and a trial finds the same."""
    rule = '[[rule]]\nname = "Everywhere"\nearlier_at_least = 2\ntags = ["flood"]\n'
    with house.db.write() as session:
        versions.install(session, rule, now)
    for minute in range(4):
        house.platform.say("Eva", f"Number {minute}", now - timedelta(minutes=10 - minute))
    house.platform.say("Ida", "Number 9", now)
    house.collect()
    with house.db.read() as session:
        found = {row.snippet: row.tags for row in queries.rows(session, ListFilter(ConversationState.NEW))}
        replayed = attempt.begin(session, rule, 30, now)
        hits = [one.after.verdict.rule for some in replayed.portions() for one in some]
    assert found == {f"Number {n}": ("flood",) if n in (2, 3) else () for n in (0, 1, 2, 3, 9)}
    assert hits.count("Everywhere") == 2
