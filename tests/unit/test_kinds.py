"""What news say a conversation is matches what lists are narrowed down by."""

from app.connectors.ports import SaidAs
from app.inbox.filters import Kind, kinds_of
from app.inbox.types import Priority


def test_every_kind_is_said_of_what_it_fits() -> None:
    assert kinds_of(Priority.NORMAL, False, False, None) == (Kind.FIRST,)
    assert set(kinds_of(Priority.HIGH, True, True, SaidAs.REVIEW)) == {
        Kind.URGENT,
        Kind.KNOWN,
        Kind.PRIVATE,
        Kind.REVIEW,
    }
    assert {Kind(one) for one in SaidAs} == {Kind.MENTION, Kind.REVIEW}
