"""Collecting in the contract suite as the product does it, and looking at what came."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import Access, Batch, Cursor, Item
from tests.connectors.stage import Stage

LATER = timedelta(hours=30)
"""After this long every connector has taken the deeper look it takes now and then."""


@dataclass
class Follower:
    """Collects as the product does: keeps what came, goes on from the last cursor."""

    stage: Stage
    access: Access | None = None
    cursor: Cursor | None = None
    since: datetime | None = None
    items: dict[str, Item] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)

    def walk(self, *, later: timedelta = timedelta()) -> Iterator[Batch]:
        access = self.access or self.stage.access
        now = datetime.now(UTC) + later
        for batch in self.stage.connector.collect(access, self.cursor, since=self.since, now=now):
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.items.update({item.external_id: item for item in batch.items})
            self.batches.append(batch)
            yield batch

    def poll(self, *, later: timedelta = timedelta()) -> list[Item]:
        """One complete walk; answers what came."""
        batches = list(self.walk(later=later))
        assert batches, "a walk gives at least one batch, to move the cursor and to say that it is complete"
        assert [batch.complete for batch in batches] == [False] * (len(batches) - 1) + [True]
        return [item for batch in batches for item in batch.items]


def now_known(follower: Follower, comment: str) -> Item:
    """A comment as collecting gave it last, or as a second look shows it."""
    stage = follower.stage
    if stage.connector.capabilities(stage.access).verify:
        for verdict in stage.connector.verify(stage.access, [comment], now=datetime.now(UTC)):
            if verdict.item is not None:
                follower.items[comment] = verdict.item
    return follower.items[comment]


def stands(stage: Stage, comment: str, text: str, began: datetime) -> bool:
    try:
        found = stage.connector.look_up(stage.access, stage.target(comment), text, key="k2", since=began)
    except Permanent as error:
        if error.code != errors.NOT_SUPPORTED:  # nobody can know, and that is said
            raise
        return False
    return found is not None


def texts(count: int) -> list[str]:
    return [f"Comment number {number}" for number in range(count)]


def folded(text: str) -> str:
    """A text without what blogs' typography changes: quotation marks, dashes, white space."""
    marks = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})
    return " ".join(text.translate(marks).split())
