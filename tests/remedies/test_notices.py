"""Who hears of a remedy: those who may sign it, who asked for it, and both when it is overdue."""

from datetime import date, timedelta

from sqlalchemy import select

from app.inbox.models import Conversation, ConversationMark
from app.inbox.types import ConversationState, Mark
from app.notifications import queries, spreading, words
from app.notifications.models import Notification
from app.notifications.types import Event
from app.remedies import follow_ups, guarding
from app.remedies.follow_ups import Which
from app.remedies.guarding import Said
from app.remedies.types import Answer, State
from tests.remedies.stage import Stage


def told(stage: Stage, who: str) -> list[tuple[Event, str]]:
    """What somebody has been told, oldest first."""
    with stage.db.write() as session:
        while spreading.spread(session, stage.now, mail=False):
            pass
        found = session.scalars(
            select(Notification.id).where(Notification.user_id == stage.ids[who]).order_by(Notification.id)
        ).all()
        return [(one.event, words.line(one).replace("\xa0", " ")) for one in queries.told(session, found)]


def test_those_who_may_sign_are_told_and_nobody_else(stage: Stage) -> None:
    stage.ask("sue", amount="60")
    line = "€ 60.00 for Person 0 on Blog waits for a signature; Sue asks."
    assert told(stage, "sam") == [(Event.REMEDY_WANTED, line)]
    assert told(stage, "sue") == told(stage, "ann") == told(stage, "ada") == []


def test_who_asked_is_told_what_came_of_it(stage: Stage) -> None:
    remedy = stage.ask()
    stage.decide("sue", remedy)
    stage.run()
    events = [line for event, line in told(stage, "ann") if event is Event.REMEDY_DECIDED]
    assert events == [
        "Sue approved € 60.00 for Person 0 on Blog.",
        "Carried out: € 60.00 for Person 0 on Blog. Now they should be told.",
    ]
    refused = stage.ask(talk=1, order_number="B-2")
    stage.decide("sam", refused, refuse=True)
    assert told(stage, "ann")[-1][1] == "Sam refused € 60.00 for Person 1 on Blog."


def test_each_deadline_is_told_once(stage: Stage) -> None:
    remedy = stage.ask()
    stage.later(hours=5)
    stage.run()
    stage.run()
    late = [line for event, line in told(stage, "ada") if event is Event.REMEDY_LATE]
    assert late == ["Overdue: € 60.00 for Person 0 on Blog waits for a signature."], "admins step in then"
    assert [event for event, _line in told(stage, "ann")] == [Event.REMEDY_LATE]
    stage.decide("sue", remedy)
    stage.run()
    stage.later(hours=25)
    stage.run()
    assert told(stage, "ann")[-1][1] == "Overdue: nobody has told Person 0 on Blog about € 60.00."
    assert stage.state(remedy) is State.EXECUTED


def test_a_promised_day_is_a_deadline(stage: Stage) -> None:
    remedy = stage.ask(promised_on=stage.now.date())
    assert stage.remedy(remedy).due_at == stage.now + timedelta(hours=4)
    stage.decide("sue", remedy)
    due = stage.remedy(remedy).due_at
    assert due is not None
    assert due.date() == stage.now.date() + timedelta(days=1), "the end of the promised day, not a day from now"


def test_what_is_owed_is_marked_in_the_lists(stage: Stage) -> None:
    def marks() -> list[Mark]:
        with stage.db.read() as session:
            return list(session.scalars(select(ConversationMark.mark)))

    remedy = stage.ask()
    assert marks() == [Mark.OWED]
    stage.withdraw("ann", remedy)
    assert marks() == []


def test_a_follow_up_comes_back_on_its_day_and_once(stage: Stage) -> None:
    ann, day = stage.actor("ann"), date(2026, 11, 23)
    said = Said(Answer.FOLLOW_UP, "send a new lamp", stage.ids["ben"], day)
    stage.do(lambda s: guarding._keep(s, ann, stage.talks[0], "sorry", said, stage.now))

    def close(session: object) -> None:
        talk = session.get(Conversation, stage.talks[0])  # type: ignore[attr-defined]
        talk.state, talk.waiting_since = ConversationState.DONE, None

    stage.do(close)
    stage.run()
    assert told(stage, "ben") == []
    stage.later(days=3)
    stage.run()
    stage.run()
    assert told(stage, "ben") == [(Event.FOLLOW_UP_DUE, "What you promised Person 0 on Blog is due today.")]
    assert stage.talk().state is ConversationState.NEW
    with stage.db.read() as session:
        (mine,) = follow_ups.listed(session, Which.MINE, stage.ids["ben"], day)
        assert (mine.why, mine.owner, mine.said_by) == ("send a new lamp", "Ben", "Ann")
        assert follow_ups.listed(session, Which.MINE, stage.ids["ann"], day) == []
        assert follow_ups.lengths(session, stage.ids["ben"], day) == {Which.MINE: 1, Which.DUE: 1, Which.ALL: 1}
