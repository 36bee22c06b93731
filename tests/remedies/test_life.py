"""The way of a remedy: asked, signed, carried out once, told; and what else can become of it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict, Forbidden, InvalidInput
from app.executors.ports import Purchase, PurchaseLine
from app.inbox import service as inbox
from app.inbox.models import Conversation, ConversationEvent
from app.inbox.types import ConversationState, EventKind
from app.remedies import by_hand, execution, service, telling
from app.remedies.models import Remedy
from app.remedies.types import Kind, State, Target
from tests.remedies.stage import Stage


def test_from_asking_to_the_money_and_the_word(stage: Stage) -> None:
    remedy = stage.ask()
    assert (stage.state(remedy), stage.order().taken, stage.talk().remedies_open) == (State.ASKED, 6000, 1)
    assert stage.decide("sue", remedy) is State.APPROVED
    assert stage.run() == 1
    assert stage.state(remedy) is State.EXECUTED
    (effect,) = stage.till.effects
    assert (effect.key, effect.amount, effect.currency) == (f"remedy-{remedy}-1", 6000, "EUR")
    ann = stage.actor("ann")
    stage.do(lambda s: telling.told_otherwise(s, ann, remedy, "on the telephone", stage.now))
    assert (stage.state(remedy), stage.talk().remedies_open) == (State.TOLD, 0)
    assert stage.audit(remedy) == ["asked", "approved", "begun", "executed", "told"]
    assert stage.run() == 0


def test_small_amounts_go_at_once_and_are_written_down(stage: Stage) -> None:
    remedy = stage.ask(amount="25")
    assert (stage.state(remedy), stage.remedy(remedy).approvals_needed) == (State.APPROVED, 0)
    stage.run()
    assert stage.state(remedy) is State.EXECUTED


def test_large_amounts_need_two_different_people(stage: Stage) -> None:
    remedy = stage.ask(amount="150", paid="200")
    assert stage.decide("sue", remedy) is State.ASKED
    with pytest.raises(Forbidden, match="another person"):
        stage.decide("sue", remedy)
    assert stage.run() == 0
    assert stage.decide("sam", remedy) is State.APPROVED


def test_the_form_sent_twice_asks_once(stage: Stage) -> None:
    assert stage.ask(key="the same") == stage.ask(key="the same")
    assert stage.order().taken == 6000


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "1e9"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "$60"}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"reason": "boredom"}, "reason"),
        ({"paid": ""}, "paid"),
        ({"paid": "5.000,00"}, "paid"),
        ({"order_number": "", "order_line": "2"}, "order_number"),
        ({"order_line": "2"}, "line_paid"),
        ({"target": Target.OTHER}, "target_account"),
        ({"target_account": "DE00"}, "target_account"),
        ({"shop_id": 999}, "shop"),
        ({"explanation": "x" * 5000}, "explanation"),
    ],
)
def test_what_can_not_be_taken_stores_nothing(stage: Stage, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        stage.ask(**changes)
    assert refused.value.field == field
    with stage.db.read() as session:
        assert session.scalars(select(Remedy.id)).all() == []
        assert session.execute(text("SELECT count(*) FROM remedy_orders")).scalar_one() == 0
    assert stage.talk().remedies_open == 0


def test_never_more_than_was_paid_over_all_departments(stage: Stage) -> None:
    stage.ask()
    with pytest.raises(Conflict, match=r"40\.00.*Ann") as refused:
        stage.ask("ben", talk=1, amount="60")
    assert refused.value.code == "more_than_paid"
    stage.ask("ben", talk=1, amount="40")
    assert stage.order().taken == 10000


def test_a_line_has_a_limit_of_its_own(stage: Stage) -> None:
    stage.ask(amount="20", order_line="2", line_paid="30")
    with pytest.raises(Conflict, match=r"10\.00"):
        stage.ask(amount="20", order_line="2", line_paid="30")
    stage.ask(amount="20", order_line="3", line_paid="30")
    assert stage.do(lambda s: s.execute(text("SELECT sum(taken) FROM remedy_orders WHERE line = ''")).scalar()) == 4000


def test_what_was_paid_is_not_overwritten_by_typing(stage: Stage) -> None:
    stage.ask(amount="10")
    with pytest.raises(InvalidInput, match=r"100\.00"):
        stage.ask(amount="10", paid="5000")
    with pytest.raises(InvalidInput, match="EUR"):
        stage.ask(amount="10", currency="USD", paid="100")


@pytest.mark.parametrize("end", ["refuse", "withdraw", "expire"])
def test_what_is_not_given_gives_the_money_back(stage: Stage, end: str) -> None:
    remedy = stage.ask()
    if end == "refuse":
        stage.decide("sue", remedy, refuse=True)
    elif end == "withdraw":
        stage.withdraw("ann", remedy)
    else:
        stage.later(hours=72)
        stage.run()
    assert stage.state(remedy).value.startswith(end[:5])
    assert (stage.order().taken, stage.talk().remedies_open) == (0, 0)


def test_an_approval_that_nobody_used_expires(stage: Stage) -> None:
    remedy = stage.ask()
    stage.decide("sue", remedy)
    stage.later(hours=72)
    stage.run()
    assert (stage.state(remedy), stage.till.effects, stage.order().taken) == (State.EXPIRED, [], 0)
    assert stage.talk().state is ConversationState.NEW, "somebody has to see that it came to nothing"


def test_a_request_that_waited_too_long_can_not_be_signed(stage: Stage) -> None:
    remedy = stage.ask()
    stage.later(hours=72)
    with pytest.raises(Conflict, match="over"):
        stage.decide("sue", remedy)


def test_a_change_voids_what_was_signed(stage: Stage) -> None:
    remedy = stage.ask()
    stage.decide("sue", remedy)
    stage.edit("ben", remedy, amount="70", paid="")
    found = stage.remedy(remedy)
    assert (found.state, found.version, stage.order().taken) == (State.ASKED, 2, 7000)
    assert stage.run() == 0
    assert stage.till.effects == []
    stage.decide("sam", remedy)
    stage.run()
    assert [one.key for one in stage.till.effects] == [f"remedy-{remedy}-2"]
    assert stage.till.effects[0].amount == 7000


def test_only_what_was_seen_can_be_signed(stage: Stage) -> None:
    remedy = stage.ask()
    stage.edit("ann", remedy, amount="90", paid="")
    with pytest.raises(Conflict, match="changed") as refused:
        stage.decide("sue", remedy, version=1)
    assert refused.value.code == "stale"
    assert stage.state(remedy) is State.ASKED


def test_the_first_decision_wins_and_names_who_made_it(stage: Stage) -> None:
    remedy = stage.ask()
    stage.decide("sue", remedy)
    for refuse in (True, False):
        with pytest.raises(Conflict, match="Sue was quicker") as late:
            stage.decide("sam", remedy, refuse=refuse)
        assert late.value.code == "decided"


def test_a_refusal_sticks(stage: Stage) -> None:
    stage.decide("sue", stage.ask(), refuse=True)
    again = stage.remedy(stage.ask())
    assert (again.refused_before, again.approvals_needed) == (True, 2)
    other_order = stage.remedy(stage.ask(order_number="B-7", amount="60"))
    assert other_order.approvals_needed == 2, "the same person"
    small = stage.remedy(stage.ask(amount="20", order_number="C-1", paid="20"))
    assert not small.refused_before, "less than what was refused"


def test_splitting_is_added_up(stage: Stage) -> None:
    first = stage.ask(amount="20")
    second = stage.ask(amount="20", order_number="B-2", paid="50")
    assert (stage.state(first), stage.state(second)) == (State.APPROVED, State.ASKED)


def test_a_conversation_with_something_owed_can_not_be_closed(stage: Stage) -> None:
    stage.ask()
    ann, talk = stage.actor("ann"), stage.talks[0]
    for close in (inbox.resolve, inbox.set_aside):
        with pytest.raises(Conflict, match="remedy"):
            stage.do(partial(close, actor=ann, conversation_id=talk, version=None, now=stage.now))
    for state in ("done", "spam"):
        with pytest.raises(IntegrityError):
            stage.sql(text(f"UPDATE conversations SET state = '{state}'"))
    assert stage.talk().state is ConversationState.NEW


def test_asking_in_a_closed_conversation_opens_it(stage: Stage) -> None:
    ann = stage.actor("ann")
    stage.do(lambda s: inbox.resolve(s, ann, stage.talks[0], None, stage.now))
    stage.ask()
    assert stage.talk().state is ConversationState.WAITING
    stage.do(lambda s: inbox.set_aside(s, ann, stage.talks[1], None, stage.now))
    with pytest.raises(Conflict, match="spam"):
        stage.ask(talk=1, order_number="Z")


def test_a_provider_may_take_it_back_days_later(stage: Stage) -> None:
    remedy = stage.ask(amount="20")
    stage.run()
    ann = stage.actor("ann")
    stage.do(lambda s: telling.told_otherwise(s, ann, remedy, "by letter", stage.now))
    stage.do(lambda s: inbox.resolve(s, ann, stage.talks[0], None, stage.now))
    stage.later(days=5)
    stage.till.failed_later.add(f"remedy-{remedy}-1")
    assert _noticed(stage, remedy) == 1
    stage.run()
    assert (stage.state(remedy), stage.talk().state) == (State.FAILED, ConversationState.NEW)
    with pytest.raises(Conflict, match="acted"):
        stage.again("ann", remedy)
    stage.withdraw("ann", remedy)
    assert stage.order().taken == 0


def _noticed(stage: Stage, remedy: int) -> int:
    key = f"remedy-{remedy}-1"
    found: int = stage.do(lambda s: execution.look_again(s, stage.shop_id, [key], [], stage.now))
    return found


def test_pending_is_asked_about_until_it_is_done(stage: Stage) -> None:
    stage.till.pending = True
    remedy = stage.ask(amount="20")
    stage.run()
    assert stage.state(remedy) is State.EXECUTING
    stage.later(minutes=5)
    stage.till.pending = False
    stage.run()
    assert (stage.state(remedy), len(stage.till.effects)) == (State.EXECUTED, 1)


def test_by_hand_one_person_has_it_and_records_the_reference(stage: Stage) -> None:
    remedy = stage.ask(amount="20", shop_id=stage.hand_id, kind=Kind.REPLACEMENT)
    assert stage.run() == 0
    ann, ben = stage.actor("ann"), stage.actor("ben")
    stage.do(lambda s: by_hand.take_in_hand(s, ann, remedy, stage.now))
    with pytest.raises(Conflict, match="colleague"):
        stage.do(lambda s: by_hand.take_in_hand(s, ben, remedy, stage.now))
    with pytest.raises(Conflict, match="in hand"):
        stage.do(lambda s: by_hand.finish_by_hand(s, ben, remedy, done=True, reference="X", now=stage.now))
    with pytest.raises(InvalidInput, match="reference"):
        stage.do(lambda s: by_hand.finish_by_hand(s, ann, remedy, done=True, reference=" ", now=stage.now))
    stage.do(lambda s: by_hand.finish_by_hand(s, ann, remedy, done=True, reference="DHL 1", now=stage.now))
    assert (stage.state(remedy), stage.execution(remedy).external_id) == (State.EXECUTED, "DHL 1")


def test_by_hand_it_can_be_given_back_or_fail(stage: Stage) -> None:
    remedy = stage.ask(amount="20", shop_id=stage.hand_id)
    ann, ben = stage.actor("ann"), stage.actor("ben")
    stage.do(lambda s: by_hand.take_in_hand(s, ann, remedy, stage.now))
    with pytest.raises(Forbidden):
        stage.do(lambda s: by_hand.give_back(s, ben, remedy, stage.now))
    stage.do(lambda s: by_hand.give_back(s, ann, remedy, stage.now))
    stage.do(lambda s: by_hand.take_in_hand(s, ben, remedy, stage.now))
    stage.do(lambda s: by_hand.finish_by_hand(s, ben, remedy, done=False, reference="sold out", now=stage.now))
    assert stage.state(remedy) is State.FAILED
    stage.again("ann", remedy)
    assert stage.state(remedy) is State.APPROVED


def test_the_history_of_the_conversation_tells_it(stage: Stage) -> None:
    stage.decide("sue", stage.ask())
    stage.run()
    with stage.db.read() as session:
        query = select(ConversationEvent.data).where(ConversationEvent.kind == EventKind.REMEDY)
        acts = [data["act"] for data in session.scalars(query.order_by(ConversationEvent.id))]
    assert acts == ["ask", "approve", "succeed"]


def test_removing_pages_leaves_nothing_but_the_audit_log(stage: Stage) -> None:
    remedy = stage.ask()
    stage.decide("sue", remedy)
    stage.run()
    stage.do(lambda s: service.remove_pages(s, [s.scalars(select(Conversation.page_id).limit(1)).one()]))
    with stage.db.read() as session:
        for table in ("remedies", "remedy_versions", "remedy_bars", "remedy_decisions", "remedy_executions"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table
    assert stage.audit(remedy) == ["asked", "approved", "begun", "executed"]


def test_targets_are_dates_that_can_be_missed(stage: Stage) -> None:
    remedy = stage.ask()
    assert stage.remedy(remedy).due_at == stage.now + timedelta(hours=4)
    stage.decide("sue", remedy)
    assert stage.remedy(remedy).due_at == stage.now + timedelta(hours=24)


def test_an_order_is_one_order_however_it_is_written(stage: Stage) -> None:
    lines = (PurchaseLine("Lamp #7", 2, 6000), PurchaseLine("Cable #8", 1, 4000))
    shop_says = Purchase("1001", "EUR", 10000, 0, lines=lines)

    def ask(**changes: Any) -> int:
        actor, asked = stage.actor("ann"), stage.asked(paid="", **changes)
        found: int = stage.do(
            lambda s: service.ask(s, actor, stage.talks[0], asked, stage.now, key=next(stage.keys), purchase=shop_says)
        )
        return found

    first = stage.remedy(ask(order_number="#1001", order_line="7", amount="50"))
    assert (first.order_number, first.order_line) == ("1001", "Lamp #7")
    with pytest.raises(Conflict, match="More than was paid"):
        ask(order_number="1001", order_line="Lamp #7", amount="20")
    with pytest.raises(InvalidInput, match="Lamp #7, Cable #8"):
        ask(order_number="1001", order_line="Table", amount="1")
    with pytest.raises(InvalidInput, match="Name one line"):
        ask(order_number="1001", kind=Kind.REPLACEMENT, amount="10")
    ask(order_number=" 1001", order_line="8", kind=Kind.REPLACEMENT, amount="40")
    with pytest.raises(Conflict, match="More than was paid"):
        ask(order_number="1001", amount="10.01")


@pytest.mark.parametrize(
    "spelled", ["a-1001", " #A-1001 ", "A - 1001", "\uff21-1001", "A\u20131001", "A\u20111001", "A-10\u200b01"]
)
def test_an_order_spelled_otherwise_is_the_same_order(stage: Stage, spelled: str) -> None:
    by_hand: dict[str, Any] = {"shop_id": stage.hand_id, "paid": "100"}
    stage.ask(order_number="A-1001", order_line="Lamp", line_paid="70", **by_hand)
    with pytest.raises(Conflict, match=r"40\.00 is left"):
        stage.ask("ben", talk=1, order_number=spelled, **by_hand)
    with pytest.raises(Conflict, match=r"10\.00 is left"):
        stage.ask("ben", talk=1, amount="20", order_number=spelled, order_line="lamp", line_paid="70", **by_hand)
    stage.ask("ben", talk=1, amount="40", order_number=spelled, **by_hand)
    assert stage.order_numbers() == {"A-1001"}


def test_no_public_reply_names_what_the_person_was_given_elsewhere(stage: Stage) -> None:
    stage.ask(order_number="#1001")

    def check(text: str) -> None:
        stage.do(lambda s: telling.check_public(s, stage.talks[1], text))

    check("Order 1001, and 60.00 EUR")  # somebody else's: a number as any other
    same = update(Conversation).where(Conversation.id == stage.talks[1]).values(contact_id=stage.talk().contact_id)
    stage.sql(same)
    for said in ("Order 1001 is paid back", "You get 60,00 back", "\uff16\uff10 EUR are on their way"):
        with pytest.raises(InvalidInput, match="Everybody would read"):
            check(said)


def test_a_program_is_asked_about_the_order_as_it_was_typed(stage: Stage) -> None:
    stage.ask(order_number="aB1")
    stage.ask("ben", talk=1, order_number="AB1")
    assert stage.order_numbers() == {"aB1", "AB1"}
