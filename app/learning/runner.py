"""Learning anew from all examples: read, fit without any transaction open, keep."""

from collections.abc import Callable

import numpy as np

from app.core.clock import utc_now
from app.core.db import Database
from app.learning import fitting, queries, service
from app.learning.types import Learnt


def refit(
    db: Database, *, actor_id: int | None = None, tell: Callable[[float], None] = lambda _share: None
) -> Learnt | None:
    """Fit a version from all examples and let it judge if it is not worse; None when there is nothing to learn from.

    Takes from a blink to a minute, and begins anew when somebody learned from more meanwhile. ``tell`` is called with
    how much is done, 0 to 1.
    """
    while True:
        learnt, overtaken = _refit(db, actor_id, tell)
        if not overtaken:
            return learnt


def _refit(db: Database, actor_id: int | None, tell: Callable[[float], None]) -> tuple[Learnt | None, bool]:
    """What came of learning once; or True, and nothing is kept, where it would take the place of what knows more."""
    with db.read() as session:
        tried = queries.state(session).tried_example_id
        examples, newest, first_said = queries.training(session)
        current = queries.version_in_use(session)
        seen = current.last_example_id if current else 0
        before = queries.in_use(session).judge
        table = queries.destinations(session)
        reader = queries.reader(session)
    if not examples:
        return None, False
    # What was said again is no test of a version that learned from it the first time.
    unseen = np.array(first_said) > seen
    fitted = fitting.fit(examples, reader, table, before=before.model, unseen=unseen, tell=tell)
    with db.write() as session:
        if queries.state(session).tried_example_id > max(newest, tried):
            return None, True
        return service.keep_version(session, fitted, newest, utc_now(), actor_id), False


def refit_due(db: Database) -> Learnt | None:
    """Fit anew when enough was decided since the last time."""
    with db.read() as session:
        if not queries.is_due(session, utc_now()):
            return None
    return refit(db)
