"""Nobody signs for themselves, by no way: not through the services, and not with SQL of their own."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from app.accounts import service as accounts
from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.contacts.models import Identity
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.core.ids import new_id
from app.executors import errors
from app.remedies import by_hand as by_hand_service
from app.remedies import policies, signing, turns
from app.remedies.models import Remedy, RemedyDecision, RemedyExecution
from app.remedies.types import ExecutionState, State, Verdict
from tests.remedies.stage import Stage


def refused(stage: Stage, who: str, remedy: int) -> str:
    with pytest.raises(Forbidden) as error:
        stage.decide(who, remedy)
    assert stage.state(remedy) is State.ASKED
    return error.value.code


def test_requesters_never_decide_whatever_they_became(stage: Stage) -> None:
    remedy = stage.ask("ann")
    assert refused(stage, "ann", remedy) == "role"
    stage.do(lambda s: s.execute(update(User).where(User.login == "ann").values(role=Role.SUPERVISOR)))
    assert refused(stage, "ann", remedy) == "own"
    assert refused(stage, "sue", stage.ask("sue", amount="30", order_number="", paid="")) == "own"


def test_a_second_account_of_the_same_person_does_not_help(stage: Stage) -> None:
    remedy = stage.ask("ann")
    stage.do(lambda s: accounts.same_person(s, "sue", "ann", stage.now))
    assert refused(stage, "sue", remedy) == "same_person"
    both = stage.ask("ben", amount="20", order_number="B", paid="150", talk=1)
    assert stage.state(both) is State.APPROVED
    two = stage.ask("ben", amount="110", order_number="B", paid="", talk=1)
    stage.do(lambda s: accounts.same_person(s, "sam", "sue", stage.now))
    stage.decide("sue", two)
    assert refused(stage, "sam", two) == "decided", "two signatures have to be two people's"


@pytest.mark.parametrize("by_hand", [False, True])
def test_two_accounts_found_to_be_one_after_the_signature_move_no_money(stage: Stage, by_hand: bool) -> None:
    shop: dict[str, Any] = {"shop_id": stage.hand_id} if by_hand else {}
    own, two = stage.ask(**shop), stage.ask("ben", talk=1, amount="110", order_number="B", paid="110", **shop)
    for who, remedy in (("sue", own), ("sue", two), ("sam", two)):
        stage.decide(who, remedy)
    stage.do(lambda s: accounts.same_person(s, "sue", "ann", stage.now))
    stage.do(lambda s: accounts.same_person(s, "sam", "sue", stage.now))
    ben = stage.actor("ben")
    for remedy in (own, two) if by_hand else ():
        stage.do(partial(by_hand_service.take_in_hand, actor=ben, remedy_id=remedy, now=stage.now))
    stage.run()
    assert (stage.state(own), stage.state(two), stage.till.effects) == (State.FAILED, State.FAILED, [])
    assert stage.execution(own).error_code == stage.execution(two).error_code == errors.NOT_SIGNED
    stage.withdraw("ann", own)
    assert stage.order().taken == 0


def test_who_changed_it_counts_as_who_asked(stage: Stage) -> None:
    remedy = stage.ask("ann")
    stage.edit("sue", remedy, amount="61", paid="")
    stage.edit("ann", remedy, amount="60", paid="")
    assert refused(stage, "sue", remedy) == "edited"
    assert stage.decide("sam", remedy) is State.APPROVED


def test_who_profits_never_decides_nor_asks(stage: Stage) -> None:
    stage.do(lambda s: s.execute(update(Identity).values(email="Sue")))
    remedy = stage.ask("ann")
    assert refused(stage, "sue", remedy) == "profits"
    with pytest.raises(Forbidden, match="profit"):
        stage.ask("sue", amount="5", order_number="", paid="")


def test_a_changed_offer_needs_another_and_neither_of_those_who_made_it(stage: Stage) -> None:
    remedy = stage.ask("sam")
    sue = stage.actor("sue")
    offer = stage.do(
        lambda s: signing.counter_offer(s, sue, remedy, "20.00", "enough", stage.now, version=1, key="offer-key")
    )
    assert (stage.state(remedy), stage.state(offer)) == (State.REFUSED, State.ASKED)
    assert stage.remedy(offer).replaces_id == remedy
    assert refused(stage, "sue", offer) == "own"
    assert refused(stage, "sam", offer) == "edited"
    stage.later(hours=4)
    assert stage.decide("ada", offer) is State.APPROVED
    assert stage.order().taken == 2000


def test_roles_are_looked_up_when_deciding_not_when_signing_in(stage: Stage) -> None:
    remedy, sue = stage.ask(), stage.actor("sue")
    stage.do(lambda s: s.execute(update(User).where(User.login == "sue").values(role=Role.AGENT)))
    with pytest.raises(Forbidden):
        stage.do(lambda s: signing.decide(s, sue, remedy, Verdict.APPROVE, "", stage.now, version=1))
    stage.do(lambda s: s.execute(update(User).where(User.login == "sam").values(active=False)))
    assert refused(stage, "sam", remedy) == "role"


@pytest.mark.parametrize("ago", [None, timedelta(minutes=5, seconds=1), timedelta(days=1), timedelta(seconds=-5)])
def test_signing_needs_the_password_of_a_moment_ago(stage: Stage, ago: timedelta | None) -> None:
    remedy = stage.ask()
    sue = replace(stage.actor("sue"), proved_at=None if ago is None else stage.now - ago)
    with pytest.raises(Forbidden) as error:
        stage.do(lambda s: signing.decide(s, sue, remedy, Verdict.APPROVE, "", stage.now, version=1))
    assert (error.value.code, stage.state(remedy)) == ("prove", State.ASKED)


def test_admins_and_stand_ins_step_in(stage: Stage) -> None:
    remedy = stage.ask()
    assert refused(stage, "ada", remedy) == "not_yet"
    sue, ada = stage.actor("sue"), stage.ids["ada"]
    until = stage.now + timedelta(days=3)
    stage.do(lambda s: turns.name_stand_in(s, sue, ada, until, stage.now))
    assert stage.decide("ada", remedy) is State.APPROVED
    with stage.db.read() as session:
        decision = session.query(RemedyDecision).one()
        assert (decision.user_id, decision.acting_for_id) == (ada, stage.ids["sue"])
    second = stage.ask(talk=1, order_number="B", paid="60")
    stage.later(days=3)
    assert refused(stage, "ada", stage.ask("ben", talk=1, order_number="C", paid="60")) == "not_yet"
    with pytest.raises(Conflict, match="over"):
        stage.decide("ada", second)


def test_standing_in_for_who_asked_does_not_help(stage: Stage) -> None:
    remedy = stage.ask("sue", amount="30")
    sue = stage.actor("sue")
    stage.do(lambda s: turns.name_stand_in(s, sue, stage.ids["ada"], stage.now + timedelta(days=1), stage.now))
    assert refused(stage, "ada", remedy) == "not_yet"


@pytest.mark.parametrize("who", ["sue", "ann", None])
def test_stand_ins_are_supervisors_or_admins(stage: Stage, who: str | None) -> None:
    sue = stage.actor("sue")
    stand_in = stage.ids[who] if who else 999
    with pytest.raises(InvalidInput):
        stage.do(lambda s: turns.name_stand_in(s, sue, stand_in, stage.now + timedelta(days=1), stage.now))


def test_a_refusal_needs_a_reason(stage: Stage) -> None:
    remedy, sue = stage.ask(), stage.actor("sue")
    with pytest.raises(InvalidInput, match="why"):
        stage.do(lambda s: signing.decide(s, sue, remedy, Verdict.REFUSE, "  ", stage.now, version=1))


def test_a_new_policy_needs_anothers_eyes_and_applies_to_what_is_asked_later(stage: Stage) -> None:
    before = stage.ask()
    strict = '[[reason]]\nkey = "broken"\nen = "Broken"\nde = "Kaputt"\n[[line]]\nname = "All"\napprovals = 2\n'
    sue, sam, ada = (stage.actor(one) for one in ("sue", "sam", "ada"))
    proposal = stage.do(lambda s: policies.propose(s, sue, strict, stage.now))
    with pytest.raises(Forbidden, match="Somebody else"):
        stage.do(lambda s: policies.confirm(s, sue, proposal, stage.now, agreed=True))
    with pytest.raises(Forbidden) as stale:
        stage.do(lambda s: policies.confirm(s, replace(ada, proved_at=None), proposal, stage.now, agreed=True))
    assert stale.value.code == "prove"
    stage.do(lambda s: policies.confirm(s, ada, proposal, stage.now, agreed=True))
    with pytest.raises(Conflict, match="already"):
        stage.do(lambda s: policies.confirm(s, sam, proposal, stage.now, agreed=False))
    assert stage.remedy(stage.ask(amount="1", order_number="Z", paid="1")).approvals_needed == 2
    assert stage.decide("sue", before) is State.APPROVED, "asked for under the policy before"
    assert refused(stage, "sue", stage.ask(amount="1", order_number="Y", paid="1")) == "policy"


def test_a_policy_that_can_not_be_read_is_never_proposed(stage: Stage) -> None:
    sue = stage.actor("sue")
    with pytest.raises(InvalidInput):
        stage.do(lambda s: policies.propose(s, sue, "[[line]]", stage.now))


def test_several_small_ones_each_on_its_own(stage: Stage) -> None:
    ones = [stage.ask(talk=talk, amount="20", order_number="", paid="") for talk in (0, 1)]
    own = stage.ask("sue", talk=1, amount="20", order_number="Q", paid="20")
    large = stage.ask(amount="26", order_number="L", paid="26")
    other = stage.ask(amount="20", order_number="M", paid="20", reason="late")
    sue = stage.actor("sue")

    def together(*ids: int) -> Any:
        return stage.do(lambda s: signing.approve_several(s, sue, [(one, 1) for one in ids], stage.now))

    for wrong in ((*ones, large), (*ones, other)):
        with pytest.raises(InvalidInput):
            together(*wrong)
    left = together(*ones, own)
    assert [one for one, _why in left] == [own]
    assert [stage.state(one) for one in (*ones, own)] == [State.APPROVED, State.APPROVED, State.ASKED]


# Behind the services stands the database. Everything below goes around them.


def decision(stage: Stage, remedy: int, who: str, **changes: Any) -> RemedyDecision:
    found = stage.remedy(remedy)
    with stage.db.read() as session:
        role = session.get_one(User, stage.ids[who]).role
    fields = {
        "id": new_id(),
        "remedy_id": remedy,
        "version": found.version,
        "user_id": stage.ids[who],
        "role": role,
        "verdict": Verdict.APPROVE,
        "reason": "",
        "content_hash": found.content_hash,
        "policy_id": found.policy_id,
        "at": stage.now,
    }
    return RemedyDecision(**{**fields, **changes})


def put(stage: Stage, row: Any) -> None:
    stage.do(lambda s: s.add(row))


def test_the_database_takes_no_signature_of_who_asked_changed_or_is_no_supervisor(stage: Stage) -> None:
    remedy = stage.ask("sue")
    stage.edit("sam", remedy, amount="61", paid="")
    stage.do(lambda s: accounts.same_person(s, "ada", "sue", stage.now))
    for who in ("sue", "sam", "ada", "ann"):
        with pytest.raises(IntegrityError):
            put(stage, decision(stage, remedy, who))
    with pytest.raises(IntegrityError, match="decision role"):
        put(stage, decision(stage, remedy, "ann", role=Role.SUPERVISOR))


def test_the_database_takes_no_signature_for_who_asked(stage: Stage) -> None:
    remedy = stage.ask("sue")
    with pytest.raises(IntegrityError, match="decision own"):
        put(stage, decision(stage, remedy, "sam", acting_for_id=stage.ids["sue"]))


def test_the_database_binds_signatures_to_what_was_asked(stage: Stage) -> None:
    remedy = stage.ask()
    for wrong in ({"content_hash": "0" * 64}, {"version": 2}):
        with pytest.raises(IntegrityError, match="decision bound"):
            put(stage, decision(stage, remedy, "sue", **wrong))
    put(stage, decision(stage, remedy, "sue"))
    with pytest.raises(IntegrityError):
        put(stage, decision(stage, remedy, "sue"))
    with pytest.raises(IntegrityError, match="decision kept"):
        stage.do(lambda s: s.execute(update(RemedyDecision).values(verdict=Verdict.REFUSE)))


def test_one_human_signs_once_through_whichever_account(stage: Stage) -> None:
    remedy = stage.ask(amount="110", paid="200")
    stage.do(lambda s: accounts.same_person(s, "sam", "sue", stage.now))
    put(stage, decision(stage, remedy, "sue"))
    with pytest.raises(IntegrityError, match="decision twice"):
        put(stage, decision(stage, remedy, "sam"))


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"amount": 1}, "remedy content"),
        ({"currency": "USD"}, "remedy content"),
        ({"order_number": "X"}, "remedy content"),
        ({"target_account": "mine"}, "remedy content"),
        ({"approvals_needed": 0}, "remedy content"),
        ({"content_hash": "0" * 64}, "remedy content"),
        ({"version": 3}, "remedy content"),
        ({"requester_id": 2}, "remedy identity"),
        ({"state": State.APPROVED}, "remedy signed"),
        ({"state": State.EXECUTING}, "remedy signed"),
    ],
)
def test_the_database_refuses_to_change_or_approve_behind_backs(
    stage: Stage, values: dict[str, Any], match: str
) -> None:
    remedy = stage.ask()
    with pytest.raises(IntegrityError, match=match):
        stage.do(lambda s: s.execute(update(Remedy).where(Remedy.id == remedy).values(**values)))


def test_after_signing_the_content_stands(stage: Stage) -> None:
    remedy = stage.ask()
    stage.decide("sue", remedy)
    stage.run()
    wrong: tuple[dict[str, Any], ...] = ({"amount": 1}, {"amount": 1, "version": 2, "state": State.ASKED})
    for values in wrong:
        with pytest.raises(IntegrityError, match="remedy content"):
            stage.sql(update(Remedy).values(**values))


def test_what_has_ended_stays_ended(stage: Stage) -> None:
    remedy = stage.ask()
    stage.withdraw("ann", remedy)
    with pytest.raises(IntegrityError, match="remedy"):
        stage.do(lambda s: s.execute(update(Remedy).values(state=State.APPROVED)))


def test_nothing_unapproved_or_twice_can_be_queued(stage: Stage) -> None:
    remedy = stage.ask()

    def execution() -> RemedyExecution:
        found = stage.remedy(remedy)
        return RemedyExecution(
            id=new_id(),
            remedy_id=remedy,
            version=found.version,
            key=f"key-{new_id()}",
            content_hash=found.content_hash,
            shop_id=stage.shop_id,
            by_hand=False,
            state=ExecutionState.QUEUED,
            due_at=stage.now,
        )

    with pytest.raises(IntegrityError, match="execution bound"):
        put(stage, execution())
    stage.decide("sue", remedy)
    with pytest.raises(IntegrityError):
        put(stage, execution())


def test_more_than_was_paid_can_not_be_written_down(stage: Stage) -> None:
    stage.ask()
    for wrong in ("taken = paid + 1", "paid = taken - 1", "taken = -1"):
        with pytest.raises(IntegrityError):
            stage.sql(text(f"UPDATE remedy_orders SET {wrong}"))


def test_a_policy_is_not_put_in_force_by_who_wrote_it(stage: Stage) -> None:
    source = policies_source(stage)
    sue = stage.actor("sue")
    proposal = stage.do(lambda s: policies.propose(s, sue, source, stage.now))
    stage.do(lambda s: accounts.same_person(s, "sam", "sue", stage.now))
    for who in ("sue", "sam", "ann"):
        statement = (
            f"UPDATE remedy_policies SET state = 'in_force', confirmed_by_id = {stage.ids[who]} WHERE id = {proposal}"
        )
        with pytest.raises(IntegrityError):
            stage.sql(text(statement))
    with pytest.raises(IntegrityError, match="policy kept"):
        stage.do(lambda s: s.execute(text("UPDATE remedy_policies SET source = 'x'")))


def policies_source(stage: Stage) -> str:
    with stage.db.read() as session:
        return policies.in_force(session).source


def test_what_was_tampered_with_is_not_carried_out(stage: Stage) -> None:
    """Somebody with all rights in the database takes the guards away and raises the amount after the signature."""
    remedy = stage.ask()
    stage.decide("sue", remedy)

    def tamper(session: Any) -> None:
        sqlite = session.get_bind().dialect.name == "sqlite"
        guard = "DROP TRIGGER remedies_remedy_content" if sqlite else "ALTER TABLE remedies DISABLE TRIGGER USER"
        session.execute(text(guard))
        session.execute(text("UPDATE remedies SET amount = 9900"))

    stage.do(tamper)
    stage.run()
    assert (stage.state(remedy), stage.till.effects) == (State.FAILED, [])
    assert stage.execution(remedy).error_code == "content_changed"
    with pytest.raises(Conflict):
        stage.again("ann", remedy)


def test_nobody_is_nobody(stage: Stage) -> None:
    """An identity that is gone is refused, never read as "somebody else"."""
    remedy = stage.ask()
    ghost = Actor(10**6, "ghost", "Ghost", Role.SUPERVISOR, None, frozenset(), stage.now)
    with pytest.raises(Forbidden):
        stage.do(lambda s: signing.decide(s, ghost, remedy, Verdict.APPROVE, "", stage.now, version=1))
