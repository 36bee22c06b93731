"""Pictures as evidence: signed by what they show, kept with the request, seen by those who may, gone with it."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.core import pictures
from app.core.errors import InvalidInput, NotFound
from app.core.pictures import Picture
from app.remedies import proofs, service, signing
from app.remedies.models import Remedy, RemedyProof
from app.remedies.types import State
from tests.remedies.stage import Stage


def drawn(colour: str) -> Picture:
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return pictures.checked(out.getvalue())


RED, BLUE = drawn("red"), drawn("blue")


def mark(one: Picture) -> str:
    return proofs.MARK + one.digest


def kept(stage: Stage, remedy_id: int) -> set[str]:
    with stage.db.read() as session:
        return proofs.digests(session, remedy_id)


def test_a_signature_covers_the_pictures(stage: Stage) -> None:
    bare = stage.ask(order_number="A-1")
    proved = stage.ask(talk=1, order_number="A-2", pictures=[RED, RED, BLUE], evidence=["https://blog.example/1"])
    assert stage.remedy(bare).evidence == []
    assert stage.remedy(proved).evidence == ["https://blog.example/1", mark(RED), mark(BLUE)]
    assert kept(stage, proved) == {RED.digest, BLUE.digest}
    stage.decide("sue", proved)
    stage.run()
    assert stage.state(proved) is State.EXECUTED


def test_leaving_one_out_is_a_change_that_voids_signatures(stage: Stage) -> None:
    one = stage.ask(pictures=[RED, BLUE])
    stage.decide("sue", one)
    stage.edit("ben", one, paid="", evidence=[mark(BLUE)])
    shown = stage.remedy(one)
    assert (shown.state, shown.version, shown.evidence) == (State.ASKED, 2, [mark(BLUE)])
    assert kept(stage, one) == {RED.digest, BLUE.digest}, "the earlier version can still be read"


@pytest.mark.parametrize("stranger", [mark(BLUE), proofs.MARK + "../../etc/passwd"])
def test_a_picture_that_nobody_sent_is_refused(stage: Stage, stranger: str) -> None:
    other = stage.ask(order_number="A-2", pictures=[BLUE])
    with pytest.raises(InvalidInput):
        stage.ask(evidence=[stranger], pictures=[RED])
    assert len(kept(stage, other)) == 1


def test_a_changed_offer_takes_them_along(stage: Stage) -> None:
    one, sue = stage.ask(pictures=[RED]), stage.actor("sue")
    offer = stage.do(lambda s: signing.counter_offer(s, sue, one, "40", "half", stage.now, version=1, key="offer-1"))
    assert stage.remedy(offer).evidence == [mark(RED)]
    assert kept(stage, offer) == {RED.digest}


def test_the_database_takes_no_other_picture_or_evidence(stage: Stage) -> None:
    one = stage.ask(pictures=[RED])
    with pytest.raises(IntegrityError, match="picture kept"):
        stage.sql(update(RemedyProof).values(body=BLUE.body))
    with pytest.raises(IntegrityError, match="remedy evidence"):
        stage.sql(update(Remedy).where(Remedy.id == one).values(evidence=[]))


def test_what_was_exchanged_all_the_same_is_not_shown_nor_carried_out(stage: Stage) -> None:
    one, sue = stage.ask(pictures=[RED]), stage.actor("sue")
    stage.decide("sue", one)
    for name, table in (("remedy_pictures_picture_kept", "remedy_pictures"), ("remedies_remedy_evidence", "remedies")):
        postgres = stage.db.engine.dialect.name == "postgresql"
        stage.sql(text(f"DROP TRIGGER {name} ON {table}" if postgres else f"DROP TRIGGER {name}"))
    stage.sql(update(RemedyProof).values(body=BLUE.body))
    with pytest.raises(NotFound), stage.db.read() as session:
        proofs.picture(session, sue, one, RED.digest)
    stage.sql(update(Remedy).where(Remedy.id == one).values(evidence=[mark(BLUE)]))
    stage.run()
    assert (stage.state(one), stage.till.effects) == (State.FAILED, [])


def test_they_go_with_their_remedy(stage: Stage) -> None:
    one = stage.ask(pictures=[RED])
    stage.do(lambda s: service.remove_pages(s, [stage.remedy(one).page_id]))
    with stage.db.read() as session:
        assert session.scalars(select(RemedyProof.id)).all() == []


def test_five_at_most(stage: Stage) -> None:
    many = [drawn(f"rgb({n},0,0)") for n in range(6)]
    with pytest.raises(InvalidInput, match="At most 5 pictures"):
        stage.ask(pictures=many)
    assert stage.ask(pictures=many[:5])
