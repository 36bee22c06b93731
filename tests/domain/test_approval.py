"""Answers that somebody else has to approve."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.types import Actor, Role
from app.campaigns.models import Campaign, CampaignPost
from app.connectors.ports import Status
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.inbox import service as inbox
from app.inbox import threads
from app.inbox.models import Comment, Conversation, ConversationMark
from app.inbox.types import ConversationState, Mark
from app.replies import approval, queries, requirements
from app.replies import service as replies
from app.replies.approval import Decision
from app.replies.models import Proposal, Reply
from app.replies.speaking import Answer
from app.replies.types import Others, ProposalState, Subject
from app.writing import queries as writing
from app.writing.types import Voice
from tests.domain.conftest import House


@pytest.fixture
def talk(house: House, now: datetime) -> int:
    house.platform.say("Vera", "A picture of a door", now - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id)).one()


@pytest.fixture
def chief(house: House, now: datetime) -> Actor:
    """A supervisor."""
    with house.db.write() as session:
        return accounts.person(
            session,
            people.create_user(
                session, login="chief", role=Role.SUPERVISOR, password="correct horse", now=now, teams=[]
            ),
        )


def propose(house: House, talk: int, now: datetime, text: str = "Hello Vera", who: Actor | None = None) -> int:
    author = who or house.ann
    with house.db.write() as session:
        return approval.propose(
            session, author, talk, Answer(text, True), key=f"{author.id}-{text}", version=None, limit=None, now=now
        )


def approve(house: House, who: Actor, proposal: int, now: datetime, text: str = "Hello Vera", **more: Others) -> int:
    with house.db.write() as session:
        return approval.approve(
            session, who, proposal, Decision(text, None, **more), limit=None, undo_seconds=10, now=now
        )


def marked(house: House, talk: int) -> bool:
    with house.db.read() as session:
        found = session.get(ConversationMark, (talk, Mark.APPROVAL))
    return found is not None


def draft(house: House, talk: int, who: Actor, now: datetime) -> str | None:
    with house.db.read() as session:
        one = writing.begun(session, who, talk, now).own(who.id, Voice.REPLY)
    return one.text if one else None


def test_who_needs_approval_and_why(house: House, talk: int, chief: Actor, now: datetime) -> None:
    with house.db.write() as session:
        one = session.get_one(Conversation, talk)
        assert requirements.of(session, house.ann.id, one) == []
        requirements.add(session, chief, Subject.PERSON, house.ann.id, "First week", now)
        requirements.add(session, chief, Subject.PAGE, house.page_id, "Launch", now)
        requirements.add(session, chief, Subject.TEAM, house.marketing_team, "Press", now)
        assert [found.reason for found in requirements.of(session, house.ann.id, one)] == [
            "First week",
            "Launch",
            "Press",
        ]
        assert [found.reason for found in requirements.of(session, house.bob.id, one)] == ["Launch", "Press"]
        assert [found.name for found in requirements.all_of_them(session)] == ["ann", "Our blog", "Marketing"]


def test_under_a_campaigns_posts_everybody_needs_approval(house: House, talk: int, chief: Actor, now: datetime) -> None:
    with house.db.write() as session:
        for number in (1, 2):
            session.add(
                Campaign(
                    id=number, name=f"Launch {number}", goal="", owner_id=house.ann.id, starts_on=now.date(),
                    ends_on=now.date(), zone="UTC", disciplines=[], created_at=now,
                )
            )  # fmt: skip
        session.flush()
        one = session.get_one(Conversation, talk)
        session.add(CampaignPost(post_id=one.post_id, page_id=house.page_id, campaign_id=2))
        other = requirements.add(session, chief, Subject.CAMPAIGN, 1, "Another launch", now)
        assert requirements.of(session, house.bob.id, one) == []
        requirements.add(session, chief, Subject.CAMPAIGN, 2, "Launch", now)
        (found,) = requirements.of(session, house.bob.id, one)
        assert (found.subject, found.subject_id, found.reason) == (Subject.CAMPAIGN, 2, "Launch")
        assert [each.name for each in requirements.all_of_them(session)] == ["Launch 1", "Launch 2"]
        requirements.remove(session, chief, other, now)
    with pytest.raises(Conflict), house.db.write() as session:
        requirements.add(session, chief, Subject.CAMPAIGN, 2, "Again", now)


def test_without_approval_it_is_not_sent(house: House, talk: int, chief: Actor, now: datetime) -> None:
    with house.db.write() as session:
        requirements.add(session, chief, Subject.PERSON, house.ann.id, "First week", now)
    with pytest.raises(Conflict, match="needs approval"), house.db.write() as session:
        replies.send(
            session,
            house.ann,
            talk,
            "Hello",
            key="k" * 10,
            version=None,
            resolve=True,
            limit=None,
            undo_seconds=0,
            now=now,
        )


def test_requirements_are_set_once_and_not_lifted_by_whom_they_bind(
    house: House, talk: int, chief: Actor, now: datetime
) -> None:
    with house.db.write() as session:
        own = requirements.add(session, chief, Subject.PERSON, chief.id, "New here", now)
    with pytest.raises(Conflict), house.db.write() as session:
        requirements.add(session, chief, Subject.PERSON, chief.id, "Again", now)
    with pytest.raises(Forbidden), house.db.write() as session:
        requirements.remove(session, chief, own, now)
    with pytest.raises(InvalidInput), house.db.write() as session:
        requirements.add(session, chief, Subject.PAGE, house.page_id, " ", now)
    with pytest.raises(NotFound), house.db.write() as session:
        requirements.add(session, chief, Subject.PAGE, 999, "x", now)
    with house.db.write() as session:
        requirements.remove(session, house.bob, own, now)
        assert requirements.all_of_them(session) == []


def test_proposed_changed_approved_and_sent(house: House, talk: int, chief: Actor, now: datetime) -> None:
    proposal = propose(house, talk, now)
    assert propose(house, talk, now) == proposal
    assert marked(house, talk)
    with house.db.read() as session:
        (waiting,) = queries.proposals(session, chief, talk)
        view = threads.conversation(session, chief, talk)
    assert (waiting.author_id, waiting.text) == (house.ann.id, "Hello Vera")
    assert (view.state, view.assignee_id) == (ConversationState.NEW, house.ann.id)
    approve(house, chief, proposal, now, "Hello Vera, thank you")
    assert not marked(house, talk)
    with house.db.read() as session:
        (reply,) = queries.replies(session, house.ann, talk)
        assert threads.conversation(session, chief, talk).state is ConversationState.DONE
        assert queries.proposals(session, chief, talk) == []
        assert session.get_one(Proposal, proposal).text == "Hello Vera"
    assert (reply.author_id, reply.approved_by, reply.text) == (house.ann.id, "chief", "Hello Vera, thank you")


def test_nobody_approves_their_own(house: House, talk: int, chief: Actor, now: datetime) -> None:
    proposal = propose(house, talk, now, who=chief)
    with pytest.raises(Forbidden, match="own answer"):
        approve(house, chief, proposal, now)
    with pytest.raises(IntegrityError), house.db.write() as session:
        session.execute(
            update(Proposal).values(state=ProposalState.APPROVED, reviewer_id=chief.id).where(Proposal.id == proposal)
        )
    with pytest.raises(IntegrityError), house.db.write() as session:
        session.execute(update(Proposal).values(state=ProposalState.APPROVED).where(Proposal.id == proposal))


def test_agents_approve_nothing(house: House, talk: int, now: datetime) -> None:
    proposal = propose(house, talk, now)
    with pytest.raises(Forbidden):
        approve(house, house.bob, proposal, now)
    with pytest.raises(Forbidden), house.db.write() as session:
        approval.refuse(session, house.bob, proposal, "No", None, now)


def test_refused_with_a_remark_it_is_a_draft_again(house: House, talk: int, chief: Actor, now: datetime) -> None:
    proposal = propose(house, talk, now)
    with pytest.raises(InvalidInput), house.db.write() as session:
        approval.refuse(session, chief, proposal, " ", None, now)
    with house.db.write() as session:
        approval.refuse(session, chief, proposal, "Friendlier, please", None, now)
    assert draft(house, talk, house.ann, now) == "Hello Vera"
    with house.db.read() as session:
        assert writing.begun(session, chief, talk, now).claim is None
        (shown,) = queries.proposals(session, house.ann, talk)
        assert queries.proposals(session, chief, talk) == []
    assert (shown.remark, shown.reviewer) == ("Friendlier, please", "chief")
    assert not marked(house, talk)
    with pytest.raises(Conflict, match="decided already"):
        approve(house, chief, proposal, now)


def test_taken_back_by_its_author_only(house: House, talk: int, now: datetime) -> None:
    proposal = propose(house, talk, now)
    with pytest.raises(Forbidden), house.db.write() as session:
        approval.withdraw(session, house.bob, proposal, now)
    with house.db.write() as session:
        approval.withdraw(session, house.ann, proposal, now)
    assert draft(house, talk, house.ann, now) == "Hello Vera"
    assert not marked(house, talk)


def test_several_answers_to_one_comment_are_settled_together(
    house: House, talk: int, chief: Actor, now: datetime
) -> None:
    one, two = propose(house, talk, now), propose(house, talk, now, "Dear Vera", house.bob)
    with pytest.raises(Conflict, match="wait too"):
        approve(house, chief, one, now)
    approve(house, chief, one, now, others=Others.REFUSE)
    with house.db.read() as session:
        other = session.get_one(Proposal, two)
        assert (other.state, other.reviewer_id) == (ProposalState.REFUSED, chief.id)
    assert draft(house, talk, house.bob, now) == "Dear Vera"
    assert not marked(house, talk)


def test_the_others_can_be_kept(house: House, talk: int, chief: Actor, now: datetime) -> None:
    one, two = propose(house, talk, now), propose(house, talk, now, "Dear Vera", house.bob)
    approve(house, chief, one, now, others=Others.KEEP)
    assert marked(house, talk)
    approve(house, chief, two, now, "Dear Vera")
    assert not marked(house, talk)


def test_ones_own_answer_gives_way(house: House, talk: int, chief: Actor, now: datetime) -> None:
    own, other = propose(house, talk, now, "Mine", chief), propose(house, talk, now)
    approve(house, chief, other, now, others=Others.REFUSE)
    with house.db.read() as session:
        assert session.get_one(Proposal, own).state is ProposalState.WITHDRAWN
    assert draft(house, talk, chief, now) == "Mine"


def test_undone_by_the_reviewer_it_waits_again_by_the_author_it_is_a_draft(
    house: House, talk: int, chief: Actor, now: datetime
) -> None:
    proposal = propose(house, talk, now)
    reply = approve(house, chief, proposal, now)
    with pytest.raises(Forbidden), house.db.write() as session:
        replies.undo(session, house.bob, reply, now)
    with house.db.write() as session:
        replies.undo(session, chief, reply, now)
    assert marked(house, talk)
    reply = approve(house, chief, proposal, now)
    with house.db.write() as session:
        replies.undo(session, house.ann, reply, now)
    assert draft(house, talk, house.ann, now) == "Hello Vera"
    assert not marked(house, talk)


def test_what_changed_meanwhile_is_looked_at_first(house: House, talk: int, chief: Actor, now: datetime) -> None:
    proposal = propose(house, talk, now)
    with house.db.write() as session:
        seen = session.get_one(Conversation, talk).version
        inbox.take(session, house.bob, talk, None, now)
    with pytest.raises(Conflict, match="has changed"), house.db.write() as session:
        approval.approve(session, chief, proposal, Decision("x", seen), limit=None, undo_seconds=0, now=now)
    with house.db.write() as session:
        session.execute(update(Comment).values(status=Status.DELETED))
    with pytest.raises(Conflict, match="no longer there"):
        approve(house, chief, proposal, now)


def test_two_who_decide_at_once_decide_once(house: House, talk: int, chief: Actor, now: datetime) -> None:
    with house.db.write() as session:
        other = accounts.person(
            session,
            people.create_user(session, login="chief2", role=Role.ADMIN, password="correct horse", now=now, teams=[]),
        )
    proposal = propose(house, talk, now)
    refusals: list[str] = []

    def decide(who: Actor) -> None:
        try:
            approve(house, who, proposal, now)
        except Conflict as error:
            refusals.append(error.code)

    threads = [threading.Thread(target=decide, args=(who,)) for who in (chief, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals == ["settled"]
    with house.db.read() as session:
        assert len(session.scalars(select(Reply)).all()) == 1
