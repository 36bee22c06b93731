"""What rules do is counted, and what nobody would see for a while counts as out of sight."""

import pytest

from app.inbox.types import Priority
from app.routing import tally
from app.routing.tally import Outcome, Replayed
from app.routing.types import Verdict


def verdict(**does: object) -> Verdict:
    return Verdict("marketing", Priority.NORMAL, rule="r", matched=(), **({"spam": False} | does))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("does", "act", "unseen"),
    [({"snooze": 4}, "snooze", 1), ({"hide": True}, "hide", 1), ({"spam": True}, "spam", 1), ({}, "high", 0)],
)
def test_acts_are_counted(does: dict[str, object], act: str, unseen: int) -> None:
    found = tally.empty()
    del found["acts"]["snooze"]  # a trial that began before it was counted
    before, after = Outcome("1", verdict()), Outcome("1", verdict(**does))
    tally.add(found, [Replayed(1, 9, held=False, before=before, after=after, is_at="1", corrected_to=None)])
    assert found["acts"][act] == [0, unseen]
    assert tally.share_out_of_sight(found) == unseen
