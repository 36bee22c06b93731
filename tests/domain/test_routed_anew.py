"""What is known changes, and the conversation is judged anew: once for each change, never against people."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.campaigns.models import Campaign, CampaignPage, CampaignPost
from app.connectors.ports import Status
from app.contacts import care
from app.contacts.types import VIP
from app.inbox import consequences
from app.inbox import queries as inbox
from app.inbox import service as inbox_service
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, ListFilter, Row
from app.outreach import service as outreach
from app.outreach.types import By, Source, Typed
from app.routing import anew, queries, service, versions
from app.routing.anew import Change
from app.routing.types import Cause
from tests.domain.conftest import House


def only(house: House, state: ConversationState = ConversationState.NEW) -> Row:
    with house.db.read() as session:
        (row,) = inbox.rows(session, ListFilter(state))
    return row


def settle(house: House, now: datetime) -> int:
    with house.db.write() as session:
        return anew.route_anew(session, now)


def edit(house: House, number: str, **changes: object) -> None:
    """It is different at the platform, and we look."""
    house.platform.comments[number] = replace(house.platform.comments[number], **changes)  # type: ignore[arg-type]
    house.collect()


@pytest.fixture
def praised(house: House, now: datetime) -> str:
    number = house.platform.say("Eva", "Wonderful!", now)
    house.collect()
    assert only(house).team_id == house.marketing_team
    return number


def test_an_edited_text_is_judged_anew_once(house: House, praised: str, now: datetime) -> None:
    before = only(house)
    edit(house, praised, text="Broken on the first day")
    with house.db.read() as session:
        assert anew.has_waiting(session)
    assert settle(house, now) == 1
    after = only(house)
    assert after.team_id == house.service_team
    assert after.version > before.version
    with house.db.read() as session:
        _first, second = queries.explain(session, after.id)
        assert not anew.has_waiting(session)
    assert (second.cause, second.rule) == (Cause.EDITED, "Something is broken or wrong")
    edit(house, praised, text="Wonderful!")
    settle(house, now)
    edit(house, praised, text="Broken on the first day")
    assert settle(house, now) == 0
    assert only(house).team_id == house.marketing_team


def test_an_edit_that_changes_nothing_leaves_no_line(house: House, praised: str, now: datetime) -> None:
    edit(house, praised, text="Wonderful, wonderful!")
    assert settle(house, now) == 1
    with house.db.read() as session:
        assert len(queries.explain(session, only(house).id)) == 1


def test_what_people_decided_or_took_stays(house: House, praised: str, now: datetime) -> None:
    with house.db.write() as session:
        service.correct(session, house.bob, only(house).id, house.service_team, version=None, reason="", now=now)
    edit(house, praised, text="Lovely campaign")
    assert settle(house, now) == 1
    assert only(house).team_id == house.service_team


def test_the_platform_changes_its_mind_about_spam(house: House, now: datetime) -> None:
    number = house.platform.say("Eva", "Sunday it is", now)
    house.collect()
    edit(house, number, status=Status.SPAM)
    edit(house, number, status=Status.LIVE)
    assert settle(house, now) == 2


def test_what_a_rule_set_aside_comes_back_when_its_text_is_harmless(house: House, now: datetime) -> None:
    number = house.platform.say("Eva", "buy followers now", now)
    house.collect()
    assert only(house, ConversationState.SPAM).snippet == "buy followers now"
    edit(house, number, text="Where is my parcel?")
    settle(house, now)
    assert only(house).team_id == house.service_team


def test_what_a_person_set_aside_stays_there(house: House, praised: str, now: datetime) -> None:
    with house.db.write() as session:
        inbox_service.set_aside(session, house.bob, only(house).id, None, now)
    edit(house, praised, text="Broken on the first day")
    settle(house, now)
    assert only(house, ConversationState.SPAM).team_id == house.marketing_team


def test_a_conversation_does_not_go_round_in_circles(house: House, praised: str, now: datetime) -> None:
    texts = ("Broken {}", "Wonderful {}")
    for turn in range(anew.MOST_A_DAY + 3):
        edit(house, praised, text=texts[turn % 2].format(turn))
        settle(house, now)
    talk = only(house)
    with house.db.read() as session:
        steps = queries.explain(session, talk.id)
    assert sum(step.cause is not None for step in steps) == anew.MOST_A_DAY
    edit(house, praised, text="Wonderful again")
    settle(house, now + timedelta(days=2))
    with house.db.read() as session:
        assert len(queries.explain(session, talk.id)) >= len(steps)


@pytest.mark.parametrize("met", [True, False])
def test_a_person_who_is_marked_as_vip_is_a_changed_fact(house: House, now: datetime, met: bool) -> None:
    """Also somebody whom we met with this very conversation."""
    if met:
        house.platform.say("Eva", "Sunday it is", now - timedelta(hours=2), key="eva")
        house.collect()
    house.platform.say("Eva", "Monday it is", now, key="eva")
    house.collect()
    rule = '[[rule]]\nname = "Dear ones"\nauthor_vip = true\nteam = "customer_service"\npriority = "high"\n'
    with house.db.write() as session:
        versions.install(session, rule, now)
        newest = max(inbox.rows(session, ListFilter(ConversationState.NEW)), key=lambda row: row.id)
        contact = session.get_one(Conversation, newest.id).contact_id
        care.mark(session, house.ann, contact, VIP, now)
    for _again in range(2):
        with house.db.write() as session:
            anew.note_people(session, now)
        settle(house, now)
    with house.db.read() as session:
        steps = queries.explain(session, newest.id)
    assert [(step.cause, step.rule) for step in steps[1:]] == [(Cause.AUTHOR, "Dear ones")]


def test_what_a_rule_does_besides_is_another_decision_too(house: House, praised: str, now: datetime) -> None:
    """Tags, a person, a prepared answer, skills and who is told: none of them moves it, all of them are done."""
    source = """
[[rule]]
name = "Broken"
words = ["broken"]
team = "marketing"
assignee = "ann"
tags = ["fragile"]
skills = ["glue"]
notify = ["bob"]
"""
    with house.db.write() as session:
        versions.install(session, source, now)
    edit(house, praised, text="Broken on the first day")
    assert settle(house, now) == 1
    row = only(house)
    assert (row.team_id, set(row.tags), row.assignee_id) == (house.marketing_team, {"fragile", "glue"}, house.ann.id)
    edit(house, praised, text="Broken on the second day")
    settle(house, now)
    with house.db.read() as session:
        steps = queries.explain(session, row.id)
    assert [(step.cause, step.tags, step.assignee) for step in steps[1:]] == [(Cause.EDITED, ("fragile",), "ann")]


def test_what_is_done_to_many_people_at_once_is_noted_for_all(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anew, "BATCH", 2)
    for number in range(5):
        house.platform.say(f"Eva {number}", "Sunday it is", now, key=f"eva{number}")
    house.collect()
    with house.db.write() as session:
        versions.install(session, '[[rule]]\nname = "Dear"\nauthor_vip = true\npriority = "high"\n', now)
        for contact in session.scalars(select(Conversation.contact_id)):
            care.mark(session, house.ann, contact, VIP, now)
    for _again in range(3):
        with house.db.write() as session:
            anew.note_people(session, now)
        settle(house, now)
    with house.db.read() as session:
        steps = [queries.explain(session, talk)[-1] for talk in all_talks(house)]
    assert [step.cause for step in steps] == [Cause.AUTHOR] * 5


def test_how_a_department_stands_is_a_changed_fact(house: House, now: datetime) -> None:
    number = house.platform.say("Eva", "Sunday it is", now)
    author = replace(house.platform.comments[number].author, url="https://eva.example/about")
    edit(house, number, author=author)
    rule = '[[rule]]\nname = "Disputes"\nauthor_stances = ["dispute"]\nteam = "customer_service"\n'
    with house.db.write() as session:
        versions.install(session, rule, now)
        early = (now - timedelta(hours=1)).isoformat()
        typed = Typed("complaint", "dispute", "Eva", site="https://eva.example", message="Letter", since=early)
        outreach.record(session, By(house.service_team, house.ann.id, Source.PAGE, house.ann), typed, now)
    for _again in range(2):
        with house.db.write() as session:
            anew.note_people(session, now)
        settle(house, now)
    with house.db.read() as session:
        steps = queries.explain(session, only(house).id)
    assert [(step.cause, step.rule) for step in steps[1:]] == [(Cause.AUTHOR, "Disputes")]


def test_a_fact_about_the_person_is_noted_once(house: House, now: datetime) -> None:
    house.platform.say("Eva", "Sunday it is", now - timedelta(hours=2), key="eva")
    house.collect()
    house.platform.say("Eva", "Monday it is", now, key="eva")
    house.collect()
    with house.db.write() as session:
        versions.install(
            session, '[[rule]]\nname = "Seen before"\nearlier_at_least = 1\nteam = "customer_service"\n', now
        )
    with house.db.read() as session:
        newest = max(inbox.rows(session, ListFilter(ConversationState.NEW)), key=lambda row: row.id)
    with house.db.write() as session:
        change = Change(newest.id, Cause.AUTHOR, "vip:1")
        anew.note(session, [change, change], now)
        anew.note(session, [change], now)
    assert settle(house, now) == 1
    with house.db.read() as session:
        assert queries.explain(session, newest.id)[-1].cause is Cause.AUTHOR


def test_a_remedy_that_is_begun_is_a_changed_fact(house: House, now: datetime) -> None:
    for text, hours in (("Sunday it is", 2), ("Monday it is", 0)):
        house.platform.say("Eva", text, now - timedelta(hours=hours), key="eva")
        house.collect()
    rule = '[[rule]]\nname = "Owed"\nremedy_open = true\nteam = "customer_service"\npriority = "high"\n'
    with house.db.write() as session:
        versions.install(session, rule, now)
    first, other = sorted(all_talks(house))
    for count in (1, 1, 2):
        with house.db.write() as session:
            talk = session.get_one(Conversation, first)
            consequences.set_remedies_open(session, talk, count, now)
            anew.note_remedy(session, talk, now)
        settle(house, now)
    with house.db.read() as session:
        steps = queries.explain(session, other)
    assert [(step.cause, step.rule) for step in steps[1:]] == [(Cause.REMEDY, "Owed")]


def test_rules_ask_for_the_campaign_of_a_post_and_until_it_is_known_what_runs(house: House, now: datetime) -> None:
    with house.db.write() as session:
        for number, first in ((1, now.date()), (2, now.date() - timedelta(days=90))):
            run = Campaign(
                id=number, name=f"C{number}", goal="g", owner_id=house.ann.id, starts_on=first - timedelta(days=3),
                ends_on=first + timedelta(days=3), zone="UTC", disciplines=[], created_at=now,
            )  # fmt: skip
            session.add(run)
            session.flush()
            session.add(CampaignPage(campaign_id=number, page_id=house.page_id))
        rules = (
            f'[[rule]]\nname = "C{number}"\ncampaigns = [{number}]\nteam = "customer_service"\n' for number in (1, 2)
        )
        versions.install(session, "\n".join(rules), now)
    house.platform.say("Eva", "Sunday it is", now)
    house.collect()
    with house.db.write() as session:
        (talk,) = session.scalars(select(Conversation))
        assert [step.rule for step in queries.explain(session, talk.id)] == ["C1"]
        session.add(CampaignPost(post_id=talk.post_id, page_id=house.page_id, campaign_id=2))
    house.platform.say("Ida", "Monday it is", now)
    house.collect()
    with house.db.read() as session:
        assert [step.rule for step in queries.explain(session, max(all_talks(house)))] == ["C2"]


def all_talks(house: House) -> list[int]:
    """All conversations."""
    with house.db.read() as session:
        return list(session.scalars(select(Conversation.id)))
