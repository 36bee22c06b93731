"""What became of deliveries: as the platform's comments show, or as a person decides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.inbox import service as inbox
from app.inbox.arrivals import Echo
from app.inbox.models import Comment
from app.inbox.types import Mark
from app.outbox import rules
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.sending.types import SendState

_SPEAKING = tuple(act for act in Act if act.speaks)


def match_echoes(session: Session, page_id: int, echoes: Sequence[Echo], now: datetime) -> list[Echo]:
    """Recognise our own replies among what the platform showed us; answer those that were written elsewhere.

    An echo is a receipt: it settles a delivery whose outcome is not known yet. One of a delivery that failed was
    written at the platform by hand, and settles it as well.
    """
    if not echoes:
        return []
    known = {
        one.external_id: one
        for start in range(0, len(echoes), 500)
        for one in session.scalars(
            select(Delivery).where(
                Delivery.page_id == page_id,
                Delivery.external_id.in_([echo.external_id for echo in echoes[start : start + 500]]),
            )
        )
    }
    pending = session.execute(
        select(Delivery, Comment.external_id)
        .join(Comment, Comment.id == Delivery.comment_id)
        .where(
            Delivery.page_id == page_id,
            Delivery.act.in_(_SPEAKING),
            Delivery.state.in_([SendState.SENDING, SendState.UNKNOWN, SendState.UNCLEAR, SendState.FAILED]),
        )
        .order_by(Delivery.state == SendState.FAILED, Delivery.id)  # what may be on its way is meant first
    ).all()
    elsewhere = []
    for echo in echoes:
        if echo.external_id in known:
            continue
        match = _pending_match(pending, echo)
        if match is None or match.state is SendState.FAILED:
            elsewhere.append(echo)
        if match is not None:
            mark_sent(session, match, echo.external_id, echo.url, now, held=False)
    return elsewhere


def decide(session: Session, delivery_id: int, *, send_again: bool, now: datetime) -> None:
    """A person decides about a delivery nobody could know about, or has a failed one tried again.

    Raises NotFound or Conflict.
    """
    one = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if one is None:
        raise NotFound(_("There is no such delivery."))
    if one.state not in (SendState.UNCLEAR, SendState.FAILED):
        raise Conflict(_("This has been settled already."), code="settled")
    if send_again:
        one.state, one.due_at, one.attempts = SendState.QUEUED, now, 0
        defer_wake(session, JobName.DELIVER)
    elif one.state is SendState.UNCLEAR:
        one.state, one.sent_at = SendState.SENT, now
    else:
        one.state = SendState.CANCELLED
    session.flush()
    _unmark_if_settled(session, one.conversation_id)
    announce(session, Changed("conversation", one.conversation_id))


def _pending_match(pending: Sequence[Row[Delivery, str]], echo: Echo) -> Delivery | None:
    for one, target in pending:
        if (
            one.state is not SendState.SENT
            and target == echo.parent_external_id
            and (one.act is Act.PRIVATE_REPLY) == echo.private
            and rules.same_words(one.text, echo.text)
        ):
            return one
    return None


def mark_sent(
    session: Session, one: Delivery, external_id: str | None, url: str | None, now: datetime, *, held: bool
) -> None:
    unsettled = one.state in (SendState.UNCLEAR, SendState.FAILED)
    one.state, one.sent_at, one.held = SendState.SENT, now, held
    one.external_id, one.external_url = external_id, url
    one.error_code = one.error_detail = one.lease = one.lease_until = None
    session.flush()
    if unsettled:
        _unmark_if_settled(session, one.conversation_id)
    announce(session, Changed("conversation", one.conversation_id))


def _unmark_if_settled(session: Session, conversation_id: int) -> None:
    """A conversation stands among what could not be sent until the last such reply is decided about."""
    left = select(Delivery.id).where(
        Delivery.conversation_id == conversation_id,
        Delivery.act.in_(_SPEAKING),
        Delivery.state.in_([SendState.FAILED, SendState.UNCLEAR]),
    )
    if session.scalar(left.limit(1)) is None:
        inbox.unmark(session, conversation_id, Mark.UNSENT)
