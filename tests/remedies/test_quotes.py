"""Comments as evidence: signed as they read when they were chosen, whatever becomes of them at their platform."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from app.connectors.ports import Status
from app.core.errors import InvalidInput
from app.inbox.models import Comment
from app.remedies import proofs, quotes, signing
from app.remedies.models import RemedyProof
from app.remedies.types import State
from app.remedies.views import Quote, Since
from tests.remedies.stage import Stage

WORDS = "It came in pieces. \u202eNobody <b>answers</b>."


def offered(stage: Stage, talk: int = 0) -> list[Quote]:
    found: list[Quote] = stage.do(lambda s: quotes.offered(s, stage.talks[talk]))
    return found


def shown(stage: Stage, remedy_id: int) -> list[Quote]:
    found: list[Quote] = stage.do(lambda s: quotes.shown(s, remedy_id, stage.remedy(remedy_id).evidence))
    return found


@pytest.fixture
def chosen(stage: Stage) -> str:
    """What a form sends for Eva's comment."""
    stage.heard(WORDS)
    return offered(stage)[0].evidence


def test_a_signature_covers_the_comment_as_it_read(stage: Stage, chosen: str) -> None:
    one = stage.ask(evidence=[chosen, chosen])
    assert stage.remedy(one).evidence == [chosen]
    (quote,) = shown(stage, one)
    assert (quote.author, quote.text, quote.since) == ("Eva", WORDS, Since.SAME)
    assert quote.url == "https://blog.example/1#c1"
    other = stage.ask(talk=1, order_number="A-2")
    assert stage.remedy(one).content_hash != stage.remedy(other).content_hash
    stage.decide("sue", one)
    stage.run()
    assert stage.state(one) is State.EXECUTED


@pytest.mark.parametrize(
    ("since", "work"),
    [
        (Since.CHANGED, update(Comment).values(text="Never mind, all is well.")),
        (Since.REMOVED, update(Comment).values(status=Status.DELETED)),
        (Since.GONE, delete(Comment)),
    ],
)
def test_what_becomes_of_it_later_is_shown_and_changes_nothing(
    stage: Stage, chosen: str, since: Since, work: Any
) -> None:
    one = stage.ask(evidence=[chosen])
    stage.sql(work)
    (quote,) = shown(stage, one)
    assert (quote.text, quote.since) == (WORDS, since)
    assert quote.text_now == (
        "Never mind, all is well." if since is Since.CHANGED else "" if since is Since.GONE else WORDS
    )
    stage.edit("ben", one, paid="", evidence=[chosen], amount="50")
    assert shown(stage, one)[0].text == WORDS, "also in a later version"
    stage.decide("sue", one)
    stage.run()
    assert stage.state(one) is State.EXECUTED, "as signed"


def test_what_was_changed_while_it_was_chosen_is_chosen_again(stage: Stage, chosen: str) -> None:
    stage.sql(update(Comment).values(text="Never mind, all is well."))
    with pytest.raises(InvalidInput, match="changed or removed meanwhile"):
        stage.ask(evidence=[chosen])


def test_only_what_is_part_of_the_conversation_can_be_given(stage: Stage) -> None:
    stage.heard(WORDS, talk=1)
    (elsewhere,) = offered(stage, talk=1)
    for wrong in (elsewhere.evidence, "comment:1:x", "comment:", "comment:x:" + "0" * 64, "comment:" + "9" * 40 + ":x"):
        with pytest.raises(InvalidInput) as refused:
            stage.ask(evidence=[wrong])
        assert refused.value.field == "comments"
    assert stage.ask(talk=1, evidence=[elsewhere.evidence])


def test_ten_at_most(stage: Stage) -> None:
    for number in range(11):
        stage.heard(f"No. {number}")
    marks = [one.evidence for one in offered(stage)]
    with pytest.raises(InvalidInput, match="At most 10 comments"):
        stage.ask(evidence=marks)
    assert len(shown(stage, stage.ask(evidence=marks[:10]))) == 10


def test_removed_ones_are_not_offered_and_the_latest_words_are_likely(stage: Stage) -> None:
    first = stage.heard("First.", published_at=stage.now - timedelta(days=1))
    stage.heard("Spam!", status=Status.SPAM)
    stage.heard("We are sorry.", is_us=True, published_at=stage.now)
    found: list[Quote] = stage.do(lambda s: quotes.choices(s, stage.talks[0], None, []))
    assert [one.text for one in found] == ["We are sorry.", "First."]
    assert quotes.likely(found) == {quotes.mark(first, quotes.digest(found[1].evidence))}


def test_one_that_reads_otherwise_by_now_can_be_kept_or_chosen_anew(stage: Stage, chosen: str) -> None:
    one = stage.ask(evidence=[chosen])
    stage.sql(update(Comment).values(text="All is lost."))
    found: list[Quote] = stage.do(lambda s: quotes.choices(s, stage.talks[0], one, [chosen]))
    assert {(quote.text, quote.since) for quote in found} == {(WORDS, Since.CHANGED), ("All is lost.", Since.SAME)}


def test_a_changed_offer_takes_it_along(stage: Stage, chosen: str) -> None:
    one, sue = stage.ask(evidence=[chosen]), stage.actor("sue")
    stage.sql(delete(Comment))
    offer = stage.do(lambda s: signing.counter_offer(s, sue, one, "40", "half", stage.now, version=1, key="offer-1"))
    assert [quote.text for quote in shown(stage, offer)] == [WORDS]


def test_what_was_exchanged_all_the_same_is_not_shown(stage: Stage, chosen: str) -> None:
    one, sue = stage.ask(evidence=[chosen]), stage.actor("sue")
    name, table = "remedy_pictures_picture_kept", "remedy_pictures"
    postgres = stage.db.engine.dialect.name == "postgresql"
    stage.sql(text(f"DROP TRIGGER {name} ON {table}" if postgres else f"DROP TRIGGER {name}"))
    stage.sql(update(RemedyProof).values(body=b'{"text":"forged"}'))
    (quote,) = shown(stage, one)
    assert (quote.text, quote.since) == ("", Since.NOT_KEPT)
    with pytest.raises(Exception, match="no such picture"), stage.db.read() as session:
        proofs.picture(session, sue, one, quotes.digest(chosen))
