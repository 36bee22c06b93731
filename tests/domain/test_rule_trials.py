"""Trials: what a replay counts, in slices, whoever dies in between; and versions that can't both be in force."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.collecting import service as collecting
from app.connectors.ports import Author, Item, Post
from app.core.errors import Conflict, NotFound
from app.inbox import queries as inbox
from app.inbox.types import ConversationState, ListFilter
from app.learning.types import Kind
from app.routing import anew, queries, replay, service, trials, versions
from app.routing.models import RoutingDecision, RuleSet, RuleTrial
from app.routing.types import RuleSetState, TrialState
from app.signals import service as signals
from app.signals.types import SignalKind
from tests.domain.conftest import House

TO_MARKETING = """
[[rule]]
name = "Parcels"
words = ["parcel"]
team = "marketing"

[[rule]]
name = "Old friends"
earlier_at_least = 1
connectors = ["memory"]
posts = ["spring"]
team = "customer_service"
priority = "high"
"""


@pytest.fixture
def said(house: House, now: datetime) -> House:
    """Four people, one of whom comes back."""
    for number, text in enumerate(("Where is my parcel?", "parcel late", "Thank you!", "Sunday it is")):
        house.platform.say(f"Visitor {number}", text, now - timedelta(hours=1), key=f"v{number}")
    house.collect()
    house.platform.say("Visitor 3", "Monday it is", now, key="v3")
    house.collect()
    return house


def begin(house: House, now: datetime, source: str = TO_MARKETING) -> int:
    """A trial of a draft with these rules."""
    with house.db.write() as session:
        draft = versions._new(session, source, None, None, now).id
        return trials.ask(session, None, draft, days=30, against_id=None, now=now)


def done(house: House, trial_id: int) -> trials.TrialView:
    with house.db.read() as session:
        return trials.view(session, trial_id)


def test_a_trial_counts_what_would_be_different(said: House, now: datetime) -> None:
    with said.db.read() as session:
        rows = inbox.rows(session, ListFilter(ConversationState.NEW))
    parcel = next(row for row in rows if row.snippet == "parcel late")
    with said.db.write() as session:
        service.correct(session, said.ann, parcel.id, said.marketing_team, version=None, reason="", now=now)
    trial = begin(said, now)
    assert trials.work(said.db, now)
    assert not trials.work(said.db, now)
    found = done(said, trial)
    assert (found.state, found.done, found.total, found.share_done) == (TrialState.DONE, 5, 5, 1.0)
    tally = found.tally
    assert tally["conversations"] == 5
    service_to_marketing = tally["moves"][f"{said.service_team}>{said.marketing_team}"]
    assert service_to_marketing["count"] == 2
    assert {one["id"] for one in service_to_marketing["examples"]} >= {parcel.id}
    assert tally["moves"][f"{said.marketing_team}>{said.service_team}"]["count"] == 1
    assert tally["unmatched"]["count"] == 1
    assert tally["newly"]["count"] == 1
    assert tally["corrected"] == {"count": 1, "before": 0, "after": 1, "worse": []}
    assert tally["acts"]["high"] == [0, 1]
    assert sum(map(sum, (load[1] for load in tally["load"].values()))) == 5


def test_a_trial_asks_what_the_classifier_thought_then(said: House, now: datetime) -> None:
    with said.db.write() as session:
        decision = session.scalars(select(RoutingDecision).order_by(RoutingDecision.id).limit(1)).one()
        decision.more = {"opinion": {"kind": "complaint", "confidence": 0.9}}
    rule = '[[rule]]\nname = "Sure"\nkinds = ["complaint"]\nconfidence_at_least = {}\nteam = "marketing"\n'
    counts = []
    for least in (0.8, 0.95):
        trial = begin(said, now, rule.format(least))
        trials.work(said.db, now)
        counts.append(done(said, trial).tally["rules"].get("Sure", [0, 0])[1])
    assert counts == [1, 0]


def test_a_trial_heeds_what_the_model_was_sure_of_where_no_rule_decides(said: House, now: datetime) -> None:
    thought = (("customer_service", True), ("customer_service", False), ("spam", True))
    with said.db.write() as session:
        decisions = session.scalars(select(RoutingDecision).order_by(RoutingDecision.conversation_id).limit(3))
        for decision, (team, automatic) in zip(decisions, thought, strict=True):
            decision.more = {"opinion": {"kind": "praise", "confidence": 0.99, "team": team, "automatic": automatic}}
    trial = begin(said, now, '[[rule]]\nname = "Late"\nwords = ["late"]\nresolve = true\n')
    trials.work(said.db, now)
    tally = done(said, trial).tally
    load = {place: sum(after) for place, (_before, after) in tally["load"].items() if sum(after)}
    assert load == {str(said.service_team): 1, str(said.marketing_team): 3, "spam": 1}
    assert tally["out_of_sight"][1] == 1  # the rule's one: what the model sets aside is nobody's rule


def test_a_trial_knows_of_imported_ones_what_nobody_asked_when_they_came(house: House, now: datetime) -> None:
    """They were never routed: else rules on language or kind would seem to put nothing of them out of sight."""
    author, day = Author("Eva", "user:eva"), now - timedelta(days=1)
    items = [
        Item(f"h{number}", Post(f"p{number}"), author, text, day)
        for number, text in enumerate(("Wo bleibt denn mein Paket, bitte?", "Where on earth is my parcel, please?"))
    ]
    with house.db.write() as session:
        collecting.store_history(session, house.page_id, house.service_team, items, now)
    kinds = ", ".join(f'"{kind}"' for kind in Kind)
    rules = (
        ('languages = ["de"]', 1),
        (f"kinds = [{kinds}]\nconfidence_at_least = 0.01", 2),
    )
    for condition, count in rules:
        trial = begin(house, now, f'[[rule]]\nname = "Away"\n{condition}\nresolve = true\n')
        trials.work(house.db, now)
        assert done(house, trial).tally["out_of_sight"][1] == count


def test_a_trial_goes_on_where_another_process_left_it(
    said: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "PORTION", 2)
    trial = begin(said, now)
    assert trials.work(said.db, now, seconds=0)
    assert done(said, trial).done == 2
    with said.db.write() as session:  # a process that died while it held the trial
        session.execute(update(RuleTrial).values(lease_until=now + trials.LEASE))
    assert not trials.work(said.db, now)
    later = now + trials.LEASE
    while trials.work(said.db, later, seconds=0):
        pass
    assert (done(said, trial).state, done(said, trial).done) == (TrialState.DONE, 5)
    assert done(said, trial).tally["conversations"] == 5


def test_a_trial_that_is_stopped_stays_as_far_as_it_was(
    said: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "PORTION", 2)
    trial = begin(said, now)
    trials.work(said.db, now, seconds=0)
    with said.db.write() as session:
        trials.stop(session, trial, now)
    assert not trials.work(said.db, now)
    assert (done(said, trial).state, done(said, trial).done) == (TrialState.STOPPED, 2)


def test_a_trial_that_fails_says_so(said: House, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = begin(said, now)
    monkeypatch.setattr(replay.Replay, "portion", lambda *_a: 1 / 0)
    assert trials.work(said.db, now)
    found = done(said, trial)
    assert found.state is TrialState.FAILED
    assert found.error


def test_only_one_version_is_in_force(house: House, now: datetime) -> None:
    with house.db.write() as session:
        second = versions.install(session, TO_MARKETING, now)
        assert queries.in_force_id(session) == second
    with pytest.raises(IntegrityError), house.db.write() as session:
        session.execute(update(RuleSet).values(state=RuleSetState.PUBLISHED))


def test_two_who_publish_at_once_are_told_apart(house: House, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_present", lambda _session: None)  # what the later one saw
    with pytest.raises(Conflict, match="just published"), house.db.write() as session:
        versions.install(session, TO_MARKETING, now)


def test_what_is_old_is_tidied_away(said: House, now: datetime) -> None:
    trial = begin(said, now)
    with said.db.write() as session:
        trials.tidy(session, now)
        anew.tidy(session, now)
        assert trials.view(session, trial)
    with said.db.write() as session:
        trials.tidy(session, now + trials.KEPT + timedelta(days=1))
    with pytest.raises(NotFound):
        done(said, trial)


def test_nobody_agrees_with_themselves_even_by_hand(house: House, now: datetime) -> None:
    with pytest.raises(IntegrityError), house.db.write() as session:
        session.execute(update(RuleSet).values(proposed_by_id=house.ann.id, approved_by_id=house.ann.id))


def test_rules_act_at_intake(house: House, now: datetime) -> None:
    source = """
[[rule]]
name = "Urgent"
words = ["urgent"]
priority = "high"
continue = true

[[rule]]
name = "Away"
words = ["nonsense"]
hide = true
resolve = true

[[rule]]
name = "For Ann"
words = ["ann"]
assignee = "ann"
notify = ["bob"]
team = "customer_service"
"""
    with house.db.write() as session:
        versions.install(session, source, now)
    house.platform.say("A", "some nonsense", now)
    house.platform.say("B", "urgent: for Ann", now)
    house.collect()
    with house.db.read() as session:
        (finished,) = inbox.rows(session, ListFilter(ConversationState.DONE))
        (waiting,) = inbox.rows(session, ListFilter(ConversationState.NEW))
        (why,) = queries.explain(session, waiting.id)
        (gone,) = queries.explain(session, finished.id)
    assert (waiting.assignee_id, waiting.priority.value) == (house.ann.id, "high")
    assert (why.rule, [hit.rule for hit in why.also], why.assignee) == ("For Ann", ["Urgent"], "ann")
    assert (gone.hide, gone.resolve) == (True, True)
    with house.db.write() as session:
        told = [(one.kind, one.people) for one in signals.take(session, now + timedelta(hours=1))]
    assert (SignalKind.ASSIGNED, (house.ann.id,)) in told
    assert (SignalKind.RULE, (house.bob.id,)) in told
    house.deliverer().run()
    assert [comment.status.value for comment in house.platform.comments.values()].count("held") == 1
