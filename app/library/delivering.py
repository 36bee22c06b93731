"""The queue of publications. The promises are those of replies (``app.outbox``)."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.connectors.ports import Sent, Status
from app.connectors.publishing import NewPost
from app.core.jobs import JobName, defer_wake
from app.library import holding, rules
from app.library.models import Publication
from app.pages import words
from app.pages.models import Connection, Page
from app.sending.service import Queue, claimed_with
from app.sending.types import Claimed, SendState
from app.signals.service import tell
from app.signals.types import SignalKind


class Publications(Queue[Publication, NewPost]):
    """Publications on their way to their pages."""

    table = Publication
    job = JobName.PUBLISH

    def record_sent(self, session: Session, claimed: Claimed[NewPost], sent: Sent, now: datetime) -> None:
        one = self._mine(session, claimed)
        if one is None:
            return
        one.state, one.sent_at, one.at_platform = SendState.SENT, now, sent.status is Status.HELD
        one.external_id, one.external_url = sent.external_id, sent.url
        one.error_code = one.error_detail = None
        session.flush()
        defer_wake(session, JobName.UPKEEP)

    def _like(self, one: Publication) -> ColumnElement[bool]:
        return true()

    def _load(self, session: Session, number: int, *, look_up: bool) -> tuple[Publication, Claimed[NewPost]]:
        query = (
            select(Publication, Page, Connection)
            .join(Page, Page.id == Publication.page_id)
            .join(Connection, Connection.page_id == Publication.page_id)
            .where(Publication.id == number)
        )
        one, page, connection = session.execute(query.execution_options(populate_existing=True)).one()
        post = NewPost(one.text, one.title, one.link, one.image, one.language)
        return one, claimed_with(one, page, connection, post, key=f"post:{one.id}", look_up=look_up)

    def _may_leave(self, session: Session, one: Publication, now: datetime) -> bool:
        """The last look: at trouble that came up since it was planned, and at whether its day is over."""
        if one.attempts > 1:  # it was let go once, and may stand there in part
            return True
        if rules.too_late(one.due_at, one.attempts - 1, now):
            one.error_code, one.error_detail = words.TOO_LATE, ""
            self._give_up(session, one, SendState.FAILED, now)
            return False
        held = holding.hold(session, one, now, now)
        if held:
            one.attempts, one.first_sent_at = 0, None
            session.flush()
        return not held

    def _speaks(self, one: Publication) -> bool:
        return True

    def _moved(self, session: Session, one: Publication) -> None:
        """No screen shows it as it moves."""

    def _given_up(self, session: Session, one: Publication, now: datetime) -> None:
        kind = SignalKind.POST_UNCLEAR if one.state is SendState.UNCLEAR else SignalKind.POST_FAILED
        tell(session, kind, now, people=[one.author_id], page_id=one.page_id, code=one.error_code)


publications = Publications()
