"""Campaigns: what belongs to them, and that none ends without heirs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, OperationalError

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.campaigns import queries, service
from app.campaigns.models import Campaign, CampaignPage, CampaignPost, HandOver
from app.campaigns.types import CampaignTyped, Descent, EntryTyped, HandOverTyped, Named, Stage
from app.connectors.ports import Found
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.inbox import filters
from app.inbox import queries as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, ListFilter
from app.notifications.types import Event
from app.pages import service as pages
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from app.upkeep import belonging, handing_over, stewards
from tests.domain.conftest import Desk, House


def typed(house: House, now: datetime, *, first: int = -10, last: int = 10, **other: object) -> CampaignTyped:
    """A campaign of Bob's on the house's page; days are counted from today."""
    usual = CampaignTyped(
        name="Spring",
        goal="Be seen",
        owner_id=house.bob.id,
        first=(now.date() + timedelta(days=first)).isoformat(),
        last=(now.date() + timedelta(days=last)).isoformat(),
        zone="UTC",
        page_ids=frozenset({house.page_id}),
        disciplines=frozenset({"social", "pr"}),
    )
    return replace(usual, **other)  # type: ignore[arg-type]


@pytest.fixture
def plan(house: House, now: datetime) -> Callable[..., int]:
    """Plan a campaign; answers its id."""

    def make(**other: object) -> int:
        with house.db.write() as session:
            return service.add(session, house.bob, typed(house, now, **other), now)  # type: ignore[arg-type]

    return make


def say(house: House, at: datetime) -> int:
    """Somebody comments; answers the conversation's id."""
    house.platform.say("Maria", f"When do you open? {at}", at, key=f"user:{at.isoformat()}")
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0


def look(house: House, now: datetime) -> None:
    with house.db.write() as session:
        while belonging.work(session, now):
            pass


def heirs(house: House, **other: object) -> HandOverTyped:
    ann = house.ann.id
    usual = HandOverTyped({house.page_id: ann}, ann, ann, ann, "Opening hours?", "A post a week.", None)
    return replace(usual, **other)  # type: ignore[arg-type]


def test_a_post_belongs_to_the_campaign_it_began_in_and_stays_with_it(
    house: House, now: datetime, plan: Callable[..., int]
) -> None:
    spring = plan(first=-10, last=-3)
    summer = plan(name="Summer", first=-2, last=10)
    first = say(house, now - timedelta(days=5))
    look(house, now)
    say(house, now - timedelta(hours=1))  # a late comment under the same post
    look(house, now)
    with house.db.read() as session:
        assert dict(session.execute(select(CampaignPost.campaign_id, CampaignPost.page_id)).all()) == {
            spring: house.page_id
        }
        wanted = ListFilter(ConversationState.NEW, chosen=filters.read([("campaign", str(spring))]))
        assert len(inbox.rows(session, wanted, limit=10)) == 2
        wanted = ListFilter(ConversationState.NEW, chosen=filters.read([("campaign", str(summer))]))
        assert inbox.rows(session, wanted, limit=10) == []
        post_id = session.get_one(Conversation, first).post_id
        assert queries.of_posts(session, {post_id: house.page_id, 1: house.page_id}, now) == {
            post_id: Named(spring, "Spring"),
            1: Named(summer, "Summer"),  # not looked at yet: what runs now
        }


def test_other_days_change_what_belongs_to_it(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring = plan(first=-10, last=-3)
    say(house, now - timedelta(days=1))
    look(house, now)
    with house.db.write() as session:
        assert session.scalars(select(CampaignPost)).all() == []
        service.change(session, house.bob, spring, typed(house, now, first=-10, last=5), 1, now)
    look(house, now)
    with house.db.read() as session:
        assert session.scalars(select(CampaignPost.campaign_id)).all() == [spring]


def test_an_earlier_comment_that_is_read_later_counts(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring = plan(first=-10, last=-3)
    say(house, now - timedelta(days=1))
    look(house, now)
    say(house, now - timedelta(days=4))
    look(house, now)
    with house.db.read() as session:
        assert session.scalars(select(CampaignPost.campaign_id)).all() == [spring]


def test_no_campaign_is_closed_without_heirs(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring = plan(first=-10, last=-1)
    for wrong, field in (
        (heirs(house, heirs={}), f"heir-{house.page_id}"),
        (heirs(house, conversations_heir_id=None), "conversations"),
        (heirs(house, remedies_heir_id=999), "remedies"),
        (heirs(house, questions_heir_id=None), "asked"),
        (heirs(house, plan=" "), "plan"),
        (heirs(house, successor_id=spring), "successor"),
    ):
        with pytest.raises(InvalidInput) as refused, house.db.write() as session:
            handing_over.sign(session, house.bob, spring, wrong, now)
        assert refused.value.field == field
    with house.db.read() as session:
        found = queries.campaign(session, spring, now)
        assert found is not None
        assert (found.row.stage, found.hand_over) == (Stage.ENDED, None)


def test_the_database_wants_something_to_follow(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring, ann = plan(first=-10, last=-1), house.ann.id
    heirs_of_it = {"conversations_heir_id": ann, "remedies_heir_id": ann, "questions_heir_id": ann}
    counted = {"open_conversations": 0, "owed_remedies": 0}
    with pytest.raises(IntegrityError), house.db.write() as session:
        session.add(
            HandOver(
                campaign_id=spring, signed_by_id=ann, signed_at=now, questions="", plan="", **heirs_of_it, **counted
            )
        )


def test_pages_of_a_campaign_that_is_over_wait_for_their_heirs(
    house: House, now: datetime, plan: Callable[..., int]
) -> None:
    found = Found("memory", "Another page", "memory:another")
    with house.db.write() as session:
        other = pages.add_page(
            session, found, team_id=house.marketing_team, sealed_secret=None, account=None, since=None, now=now
        )
    both = frozenset({house.page_id, other})
    over, running = plan(first=-10, last=-1, page_ids=both), plan(page_ids=both)
    with pytest.raises(InvalidInput) as refused, house.db.write() as session:
        service.change(session, house.bob, over, typed(house, now, first=-10, last=-1), 1, now)
    assert refused.value.field == "pages"
    with house.db.write() as session:
        service.change(session, house.bob, running, typed(house, now), 1, now)


def test_a_running_campaign_is_not_handed_over(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring = plan()
    with pytest.raises(Conflict) as refused, house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house), now)
    assert refused.value.code == "running"


def test_what_it_leaves_open_and_what_comes_later_goes_to_its_heirs(
    house: House, now: datetime, plan: Callable[..., int]
) -> None:
    spring = plan(first=-10, last=-1)
    summer = plan(name="Summer", first=3, last=10)
    before = say(house, now - timedelta(days=5))
    look(house, now)
    with house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house, plan="", successor_id=summer), now)
    with house.db.write() as session:
        assert handing_over.give_heirs(session, now) == 1
        assert handing_over.give_heirs(session, now) == 0
    after = say(house, now)
    with house.db.write() as session:
        assert handing_over.give_heirs(session, now + timedelta(minutes=1)) == 1
    with house.db.read() as session:
        found = queries.campaign(session, spring, now)
        assert found is not None
        assert found.hand_over is not None
        assert (found.row.stage, found.hand_over.open_conversations) == (Stage.CLOSED, 1)
        assert [(kin.id, kin.descent) for kin in found.after] == [(summer, Descent.EVOLVES)]
        for talk in (before, after):
            assert session.get_one(Conversation, talk).assignee_id == house.ann.id
        steward = stewards.of_pages(session, [house.page_id])[house.page_id].steward
        assert steward is not None
        assert steward.id == house.ann.id
        told = {row.kind: row.people for row in session.scalars(select(SignalRow)) if house.ann.id in row.people}
    assert {SignalKind.HANDED_OVER, SignalKind.PAGE_GIVEN, SignalKind.ASSIGNED} <= set(told)
    with pytest.raises(Conflict), house.db.write() as session:
        service.change(session, house.bob, spring, typed(house, now), 1, now)


def test_what_was_handed_over_stays_whatever_is_planned_or_read_later(
    house: House, now: datetime, plan: Callable[..., int]
) -> None:
    plan(name="Autumn", first=-30, last=-11)
    spring = plan(first=-10, last=-1)
    say(house, now - timedelta(days=5))
    look(house, now)
    with house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house), now)
    plan(name="Entered late", first=-6, last=10)
    look(house, now)
    say(house, now - timedelta(days=12))  # under the same post, in autumn's days
    look(house, now)
    with house.db.read() as session:
        assert session.scalars(select(CampaignPost.campaign_id)).all() == [spring]


def test_a_campaign_whose_pages_are_gone_is_handed_over_too(
    house: House, desk: Desk, now: datetime, plan: Callable[..., int]
) -> None:
    spring = plan(first=-10, last=-1)
    with house.db.write() as session:
        session.execute(delete(CampaignPage).where(CampaignPage.campaign_id == spring))
        handing_over.sign(session, house.bob, spring, heirs(house, heirs={}), now)
        told = session.scalars(select(SignalRow).where(SignalRow.kind == SignalKind.HANDED_OVER)).one()
        assert (told.page_id, told.people) == (None, [house.ann.id])
    desk.spread()
    assert desk.told(house.ann) == [Event.HANDED_OVER]


def test_two_who_sign_at_once_sign_once(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring = plan(first=-10, last=-1)
    with house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house), now)
    with pytest.raises(Conflict) as refused, house.db.write() as session:
        handing_over.sign(session, house.bob, spring, heirs(house), now)
    assert refused.value.code == "closed"


def test_campaigns_merge_and_never_circle(house: House, now: datetime, plan: Callable[..., int]) -> None:
    one, two = plan(name="One"), plan(name="Two")
    three = plan(name="Three", from_ids=frozenset({one, two}))
    with house.db.read() as session:
        found = queries.campaign(session, three, now)
        assert found is not None
        assert {(kin.id, kin.descent) for kin in found.before} == {(one, Descent.MERGES), (two, Descent.MERGES)}
    with pytest.raises(InvalidInput), house.db.write() as session:
        service.change(session, house.bob, one, typed(house, now, from_ids=frozenset({three})), 1, now)


def test_agents_do_not_plan(house: House, now: datetime) -> None:
    with pytest.raises(Forbidden), house.db.write() as session:
        service.add(session, house.ann, typed(house, now), now)


def test_what_makes_no_campaign_is_named(house: House, now: datetime) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"name": " "}, "name"),
        ({"goal": ""}, "goal"),
        ({"owner_id": 999}, "owner"),
        ({"last": -11}, "last"),
        ({"last": 5000}, "last"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"page_ids": frozenset()}, "pages"),
        ({"page_ids": frozenset({999})}, "pages"),
        ({"disciplines": frozenset({"astrology"})}, "disciplines"),
        ({"from_ids": frozenset({999})}, "from"),
    ]
    for other, field in wrong:
        with pytest.raises(InvalidInput) as refused, house.db.write() as session:
            service.add(session, house.bob, typed(house, now, **other), now)  # type: ignore[arg-type]
        assert refused.value.field == field
    with house.db.read() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_the_calendar_is_shared(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring = plan()
    today = now.date()
    with house.db.write() as session:
        entry = EntryTyped(today.isoformat(), "Newsletter", "email", house.page_id)
        key = service.add_entry(session, house.bob, spring, entry, now)
        assert [one.title for one in queries.calendar(session, today, today)] == ["Newsletter"]
        service.remove_entry(session, house.bob, spring, key, now)
        assert queries.calendar(session, today, today) == []
    for wrong in (replace(entry, day="soon"), replace(entry, title=""), replace(entry, page_id=999)):
        with pytest.raises(InvalidInput), house.db.write() as session:
            service.add_entry(session, house.bob, spring, wrong, now)


def test_gaps_ahead_are_seen(house: House, now: datetime, plan: Callable[..., int]) -> None:
    plan(first=-10, last=5)
    with house.db.read() as session:
        (gap,) = queries.gaps(session, now.date())
        assert (gap.page_id, gap.gap.first, gap.gap.last) == (house.page_id, now.date() + timedelta(days=6), None)
        assert queries.around(session, [house.page_id], now) == {house.page_id: (0, 0)}
        later = now + timedelta(days=10)
        since, until = queries.around(session, [house.page_id], later)[house.page_id]
        assert (since is not None and since >= 4, until) == (True, None)


def admin_of(house: House, now: datetime) -> Actor:
    with house.db.write() as session:
        user_id = people.create_user(session, login="root", role=Role.ADMIN, password=None, now=now, teams=[])
        return accounts.actor(session, session.get_one(User, user_id))


def test_nobody_leaves_without_an_heir(house: House, now: datetime, plan: Callable[..., int]) -> None:
    admin = admin_of(house, now)
    old, spring = plan(name="Old", first=-10, last=-1), plan()
    with house.db.write() as session:
        stewards.appoint(session, house.bob, house.page_id, house.bob.id, house.ann.id, now)
        handing_over.sign(session, house.bob, old, heirs(house, heirs={house.page_id: house.bob.id}), now)
        session.get_one(HandOver, old).conversations_heir_id = house.bob.id
    for heir, error in ((None, Conflict), (house.bob.id, InvalidInput), (999, InvalidInput)):
        with pytest.raises(error), house.db.write() as session:
            stewards.switch_off(session, admin, house.bob.id, heir, now)
    with house.db.read() as session:
        assert session.get_one(User, house.bob.id).active
    with house.db.write() as session:
        stewards.switch_off(session, admin, house.bob.id, house.ann.id, now)
    with house.db.read() as session:
        assert not stewards.duties(session, house.bob.id)
        theirs = stewards.duties(session, house.ann.id)
        assert [one.id for one in theirs.pages] == [house.page_id]
        assert [one.id for one in theirs.campaigns] == [spring]
        assert [one.id for one in theirs.legacies] == [old]
        known = stewards.of_pages(session, [house.page_id])[house.page_id]
        assert known.deputy is None  # who stood in has it now


def test_who_becomes_a_steward_is_not_switched_off_meanwhile(house: House, now: datetime) -> None:
    with house.db.write() as session:
        stewards.appoint(session, house.bob, house.page_id, house.ann.id, None, now)
        if session.get_bind().dialect.name == "sqlite":
            return  # it admits the second only once the first is done
        leaving = select(User).where(User.id == house.ann.id).with_for_update(nowait=True, key_share=True)
        with pytest.raises(OperationalError), house.db.write() as second:
            second.scalars(leaving).all()


def test_somebody_without_duties_just_leaves(house: House, now: datetime) -> None:
    admin = admin_of(house, now)
    with house.db.write() as session:
        stewards.appoint(session, house.bob, house.page_id, house.bob.id, house.ann.id, now)
    with house.db.write() as session:
        stewards.switch_off(session, admin, house.ann.id, None, now)
    with house.db.read() as session:
        assert stewards.of_pages(session, [house.page_id])[house.page_id].deputy is None


def test_what_somebody_moved_stays_where_they_put_it(house: House, now: datetime, plan: Callable[..., int]) -> None:
    spring, summer = plan(), plan(name="Summer", first=-30, last=-20)
    talk_id = say(house, now - timedelta(hours=1))
    look(house, now)

    def belongs_to() -> int | None:
        with house.db.read() as session:
            return session.scalar(select(CampaignPost.campaign_id))

    def move(to: int | None, who: Actor = house.bob) -> None:
        with house.db.write() as session:
            belonging.move(session, who, session.get_one(Conversation, talk_id), to, now)

    assert belongs_to() == spring
    with pytest.raises(Forbidden):
        move(summer, house.ann)
    move(summer)
    assert belongs_to() == summer
    with house.db.write() as session:
        service.change(session, house.bob, spring, typed(house, now, last=20), 1, now)
    say(house, now - timedelta(days=9))  # an earlier comment under it is read late
    look(house, now)
    assert belongs_to() == summer
    with house.db.write() as session:
        handing_over.sign(session, house.bob, summer, heirs(house), now)
    with pytest.raises(Conflict):
        move(summer)
    move(None)
    assert belongs_to() == spring
