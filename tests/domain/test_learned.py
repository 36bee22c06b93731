"""What people decide teaches the model, and the model routes what it is sure of."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.accounts import service as people
from app.accounts.types import Role
from app.core.clock import utc_now
from app.core.db import Database
from app.core.errors import Conflict, InvalidInput
from app.core.sections import Learning
from app.desk import service as desk
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, Priority
from app.learning import fitting, queries, report, rules, runner, service
from app.learning.fitted import Fitted
from app.learning.models import AutomaticTeam, LearningExample, ModelVersion
from app.learning.types import Basis, Kind, NewExample, VersionState
from app.notifications import spreading
from app.notifications.models import Notification
from app.notifications.types import Event
from app.replies import service as replies
from app.routing import learned, versions
from app.routing import queries as routing_queries
from app.routing import service as routing
from app.routing.models import RoutingDecision
from app.routing.types import DecidedBy, Verdict
from app.web.present import history
from tests.domain.conftest import House
from tests.domain.test_routing import facts
from tests.unit.learning import tiny_onnx

SWEET = ["caramel", "nougat", "marzipan", "toffee", "fudge", "praline"]
SALTY = ["pretzel", "cracker", "olive", "gherkin", "peanut", "brine"]
PRAISE = ["Praise and thanks"]


def given(count: int, team: str, words: list[str]) -> list[NewExample]:
    return [NewExample(f"The {words[at % 6]} of {words[at // 6 % 6]} number {at}", team) for at in range(count)]


def teach(
    house: House, count: int, now: datetime, *, sweet: str = "marketing", salty: str = "customer_service"
) -> None:
    with house.db.write() as session:
        service.add_examples(session, given(count, sweet, SWEET) + given(count, salty, SALTY), now)
    assert runner.refit(house.db) is not None


def say(house: House, text: str, now: datetime, person: str = "Maria") -> int:
    house.platform.say(person, text, now - timedelta(minutes=5))
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0


def kept(db: Database) -> list[tuple[str | None, str | None, Basis]]:
    with db.read() as session:
        rows = session.scalars(select(LearningExample).order_by(LearningExample.id)).all()
        return [(one.old_team, one.team, one.basis) for one in rows]


def decision(house: House, talk: int) -> tuple[DecidedBy, int, dict[str, object]]:
    with house.db.read() as session:
        one = session.scalars(select(RoutingDecision).where(RoutingDecision.conversation_id == talk)).one()
        return one.decided_by, one.team_id, (one.more or {})["opinion"]


@pytest.fixture
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "AUDIT_SHARE", 0.0)
    monkeypatch.setattr(rules, "UNTOLD_SHARE", 0.0)


def set_up(house: House, folder: Path, checksum: str) -> None:
    """The sentence model in this folder, as the settings would name it."""
    queries.read_as_set(Learning(sentence_model=folder, sentence_model_checksum=checksum), house.db)


def test_what_was_learned_with_a_sentence_model_waits_for_it(house: House, now: datetime, tmp_path: Path) -> None:
    meanings = dict.fromkeys(SWEET, (3.0, 0.0)) | dict.fromkeys(SALTY, (0.0, 3.0))
    set_up(house, tmp_path, tiny_onnx.write(tmp_path, meanings))
    teach(house, 20, now)
    with house.db.read() as session:
        used = queries.in_use(session)
    assert (used.idle, used.judge.model.learned is not None) == (False, True)
    other = dict.fromkeys(meanings, (1.0, 1.0))
    set_up(house, tmp_path, tiny_onnx.write(tmp_path, other))
    with house.db.write() as session:
        service.choose_languages(session, ["en", "de"], now, None)  # whatever changes, it is loaded anew
    with house.db.read() as session:
        used = queries.in_use(session)
    assert (used.idle, used.judge.model.learned) == (True, None)
    teach(house, 20, now)
    with house.db.read() as session:
        assert not queries.in_use(session).idle


def test_what_another_version_of_porchlight_learned_is_learned_anew(house: House, now: datetime) -> None:
    teach(house, 20, now)
    with house.db.write() as session:
        (old,) = session.scalars(select(ModelVersion))
        old_id, old.data = old.id, b"made otherwise"
        service.choose_languages(session, ["en", "de"], now, None)  # whatever changes, it is loaded anew
    with house.db.read() as session:
        used = queries.in_use(session)
        assert (used.idle, used.judge.model.learned) == (True, None)
        assert queries.is_due(session, utc_now() + rules.PAUSE)
    assert runner.refit(house.db) is not None
    with house.db.write() as session:
        assert not queries.in_use(session).idle
        assert not queries.is_due(session, utc_now() + rules.PAUSE)
        with pytest.raises(Conflict):
            service.go_back(session, old_id, now, None)


def test_before_it_is_sure_it_only_has_an_opinion(house: House, now: datetime) -> None:
    talk = say(house, "Nougat with toffee", now)
    decided_by, team, opinion = decision(house, talk)
    assert (decided_by, team) == (DecidedBy.DEFAULT, house.marketing_team)
    assert opinion["automatic"] is False
    assert opinion["version"] is None


def test_what_it_is_sure_of_it_routes(house: House, now: datetime, nothing_drawn: None) -> None:
    teach(house, 200, now)
    talk = say(house, "A gherkin and an olive in brine", now)
    decided_by, team, opinion = decision(house, talk)
    assert (decided_by, team) == (DecidedBy.MODEL, house.service_team)
    assert (opinion["team"], opinion["automatic"]) == ("customer_service", True)
    with house.db.read() as session:
        (step,) = routing_queries.explain(session, talk)
    assert step.opinion is not None
    assert step.opinion.team == "customer_service"


def test_a_threshold_holds_only_for_the_kinds_it_was_measured_for(
    house: House, now: datetime, nothing_drawn: None
) -> None:
    teach(house, 200, now)

    def automatic() -> dict[str, bool]:
        with house.db.read() as session:
            thoughts = learned.think(session, [facts("Nougat with toffee"), facts("A gherkin and an olive in brine")])
            return {one.team: one.automatic for one in thoughts if one}

    def send(team: str) -> None:
        with house.db.write() as session:
            service.choose_destinations(session, {Kind.CHATTER: team}, now, None)

    assert automatic() == {"marketing": True, "customer_service": True}
    send("spam")
    assert automatic()["customer_service"] is True, "what was not touched goes on"
    with house.db.read() as session:
        assert queries.in_use(session).unmeasured == {"marketing", "spam"}
        measured = {one.threshold.team: one.measured for one in queries.automatic(session)}
    assert (measured["marketing"], measured["customer_service"]) == (False, True)
    assert not automatic().get("marketing", False)
    send("marketing")
    assert automatic() == {"marketing": True, "customer_service": True}, "as it was measured"
    send("customer_service")
    assert not any(automatic().values())
    runner.refit(house.db)
    assert automatic() == {"marketing": True, "customer_service": True}, "learned with this table"


def test_a_rule_comes_first(house: House, now: datetime, nothing_drawn: None) -> None:
    teach(house, 200, now)
    decided_by, _team, opinion = decision(house, say(house, "A gherkin in brine? Press enquiry", now))
    assert decided_by is DecidedBy.RULE
    assert opinion["automatic"] is True


def test_what_is_drawn_for_an_audit_is_left_to_a_person(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "AUDIT_SHARE", 1.0)
    teach(house, 200, now)
    talk = say(house, "A gherkin and an olive in brine", now)
    decided_by, team, opinion = decision(house, talk)
    assert (decided_by, team, opinion["audited"]) == (DecidedBy.DEFAULT, house.marketing_team, True)
    with house.db.write() as session:
        routing.correct(session, house.bob, talk, house.service_team, version=None, reason="", now=now)
    assert kept(house.db)[-1] == ("marketing", "customer_service", Basis.AUDIT)
    by_rule = say(house, "A gherkin in brine? Press enquiry", now, "Otto")
    assert decision(house, by_rule)[0] is DecidedBy.RULE
    with house.db.write() as session:
        routing.confirm(session, house.bob, session.get_one(Conversation, by_rule), now)
    assert kept(house.db)[-1][2] is Basis.CONFIRMATION, "the model would not have decided it"


def test_one_in_twenty_is_drawn() -> None:
    drawn = {sure: sum(rules.untold(1_000_000_007 + at, sure=sure) for at in range(100_000)) for sure in (True, False)}
    assert 4_700 < drawn[True] < 5_300
    assert 19_500 < drawn[False] < 20_500


@pytest.mark.parametrize(("taught", "told"), [(30, True), (200, False)])
def test_that_nobody_is_told_its_opinion_does_not_give_an_audit_away(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch, taught: int, told: bool
) -> None:
    """What the model is not sure of is kept from people, too, once some of what it is sure of is."""
    monkeypatch.setattr(rules, "UNTOLD_SHARE", 1.0)
    teach(house, taught, now)
    talk = say(house, "A gherkin and nougat", now)
    assert decision(house, talk)[2]["audited"] is False
    with house.db.read() as session:
        (step,) = routing_queries.explain(session, talk)
    assert step.opinion is not None
    assert step.opinion.untold is not told
    assert ("sure" in history.why(step)) is told


def test_a_team_that_fails_its_audit_is_asked_about_again(house: House, now: datetime, nothing_drawn: None) -> None:
    teach(house, 200, now)
    wrong = NewExample("brine", "marketing", basis=Basis.AUDIT, judged_team="customer_service")
    with house.db.write() as session:
        service.add_examples(session, [wrong] * (rules.AUDIT_LEAST - 1), now)
        service.review_audit(session, "customer_service", now)
        assert session.get(AutomaticTeam, "customer_service") is None
        service.add_examples(session, [wrong], now)
        service.review_audit(session, "customer_service", now)
    with house.db.read() as session:
        off = session.get_one(AutomaticTeam, "customer_service")
        assert (off.allowed, off.why) == (False, {"right": 0, "audits": 20})
    with house.db.write() as session:
        eve = people.create_user(session, login="eve", role=Role.SUPERVISOR, password=None, now=now, teams=[])
        spreading.spread(session, now, mail=False)
        (told,) = session.scalars(select(Notification).where(Notification.user_id == eve))
        assert (told.event, told.team_id, told.facts) == (Event.MODEL_ASKS, house.service_team, off.why)
    assert decision(house, say(house, "A gherkin in brine", now))[0] is DecidedBy.DEFAULT
    with house.db.write() as session:
        service.allow_automatic(session, "customer_service", True, now, None)
    assert decision(house, say(house, "An olive in brine", now, "Otto"))[0] is DecidedBy.MODEL
    later = now + timedelta(hours=1)
    with house.db.write() as session:
        service.add_examples(session, [wrong] * (rules.AUDIT_LEAST - 1), later)
        service.review_audit(session, "customer_service", later)
        assert session.get_one(AutomaticTeam, "customer_service").allowed, "what was known when it was trusted again"
        service.add_examples(session, [wrong], later)
        service.review_audit(session, "customer_service", later)
        assert not session.get_one(AutomaticTeam, "customer_service").allowed


def test_moving_answering_and_setting_aside_teach(house: House, now: datetime) -> None:
    moved, answered, aside = (say(house, f"Nougat {name}", now, name) for name in ("Ada", "Ben", "Cem"))
    with house.db.write() as session:
        routing.correct(session, house.bob, moved, house.service_team, version=None, reason="", now=now)
        answer = replies.send(
            session,
            house.bob,
            answered,
            "Yes",
            key="1",
            version=None,
            resolve=True,
            limit=None,
            undo_seconds=60,
            now=now,
        )
        routing.set_aside(session, house.bob, aside, None, now)
    wanted = [
        ("marketing", "customer_service", Basis.CORRECTION),
        (None, "marketing", Basis.CONFIRMATION),
        ("marketing", "spam", Basis.CORRECTION),
    ]
    assert kept(house.db) == wanted
    with house.db.write() as session:
        replies.undo(session, house.bob, answer, now)
        routing.reopen(session, house.bob, aside, None, now)
    later = [(None, None, Basis.TAKEN_BACK), ("spam", "marketing", Basis.CORRECTION)]
    assert kept(house.db) == wanted + later
    with house.db.read() as session:
        examples, _newest, _ids = queries.training(session)
    assert [one.team for one in examples] == ["customer_service", "marketing"]


def test_what_was_taken_back_can_be_decided_again(house: House, now: datetime) -> None:
    talk = say(house, "Nougat", now)
    for _again in range(2):
        with house.db.write() as session:
            routing.correct(session, house.bob, talk, house.service_team, version=None, reason="", now=now)
            desk.undo(session, house.bob, None, now)
    with house.db.read() as session:
        assert queries.training(session) == ([], 0, [])
        assert queries.waiting(session) == 0
    with house.db.write() as session:
        routing.correct(session, house.bob, talk, house.service_team, version=None, reason="", now=now)
    with house.db.read() as session:
        assert [one.team for one in queries.training(session)[0]] == ["customer_service"]
        assert report.report(session, now).moved == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE learning_examples SET team = 'spam'",
        "DELETE FROM learning_examples",
        "DELETE FROM learning_examples WHERE conversation_id IS NULL",
    ],
)
def test_the_database_refuses_to_change_or_remove_what_was_decided(house: House, now: datetime, statement: str) -> None:
    talk = say(house, "Nougat", now)
    with house.db.write() as session:
        routing.correct(session, house.bob, talk, house.service_team, version=None, reason="", now=now)
        service.add_examples(session, given(1, "marketing", SWEET), now)
    with pytest.raises(IntegrityError, match="only ever added to"), house.db.write() as session:
        session.execute(text(statement))
    with house.db.write() as session:
        inbox.remove_pages(session, [house.page_id])
    assert kept(house.db) == [(None, "marketing", Basis.CONFIRMATION)], "what is about no conversation stays"


def test_the_table_of_what_was_decided_is_never_emptied(house: House, now: datetime) -> None:
    emptied = ["TRUNCATE learning_examples", "TRUNCATE conversations CASCADE"]
    if house.db.engine.dialect.name == "sqlite":
        emptied = ["DELETE FROM learning_examples"]  # it knows no other way
    with house.db.write() as session:
        service.add_examples(session, given(1, "marketing", SWEET), now)
    for statement in emptied:
        with pytest.raises(IntegrityError, match="only ever added to"), house.db.write() as session:
            session.execute(text(statement))
    assert len(kept(house.db)) == 1


def test_a_text_with_nothing_in_it_waits_and_teaches_nothing(house: House, now: datetime) -> None:
    teach(house, 200, now)
    nothing = "\ufe0f \u200b"
    talk = say(house, nothing, now)
    with house.db.write() as session:
        (thought,) = learned.think(session, [facts(nothing)])
        before = queries.training(session)[0]
        routing.correct(session, house.bob, talk, house.service_team, version=None, reason="", now=now)
        service.add_examples(session, [NewExample(nothing, "marketing")], now)  # as one could before
    assert thought is not None
    assert (thought.team, thought.kind, thought.automatic) == ("none", Kind.OFF_TOPIC, False)
    with house.db.read() as session:
        assert queries.training(session)[0] == before
        assert len(kept(house.db)) == 401


def test_answering_twice_teaches_once(house: House, now: datetime) -> None:
    talk = say(house, "Nougat", now)
    with house.db.write() as session:
        row = session.get_one(Conversation, talk)
        routing.confirm(session, house.bob, row, now)
        routing.confirm(session, house.bob, row, now)
    assert len(kept(house.db)) == 1


def test_a_fault_in_the_model_leaves_the_rules(house: House, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("app.learning.judging.opinions", fail)
    talk = say(house, "Where is my parcel?", now)
    with house.db.read() as session:
        (step,) = routing_queries.explain(session, talk)
    assert step.decided_by is DecidedBy.RULE
    assert step.opinion is None


def test_nothing_is_heeded_that_is_not_sure_or_decided_already(house: House, now: datetime) -> None:
    with house.db.read() as session:
        (thought,) = learned.think(session, [facts("A gherkin")])
    assert thought is not None
    undecided = Verdict(None, Priority.NORMAL, spam=False, rule=None, matched=())
    sure = replace(thought, automatic=True, team="marketing")
    assert learned.heeded(undecided, thought) == undecided
    assert learned.heeded(undecided, replace(sure, team="none")) == undecided
    assert learned.heeded(undecided, sure).team == "marketing"
    assert learned.heeded(undecided, replace(sure, team="spam")).spam
    decided = replace(undecided, team="customer_service", rule="x")
    assert learned.heeded(decided, sure) == decided


def test_versions_one_can_go_back_to(house: House, now: datetime) -> None:
    teach(house, 30, now)
    teach(house, 40, now, sweet="customer_service", salty="marketing")
    with house.db.read() as session:
        assert [one.state for one in queries.versions(session)] == [VersionState.IN_USE, VersionState.REPLACED]
        assert queries.earlier(session) == 1
    with house.db.write() as session:
        service.go_back(session, 1, now, None)
    with house.db.read() as session:
        assert queries.in_use(session).version_id == 1
        assert [one.state for one in queries.versions(session)] == [VersionState.TAKEN_BACK, VersionState.IN_USE]
    with house.db.write() as session, pytest.raises(Conflict):
        service.go_back(session, 1, now, None)


def test_who_learned_longer_from_less_does_not_take_over(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.db.write() as session:
        service.add_examples(session, given(30, "marketing", SWEET), now)
    fit, fits = fitting.fit, 0

    def overtaken(*said: Any, **more: Any) -> Fitted:
        nonlocal fits
        fits += 1
        if fits == 1:
            teach(house, 5, now)  # somebody else, from more
        return fit(*said, **more)

    monkeypatch.setattr(fitting, "fit", overtaken)
    learnt = runner.refit(house.db)
    assert learnt is not None
    with house.db.read() as session:
        assert [one.figures.examples for one in queries.versions(session)] == [35, 35]
        assert queries.waiting(session) == 0


def test_lists_and_the_table_change_what_is_thought(house: House, now: datetime) -> None:
    with house.db.write() as session:
        service.save_lists(session, "en", 'self_promotion = ["zorbing"]\npraise = ["kerplunk"]', now, None)
        service.choose_destinations(session, {Kind.PRAISE: "customer_service"}, now, None)
        assert queries.is_due(session, now) is True
        (thought,) = learned.think(session, [facts("kerplunk kerplunk")])
        assert thought is not None
        assert queries.destinations(session)[Kind.PRAISE] == "customer_service"
        for wrong in ("praise = 'x'", "nope = []", "praise = [", "x" * 200_000):
            with pytest.raises(InvalidInput):
                service.save_lists(session, "en", wrong, now, None)
        with pytest.raises(InvalidInput):
            service.choose_destinations(session, {Kind.PRAISE: "moon"}, now, None)


@pytest.mark.parametrize(
    ("new", "hours", "stale", "due"),
    [(0, 100, False, False), (1, 1, False, False), (1, 25, False, True), (20, 1, False, True), (0, 1, True, True)],
)
def test_when_it_learns(new: int, hours: int, stale: bool, due: bool, now: datetime) -> None:
    assert rules.due(new, now - timedelta(hours=hours), stale, now) is due
    assert rules.due(new, now - timedelta(minutes=5), stale, now) is False


@pytest.mark.parametrize(("sends", "blamed"), [('team = "marketing"', "Sweets"), ('tags = ["sweet"]', None)])
def test_only_a_rule_that_sent_it_there_was_wrong(house: House, now: datetime, sends: str, blamed: str | None) -> None:
    with house.db.write() as session:
        versions.install(session, f'[[rule]]\nname = "Sweets"\nwords = ["nougat"]\n{sends}\n', now)
    talk = say(house, "Nougat", now)
    with house.db.write() as session:
        routing.correct(session, house.bob, talk, house.service_team, version=None, reason="", now=now)
        assert session.scalars(select(LearningExample.rule)).all() == [blamed]


def test_what_is_set_aside_stays_aside(house: House, now: datetime) -> None:
    talk = say(house, "Nougat", now)
    with house.db.write() as session:
        routing.set_aside(session, house.bob, talk, None, now)
        assert session.get_one(Conversation, talk).state is ConversationState.SPAM


def test_what_a_person_writes_next_stays_with_who_has_their_open_conversation(house: House, now: datetime) -> None:
    first = say(house, "Where is my order?", now)
    with house.db.write() as session:
        inbox.take(session, house.ann, first, None, now)
    second, spam = say(house, "Vielen Dank, das war köstlich!", now), say(house, "Best online casino bonus here", now)
    other = say(house, "Vielen Dank, das war köstlich!", now, person="Somebody else")
    with house.db.read() as session:
        talks = {one: session.get_one(Conversation, one) for one in (first, second, spam, other)}
        (why,) = routing_queries.explain(session, second)
    assert (talks[second].assignee_id, talks[second].team_id) == (house.ann.id, talks[first].team_id)
    assert (why.decided_by, why.stays_with, [hit.rule for hit in why.also]) == (DecidedBy.OWNER, "ann", PRAISE)
    assert talks[spam].state is ConversationState.SPAM
    assert (talks[other].assignee_id, talks[other].team_id) == (None, house.marketing_team)
    with house.db.write() as session:
        routing.confirm(session, house.ann, session.get_one(Conversation, second), now)
        inbox.resolve(session, house.ann, first, None, now)
        inbox.resolve(session, house.ann, second, None, now)
    assert kept(house.db) == [], "where it was answered says whose it was, not what it is"
    third = say(house, "Vielen Dank, das war köstlich!", now)
    with house.db.read() as session:
        assert session.get_one(Conversation, third).assignee_id is None, "nothing of theirs is open any more"
