"""A queue with leases: what is due, who has it, what came of it. Each step is a short transaction of its own; none
spans the network. Services flush; the edge commits.

A row that was being sent when its lease ran out may have arrived: it is claimed to be looked up, never to be sent.
"""

import secrets
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Sent
from app.core.chance import draw
from app.core.db import changed_rows
from app.core.jobs import JobName, defer_wake
from app.pages import service as pages
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState
from app.sending import rules
from app.sending.models import Leaving
from app.sending.types import Claimed, Failure, SendState, WhatT

RowT = TypeVar("RowT", bound=Leaving)


class Queue(ABC, Generic[RowT, WhatT]):
    """The rows of one table on their way. What is kept of them besides, and who is told, the table's own queue adds."""

    table: type[RowT]
    job: JobName
    """The job that works through them."""

    def next_of_pages(self, session: Session, now: datetime, ahead: int) -> list[tuple[int, int]]:
        """(page, id) of what each page can work on now, up to ``ahead`` of each page in their order.

        However much waits for one page, the others have their turn.
        """
        place = func.row_number().over(partition_by=self.table.page_id, order_by=self._order())
        ranked = self._ready(now).add_columns(place.label("place")).subquery()
        first = select(ranked.c.page_id, ranked.c.id).where(ranked.c.place <= ahead)
        return [
            (page_id, number) for page_id, number in session.execute(first.order_by(ranked.c.place, ranked.c.due_at))
        ]

    def has_due(self, session: Session, now: datetime) -> bool:
        """Whether a worker would find something to do."""
        return session.execute(self._ready(now).limit(1)).first() is not None

    def _ready(self, now: datetime) -> Select[int, int, datetime]:
        """Page, id and time of what can be worked on now, nothing of stopped pages."""
        one = self.table
        free = or_(one.lease_until.is_(None), one.lease_until <= now)
        ready = or_(
            and_(one.state == SendState.QUEUED, one.due_at <= now),
            and_(one.state == SendState.SENDING, one.lease_until <= now),
            and_(one.state == SendState.UNKNOWN, one.due_at <= now, free),
        )
        return (
            select(one.page_id, one.id, one.due_at)
            .join(Page, Page.id == one.page_id)
            .join(Connection, Connection.page_id == one.page_id)
            .where(ready, Page.state == PageState.ACTIVE, Connection.state != ConnectionState.STOPPED)
        )

    def _order(self) -> tuple[ColumnExpressionArgument[Any], ...]:
        """In which order what waits for one page leaves."""
        return (self.table.due_at, self.table.id)

    def claim(self, session: Session, number: int, now: datetime, lease_seconds: float) -> Claimed[WhatT] | None:
        """Claim a row for this process; None when somebody else was quicker, or it must not leave."""
        one = self.table
        lease = {"lease": secrets.token_hex(8), "lease_until": now + timedelta(seconds=lease_seconds)}
        send = (
            update(one)
            .where(one.id == number, one.state == SendState.QUEUED, one.due_at <= now)
            .values(
                state=SendState.SENDING,
                attempts=one.attempts + 1,
                first_sent_at=func.coalesce(one.first_sent_at, now),
                **lease,
            )
        )
        look = (
            update(one)
            .where(
                one.id == number,
                one.state.in_([SendState.SENDING, SendState.UNKNOWN]),
                one.due_at <= now,
                or_(one.lease_until.is_(None), one.lease_until <= now),
            )
            .values(state=SendState.UNKNOWN, **lease)
        )
        if changed_rows(session, send):
            row, claimed = self._load(session, number, look_up=False)
            return claimed if self._may_leave(session, row, now) else None
        return self._load(session, number, look_up=True)[1] if changed_rows(session, look) else None

    def record_not_sent(
        self,
        session: Session,
        claimed: Claimed[WhatT],
        why: Failure,
        now: datetime,
        *,
        again: bool,
        named: datetime | None = None,
    ) -> None:
        """It certainly did not arrive: try later when ``again``, else (or after many tries) say so.

        ``named`` is a time that the platform named: what is like it waits as well, and uses up none of its tries.
        """
        one = self._mine(session, claimed, why)
        if one is None:
            return
        if again and named:
            self._hold_back(session, one, named)
        when = rules.retry_at(now, one.attempts, draw(), named) if again else None
        if when is None:
            self._give_up(session, one, SendState.FAILED, now)
        else:
            self._wait(session, one, SendState.QUEUED, when)

    def record_unknown(self, session: Session, claimed: Claimed[WhatT], why: Failure, now: datetime) -> None:
        """Nobody knows whether it arrived: it will be looked up, and after a day a person decides.

        Words of ours not before the lease of their sending is over: a slow platform may still act on them after we lost
        patience, and "it is not there" would prove nothing.
        """
        one = self._mine(session, claimed, why)
        if one is None:
            return
        when = rules.look_again_at(now, one.first_sent_at or now, draw())
        if when is None:
            self._give_up(session, one, SendState.UNCLEAR, now)
            return
        may_still_come = self._speaks(one) and not claimed.look_up
        self._wait(session, one, SendState.UNKNOWN, max(when, claimed.lease_until) if may_still_come else when)

    def record_unknowable(self, session: Session, claimed: Claimed[WhatT], why: Failure, now: datetime) -> None:
        """The platform can't be asked: a person decides."""
        one = self._mine(session, claimed, why)
        if one is not None:
            self._give_up(session, one, SendState.UNCLEAR, now)

    def record_not_there(self, session: Session, claimed: Claimed[WhatT], now: datetime) -> None:
        """The look-up proved that it never arrived: it is sent again at once."""
        one = self._mine(session, claimed)
        if one is not None:
            self._wait(session, one, SendState.QUEUED, now)
            defer_wake(session, self.job)

    def record_stopped(self, session: Session, claimed: Claimed[WhatT], why: Failure, now: datetime) -> None:
        """The page's credentials no longer work: it waits with everything else of the page until they are mended, or a
        moment where they are only late to be renewed."""
        pages.stop(session, claimed.page_id, now, why.code, why.detail, used=claimed.sealed_secret)
        one = self._mine(session, claimed, why)
        if one is not None:
            stopped = session.get_one(Connection, claimed.page_id).state is ConnectionState.STOPPED
            state = SendState.UNKNOWN if claimed.look_up else SendState.QUEUED
            self._wait(session, one, state, now if stopped else now + pages.RENEWED_IN)

    @abstractmethod
    def record_sent(self, session: Session, claimed: Claimed[WhatT], sent: Sent, now: datetime) -> None:
        """It stands on the platform."""

    @abstractmethod
    def _load(self, session: Session, number: int, *, look_up: bool) -> tuple[RowT, Claimed[WhatT]]:
        """The row, and what the platform is asked with."""

    @abstractmethod
    def _may_leave(self, session: Session, one: RowT, now: datetime) -> bool:
        """The last look before a row is sent; one that must not leave is given up, or held."""

    @abstractmethod
    def _speaks(self, one: RowT) -> bool:
        """Whether words of ours are sent: never twice."""

    @abstractmethod
    def _like(self, one: RowT) -> ColumnElement[bool]:
        """What the platform counts together with it."""

    @abstractmethod
    def _moved(self, session: Session, one: RowT) -> None:
        """It goes on being on its way, and screens that show it are to know."""

    @abstractmethod
    def _given_up(self, session: Session, one: RowT, now: datetime) -> None:
        """It failed, or a person has to decide: tell them."""

    def _mine(self, session: Session, claimed: Claimed[WhatT], why: Failure | None = None) -> RowT | None:
        """The row, if it is still this process's; whatever is recorded ends its lease. An echo or a later claim may
        have settled it meanwhile."""
        query = select(self.table).where(self.table.id == claimed.id, self.table.lease == claimed.lease)
        one = session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if one is not None:
            one.lease = one.lease_until = None
            if why is not None:
                one.error_code, one.error_detail = why.code, why.detail
        return one

    def _hold_back(self, session: Session, one: RowT, until: datetime) -> None:
        table = self.table
        waits = (table.page_id == one.page_id, table.state == SendState.QUEUED, table.due_at < until, self._like(one))
        session.execute(
            update(table).where(*waits).values(due_at=until), execution_options={"synchronize_session": False}
        )

    def _wait(self, session: Session, one: RowT, state: SendState, until: datetime) -> None:
        one.state, one.due_at = state, until
        session.flush()
        self._moved(session, one)

    def _give_up(self, session: Session, one: RowT, state: SendState, now: datetime) -> None:
        one.state = state
        one.lease = one.lease_until = None
        session.flush()
        self._given_up(session, one, now)


def claimed_with(
    one: Leaving, page: Page, connection: Connection, what: WhatT, *, key: str, look_up: bool
) -> Claimed[WhatT]:
    """A row that was claimed just now, with what its page is reached by."""
    return Claimed(
        id=one.id,
        page_id=page.id,
        connector=page.connector,
        url=page.url,
        settings=dict(connection.settings),
        sealed_secret=connection.sealed_secret,
        what=what,
        key=key,
        look_up=look_up,
        first_sent_at=one.first_sent_at or one.created_at,
        lease=one.lease or "",
        lease_until=one.lease_until or one.due_at,
    )
