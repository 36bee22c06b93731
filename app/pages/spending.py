"""What was spent of budgets that pages share: kept in the database, so that it holds over all workers and an emptied
Redis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.connectors.meter import Budget
from app.core.db import Database, changed_rows, insert_or, run_in_bulk, table_of
from app.pages.models import Spending

KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Keeps count for all connectors; each count is a short transaction of its own."""

    db: Database

    def reserve(self, budget: Budget, most: int) -> bool:
        with self.db.write() as session:
            _open(session, budget)
            room = Spending.used + most <= budget.limit
            taken = update(Spending).where(Spending.key == budget.key, room).values(used=Spending.used + most)
            return changed_rows(session, taken) == 1

    def settle(self, budget: Budget, most: int, cost: int) -> None:
        with self.db.write() as session:
            changed = Spending.used - most + cost
            run_in_bulk(session, update(Spending).where(Spending.key == budget.key).values(used=changed))


def used(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """What was spent of these budgets, in millionths of a dollar; those of which nothing was are left out."""
    return {one.key: one.used for one in session.scalars(select(Spending).where(Spending.key.in_(keys)))}


def tidy(session: Session, now: datetime) -> None:
    """Forget what nobody asks about any more."""
    run_in_bulk(session, delete(Spending).where(Spending.ends_at < now - KEPT))


def _open(session: Session, budget: Budget) -> None:
    values = {"key": budget.key, "used": 0, "ends_at": budget.ends_at}
    session.execute(
        insert_or(session, table_of(Spending)).values(values).on_conflict_do_nothing(index_elements=["key"])
    )
