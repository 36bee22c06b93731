"""The queue of deliveries: what is kept in the inbox of each step, and who is told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ColumnExpressionArgument, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Sent, Status, Target
from app.core.events import Changed, announce
from app.core.jobs import JobName
from app.inbox import consequences, persons
from app.inbox.models import Comment, Post
from app.inbox.types import EventKind
from app.outbox.models import Delivery
from app.outbox.results import mark_sent
from app.outbox.types import Act, Errand
from app.pages import words
from app.pages.models import Connection, Page
from app.sending.service import Queue, claimed_with
from app.sending.types import Claimed, SendState
from app.signals.service import tell
from app.signals.types import SignalKind


class Deliveries(Queue[Delivery, Errand]):
    """Deliveries on their way to their pages."""

    table = Delivery
    job = JobName.DELIVER

    def record_sent(self, session: Session, claimed: Claimed[Errand], sent: Sent, now: datetime) -> None:
        one = self._mine(session, claimed)
        if one is not None:
            mark_sent(session, one, sent.external_id, sent.url, now, held=sent.status is Status.HELD)

    def record_moderated(self, session: Session, claimed: Claimed[Errand], status: Status, now: datetime) -> None:
        """The act on the comment was carried out at the platform, and its state is ``status`` now."""
        one = self._mine(session, claimed)
        if one is None:
            return
        if claimed.what.act is not Act.LIKE:  # a hidden comment that is liked stays hidden
            session.execute(update(Comment).where(Comment.id == one.comment_id).values(status=status, changed_at=now))
        mark_sent(session, one, None, None, now, held=False)

    def _order(self) -> tuple[ColumnExpressionArgument[Any], ...]:
        """Words first: somebody waits for an answer while a thousand comments are hidden."""
        return (Delivery.act.not_in([act for act in Act if act.speaks]), *super()._order())

    def _like(self, one: Delivery) -> ColumnElement[bool]:
        return Delivery.act == one.act

    def _load(self, session: Session, number: int, *, look_up: bool) -> tuple[Delivery, Claimed[Errand]]:
        query = (
            select(Delivery, Page, Connection, Comment, Post.external_id)
            .join(Page, Page.id == Delivery.page_id)
            .join(Connection, Connection.page_id == Delivery.page_id)
            .join(Comment, Comment.id == Delivery.comment_id)
            .join(Post, Post.id == Comment.post_id)
            .where(Delivery.id == number)
        )
        one, page, connection, comment, post = session.execute(query.execution_options(populate_existing=True)).one()
        announce(session, Changed("conversation", one.conversation_id))
        errand = Errand(one.act, Target(comment.external_id, post, comment.url), one.text)
        return one, claimed_with(one, page, connection, errand, key=one.key, look_up=look_up)

    def _may_leave(self, session: Session, one: Delivery, now: datetime) -> bool:
        """Not a reply to somebody who must not be contacted, whichever way it came here and however long it waited."""
        if not one.act.speaks or not persons.must_not_be_contacted(session, one.conversation_id):
            return True
        one.error_code, one.error_detail = words.DO_NOT_CONTACT, ""
        self._give_up(session, one, SendState.FAILED, now)
        return False

    def _speaks(self, one: Delivery) -> bool:
        return one.act.speaks

    def _moved(self, session: Session, one: Delivery) -> None:
        announce(session, Changed("conversation", one.conversation_id))

    def _given_up(self, session: Session, one: Delivery, now: datetime) -> None:
        unclear, code = one.state is SendState.UNCLEAR, one.error_code or ""
        kind = EventKind.REPLY_UNCLEAR if unclear else EventKind.REPLY_FAILED
        consequences.not_carried_out(session, one.conversation_id, kind, code, now, reply=one.act.speaks)
        what = SignalKind.REPLY_UNCLEAR if unclear else SignalKind.REPLY_FAILED
        people = [one.actor_id] if one.actor_id is not None else []
        tell(session, what, now, people=people, conversation_id=one.conversation_id, code=code)
        announce(session, Changed("inbox"))


deliveries = Deliveries()
