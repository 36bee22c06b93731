"""What happened reaches those it concerns, once, and nobody without need."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.accounts import service as accounts
from app.accounts.models import User
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.notifications import digests, outgoing, queries, rules, service, spreading
from app.notifications.models import NoticeSettings, Notification, Part
from app.notifications.types import PERSONAL, Channel, Event, MessageState
from app.pages import service as pages
from app.signals import service as signals
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from tests.domain.conftest import Desk


def test_who_is_given_work_hears_of_it_and_who_takes_it_does_not(desk: Desk) -> None:
    house, talk = desk.house, desk.talk()
    with house.db.write() as session:
        inbox.take(session, house.ann, talk, None, desk.now)
        inbox.assign(session, house.ann, talk, house.bob.id, None, desk.now)
        inbox.take(session, desk.eve, talk, None, desk.now)
    desk.spread()
    assert desk.told(house.bob) == [Event.TAKEN_OVER, Event.ASSIGNED]
    assert desk.told(house.ann) == desk.told(desk.eve) == []


def test_who_is_named_in_a_note_hears_of_it(desk: Desk) -> None:
    house, talk = desk.house, desk.talk()
    with house.db.write() as session:
        inbox.add_note(session, house.ann, talk, "@bob and @ann, look: she means @nobody", desk.now)
        inbox.add_note(session, house.ann, talk, "nobody in particular", desk.now)
    desk.spread()
    assert desk.told(house.bob) == [Event.MENTIONED]
    assert desk.told(house.ann) == []


def test_nobody_hears_of_what_was_rolled_back(desk: Desk) -> None:
    talk = desk.talk()
    with pytest.raises(RuntimeError), desk.house.db.write() as session:  # noqa: PT012
        inbox.assign(session, desk.house.ann, talk, desk.house.bob.id, None, desk.now)
        raise RuntimeError
    desk.spread()
    assert desk.told(desk.house.bob) == []


def test_a_dead_login_is_told_to_supervisors_once(desk: Desk) -> None:
    house = desk.house
    with house.db.write() as session:
        pages.stop(session, house.page_id, desk.now, "wrong_credentials", "401")
        pages.stop(session, house.page_id, desk.now, "wrong_credentials", "401")
    desk.spread()
    with house.db.write() as session:
        pages.read_soon(session, house.page_id, desk.now)
        pages.stop(session, house.page_id, desk.now, "wrong_credentials", "401")
    desk.spread()
    assert desk.told(desk.eve) == [Event.PAGE_STOPPED]
    assert desk.told(house.ann) == []
    with house.db.write() as session:
        pages.set_credentials(session, house.page_id, None, None, desk.now)
        pages.stop(session, house.page_id, desk.now + timedelta(milliseconds=1), "wrong_credentials", "401")
    desk.spread()
    assert desk.told(desk.eve) == [Event.PAGE_STOPPED, Event.PAGE_STOPPED]


def test_what_is_new_in_a_team_reaches_members_who_asked_and_only_while_it_is_new(desk: Desk) -> None:
    house = desk.house
    for actor in (house.ann, house.bob):
        with house.db.write() as session:
            service.choose(session, actor, [(Event.NEW_IN_TEAM, Channel.APP)])
    house.platform.say("Zoe", "My order never arrived, where is it?", desk.now - timedelta(hours=3), key="user:z")
    house.collect()
    desk.spread()
    assert desk.told(house.ann) == desk.told(house.bob) == []
    house.platform.say("Maria", "My order never arrived, where is it?", desk.now - timedelta(minutes=1))
    house.collect()
    desk.spread()
    with house.db.read() as session:
        team = session.scalars(select(Conversation.team_id).order_by(Conversation.id.desc())).first()
    member, other = (house.ann, house.bob) if team == house.service_team else (house.bob, house.ann)
    assert desk.told(member) == [Event.NEW_IN_TEAM]
    assert desk.told(other) == []


def test_a_reply_that_failed_is_told_to_its_author(desk: Desk) -> None:
    talk = desk.talk()
    desk.tell(SignalKind.REPLY_FAILED, people=[desk.house.ann.id], conversation_id=talk, code="comments_closed")
    desk.spread()
    assert desk.told(desk.house.ann) == [Event.REPLY_FAILED]


def test_approvals_reach_supervisors_but_never_the_one_who_asks(desk: Desk) -> None:
    talk = desk.talk()
    desk.tell(SignalKind.APPROVAL_WANTED, actor_id=desk.eve.id, conversation_id=talk)
    desk.spread()
    assert desk.told(desk.eve) == []
    desk.tell(SignalKind.APPROVAL_WANTED, actor_id=desk.house.ann.id, conversation_id=talk)
    desk.tell(SignalKind.APPROVAL_DECIDED, actor_id=desk.eve.id, people=[desk.house.ann.id], conversation_id=talk)
    desk.spread()
    assert desk.told(desk.eve) == [Event.APPROVAL_WANTED]
    assert desk.told(desk.house.ann) == [Event.APPROVAL_DECIDED]


def test_choices_hold(desk: Desk) -> None:
    house, talk = desk.house, desk.talk()
    desk.address(house.bob)
    with house.db.write() as session:
        service.choose(session, house.bob, [(Event.ASSIGNED, Channel.MAIL)])
    desk.tell(SignalKind.ASSIGNED, people=[house.bob.id], conversation_id=talk)
    desk.tell(SignalKind.MENTIONED, people=[house.bob.id], conversation_id=talk)
    desk.spread()
    assert desk.told(house.bob) == []  # not in the app
    (message,) = desk.messages()
    assert message.channel is Channel.MAIL
    with house.db.read() as session:
        assert session.scalars(select(Notification.event)).all() == [Event.ASSIGNED]
        chosen = queries.preferences(session, house.bob.id).choices
    assert {key for key, wanted in chosen.items() if wanted} == {(Event.ASSIGNED, Channel.MAIL)}


def test_all_choices_are_kept_as_they_were_made(desk: Desk) -> None:
    everything = [(event, channel) for event in Event for channel in PERSONAL]
    for wanted in (everything, [], everything[::2]):
        with desk.house.db.write() as session:
            service.choose(session, desk.house.ann, wanted)
        with desk.house.db.read() as session:
            chosen = queries.preferences(session, desk.house.ann.id).choices
        assert [key for key in everything if chosen[key]] == list(wanted)


def test_several_within_a_minute_go_in_one_mail(desk: Desk) -> None:
    talk = desk.talk()
    desk.address(desk.house.bob)
    for _ in range(5):
        desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
        desk.spread()
    (message,) = desk.messages()
    with desk.house.db.write() as session:
        assert session.scalar(select(func.count()).select_from(Part)) == 5
        assert outgoing.claim(session, message.id, desk.now) is None  # not before its minute is over
        claimed = outgoing.claim(session, message.id, desk.now + timedelta(seconds=62))
    assert claimed is not None
    assert len(claimed.told) == 5
    desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()  # that one is on its way already
    assert [one.state for one in desk.messages()] == [MessageState.SENDING, MessageState.OPEN]


def test_what_somebody_is_looking_at_does_not_leave(desk: Desk) -> None:
    talk, other = desk.talk(), desk.talk()
    desk.address(desk.house.bob)
    desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()
    with desk.house.db.write() as session:
        service.seen(session, desk.house.bob, other + 1, desk.now)
        assert queries.unread(session, desk.house.bob.id).n == 1
        service.seen(session, desk.house.bob, talk, desk.now)
        assert queries.unread(session, desk.house.bob.id).n == 0
    (message,) = desk.messages()
    with desk.house.db.write() as session:
        assert outgoing.claim(session, message.id, desk.now + timedelta(seconds=62)) is None
    assert desk.messages()[0].state is MessageState.DROPPED


def test_what_it_was_about_may_be_gone(desk: Desk) -> None:
    desk.tell(SignalKind.ASSIGNED, people=[desk.house.bob.id], conversation_id=404)
    desk.spread()
    assert desk.told(desk.house.bob) == []
    with desk.house.db.read() as session:
        assert not signals.has_due(session, desk.now + timedelta(days=1))


def test_a_signal_that_cant_be_told_holds_up_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = desk.talk()
    desk.spread()
    whole = spreading._spread

    def breaks(session: object, signal: object, *rest: object, **named: object) -> None:
        if getattr(signal, "kind", None) is SignalKind.MENTIONED:
            raise KeyError("our mistake")
        whole(session, signal, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(spreading, "_spread", breaks)
    desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
    desk.tell(SignalKind.ASSIGNED, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()
    assert desk.told(desk.house.bob) == [Event.ASSIGNED]
    with desk.house.db.read() as session:
        (left,) = session.scalars(select(SignalRow))
        assert (left.tries, left.error) == (1, "KeyError")
    for _ in range(signals.TRIES):
        with desk.house.db.write() as session:
            session.execute(update(SignalRow).values(due_at=desk.now))
        desk.spread()
    with desk.house.db.read() as session:
        assert session.scalar(select(func.count()).select_from(SignalRow)) == 0


def test_pages_of_the_list_follow_each_other(desk: Desk) -> None:
    talk = desk.talk()
    for _ in range(7):
        desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()
    seen: list[int] = []
    before = None
    with desk.house.db.read() as session:
        while page := queries.listed(session, desk.house.bob.id, before, limit=3):
            seen += [one.id for one in page]
            before = seen[-1]
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)


def test_one_reads_ones_own_only(desk: Desk) -> None:
    talk = desk.talk()
    desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()
    with desk.house.db.write() as session:
        (mine,) = queries.listed(session, desk.house.bob.id)
        with pytest.raises(Exception, match="no such notification"):
            service.read(session, desk.house.ann, mine.id, desk.now)
        assert service.read(session, desk.house.bob, mine.id, desk.now).read
        assert queries.unread(session, desk.house.bob.id).n == 0


def forget(desk: Desk) -> int:
    """A conversation that has waited for two days."""
    talk = desk.talk()
    with desk.house.db.write() as session:
        session.execute(update(Conversation).values(sort_at=desk.now - timedelta(days=2)))
        session.execute(update(Conversation).values(team_id=desk.house.service_team))
    return talk


def at_noon(now: datetime) -> datetime:
    return now.replace(hour=12, minute=0) + timedelta(days=1)


def test_the_digest_names_what_was_forgotten_once_a_day(desk: Desk) -> None:
    talk = forget(desk)
    for moment in (desk.now, at_noon(desk.now), at_noon(desk.now) + timedelta(hours=3)):
        with desk.house.db.write() as session:
            if digests.is_due(session, moment):
                digests.make_due(session, moment, mail=False)
    assert desk.told(desk.house.ann) == [Event.DIGEST]
    assert desk.told(desk.house.bob) == []  # it is not his team's
    with desk.house.db.read() as session:
        (one,) = queries.forgotten(session, {desk.house.service_team}, at_noon(desk.now))
        assert one.conversation_id == talk
        assert queries.listed(session, desk.house.ann.id)[0].facts["count"] == 1
        assert not digests.is_due(session, at_noon(desk.now) + timedelta(hours=4))


def test_the_hour_is_that_of_ones_own_time_zone(desk: Desk) -> None:
    forget(desk)
    house, noon = desk.house, at_noon(desk.now)
    zones = {house.ann: "Pacific/Auckland", desk.eve: "America/New_York"}
    with house.db.write() as session:
        digests.make_due(session, desk.now, mail=False)
        for actor, zone in zones.items():
            service.set_where_and_when(session, actor, address="", digest_hour=9, now=desk.now)
            accounts.set_time_zone(session, actor.id, zone)
            session.get_one(NoticeSettings, actor.id).digested_on = noon.date()
    for hours in (11, 12, 14):  # up to two at night in UTC: afternoon in Auckland, evening before in New York
        with house.db.write() as session:
            digests.make_due(session, noon + timedelta(hours=hours), mail=False)
    assert desk.told(house.ann) == [Event.DIGEST]
    assert desk.told(desk.eve) == []
    with house.db.write() as session:
        digests.make_due(session, noon + timedelta(hours=27), mail=False)
    assert desk.told(desk.eve) == [Event.DIGEST]


def test_what_belongs_to_somebody_who_works_here_is_not_forgotten(desk: Desk) -> None:
    talk = forget(desk)
    teams = {desk.house.service_team}
    with desk.house.db.write() as session:
        session.get_one(Conversation, talk).assignee_id = desk.house.bob.id
        session.flush()
        assert queries.forgotten_count(session, teams, desk.now) == 0
        session.get_one(User, desk.house.bob.id).active = False
        session.flush()
        assert queries.forgotten_count(session, teams, desk.now) == 1


def test_a_day_without_anything_forgotten_has_no_digest(desk: Desk) -> None:
    for moment in (desk.now, at_noon(desk.now)):
        with desk.house.db.write() as session:
            digests.make_due(session, moment, mail=True)
    assert desk.told(desk.house.ann) == []
    with desk.house.db.read() as session:
        days = set(session.scalars(select(NoticeSettings.digested_on)))
    assert days == {at_noon(desk.now).date()}
    assert all(isinstance(day, date) for day in days)


def test_addresses_that_are_none_are_refused(desk: Desk) -> None:
    for text in ("no", "a@b", "a b@example.org", "x@example.org\nBcc: y@example.org", "a@exämple.org", "@example.org"):
        with pytest.raises(Exception, match="name@example"), desk.house.db.write() as session:
            service.set_where_and_when(session, desk.house.ann, address=text, digest_hour=8, now=desk.now)


def test_old_news_is_forgotten(desk: Desk) -> None:
    talk = desk.talk()
    desk.tell(SignalKind.MENTIONED, people=[desk.house.bob.id], conversation_id=talk)
    desk.tell(SignalKind.ASSIGNED, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()
    with desk.house.db.write() as session:
        first = queries.listed(session, desk.house.bob.id)[0]
        service.read(session, desk.house.bob, first.id, desk.now)
    for days, left in ((29, 2), (31, 1), (91, 0)):
        with desk.house.db.write() as session:
            outgoing.tidy(session, desk.now + timedelta(days=days))
        assert len(desk.told(desk.house.bob)) == left


def test_the_defaults_of_a_reader_without_choices(desk: Desk) -> None:
    with desk.house.db.read() as session:
        chosen = queries.preferences(session, desk.house.ann.id).choices
    assert chosen == {(event, channel): rules.default(event, channel) for event in Event for channel in PERSONAL}
