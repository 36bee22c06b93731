"""What came of deliveries: as the platform answered, as its comments show, or as a person decides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Sent, Status
from app.core.chance import draw
from app.core.errors import Conflict, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.inbox import persons
from app.inbox import service as inbox
from app.inbox.models import Comment
from app.inbox.types import Echo, EventKind, Mark
from app.outbox import rules
from app.outbox.models import Delivery
from app.outbox.types import Act, Claimed, DeliveryState
from app.pages import service as pages
from app.pages import words
from app.signals.service import tell
from app.signals.types import SignalKind

_SPEAKING = tuple(act for act in Act if act.speaks)


def record_sent(session: Session, claimed: Claimed, sent: Sent, now: datetime) -> None:
    """It stands on the platform."""
    one = _held(session, claimed)
    if one is not None:
        _mark_sent(session, one, sent.external_id, sent.url, now, held=sent.status is Status.HELD)


def record_moderated(session: Session, claimed: Claimed, status: Status, now: datetime) -> None:
    """The act on the comment was carried out at the platform, and its state is ``status`` now."""
    one = _held(session, claimed)
    if one is None:
        return
    if claimed.act is not Act.LIKE:  # a hidden comment that is liked stays hidden
        session.execute(update(Comment).where(Comment.id == one.comment_id).values(status=status, changed_at=now))
    _mark_sent(session, one, None, None, now, held=False)


def record_not_sent(
    session: Session,
    claimed: Claimed,
    code: str,
    detail: str,
    now: datetime,
    *,
    again: bool,
    named: datetime | None = None,
) -> None:
    """It certainly did not arrive: try later when ``again``, else (or after many tries) say so to the agent."""
    one = _held(session, claimed)
    if one is None:
        return
    when = rules.retry_at(now, one.attempts, draw(), named) if again else None
    one.error_code, one.error_detail = code, detail
    one.lease = one.lease_until = None
    if when is not None:
        one.state, one.due_at = DeliveryState.QUEUED, when
        announce(session, Changed("conversation", one.conversation_id))
    else:
        _give_up(session, one, DeliveryState.FAILED, EventKind.REPLY_FAILED, code, now)
    session.flush()


def record_unwanted(session: Session, claimed: Claimed, now: datetime) -> bool:
    """Give a reply up whose person must not be contacted, whichever way it came here and however long it waited; answer
    whether it was one."""
    one = _held(session, claimed) if claimed.act.speaks else None
    if one is None or not persons.must_not_be_contacted(session, one.conversation_id):
        return False
    one.error_code, one.error_detail = words.DO_NOT_CONTACT, ""
    one.lease = one.lease_until = None
    _give_up(session, one, DeliveryState.FAILED, EventKind.REPLY_FAILED, words.DO_NOT_CONTACT, now)
    return True


def record_unknown(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """Nobody knows whether it arrived: it will be looked up, and after a day a person decides.

    A reply not before the lease of its send is over: a slow platform may still act on it after we lost patience, and
    "it is not there" would prove nothing.
    """
    one = _held(session, claimed)
    if one is None:
        return
    may_come_until = one.lease_until if claimed.act.speaks and not claimed.look_up else None
    one.error_code, one.error_detail = code, detail
    one.lease = one.lease_until = None
    when = rules.look_again_at(now, one.first_sent_at or now, draw())
    if when is not None:
        one.state, one.due_at = DeliveryState.UNKNOWN, max(when, may_come_until or when)
        announce(session, Changed("conversation", one.conversation_id))
    else:
        _give_up(session, one, DeliveryState.UNCLEAR, EventKind.REPLY_UNCLEAR, code, now)
    session.flush()


def record_unknowable(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """The platform can't be asked: a person decides."""
    one = _held(session, claimed)
    if one is not None:
        one.error_code, one.error_detail = code, detail
        one.lease = one.lease_until = None
        _give_up(session, one, DeliveryState.UNCLEAR, EventKind.REPLY_UNCLEAR, code, now)
        session.flush()


def record_not_there(session: Session, claimed: Claimed, now: datetime) -> None:
    """The look-up proved that it never arrived: it is sent again at once."""
    one = _held(session, claimed)
    if one is not None:
        one.state, one.due_at = DeliveryState.QUEUED, now
        one.lease = one.lease_until = None
        session.flush()
        defer_wake(session, JobName.DELIVER)


def record_stopped(session: Session, claimed: Claimed, code: str, detail: str, now: datetime, *, unknown: bool) -> None:
    """The page's credentials no longer work: this delivery waits with all others of the page until they are mended."""
    pages.stop(session, claimed.page_id, now, code, detail, used=claimed.sealed_secret)
    one = _held(session, claimed)
    if one is not None:
        one.state = DeliveryState.UNKNOWN if unknown else DeliveryState.QUEUED
        one.due_at = now + pages.RENEWED_IN
        one.error_code, one.error_detail = code, detail
        one.lease = one.lease_until = None
        session.flush()
        announce(session, Changed("conversation", one.conversation_id))


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
            Delivery.state.in_(
                [DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.UNCLEAR, DeliveryState.FAILED]
            ),
        )
        .order_by(Delivery.state == DeliveryState.FAILED, Delivery.id)  # what may be on its way is meant first
    ).all()
    elsewhere = []
    for echo in echoes:
        if echo.external_id in known:
            continue
        match = _pending_match(pending, echo)
        if match is None or match.state is DeliveryState.FAILED:
            elsewhere.append(echo)
        if match is not None:
            _mark_sent(session, match, echo.external_id, echo.url, now, held=False)
    return elsewhere


def decide(session: Session, delivery_id: int, *, send_again: bool, now: datetime) -> None:
    """A person decides about a delivery nobody could know about, or has a failed one tried again.

    Raises NotFound or Conflict.
    """
    one = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if one is None:
        raise NotFound(_("There is no such delivery."))
    if one.state not in (DeliveryState.UNCLEAR, DeliveryState.FAILED):
        raise Conflict(_("This has been settled already."), code="settled")
    if send_again:
        one.state, one.due_at, one.attempts = DeliveryState.QUEUED, now, 0
        defer_wake(session, JobName.DELIVER)
    elif one.state is DeliveryState.UNCLEAR:
        one.state, one.sent_at = DeliveryState.SENT, now
    else:
        one.state = DeliveryState.CANCELLED
    session.flush()
    _unmark_if_settled(session, one.conversation_id)
    announce(session, Changed("conversation", one.conversation_id))


def _pending_match(pending: Sequence[Row[Delivery, str]], echo: Echo) -> Delivery | None:
    for one, target in pending:
        if (
            one.state is not DeliveryState.SENT
            and target == echo.parent_external_id
            and (one.act is Act.PRIVATE_REPLY) == echo.private
            and rules.same_words(one.text, echo.text)
        ):
            return one
    return None


def _mark_sent(
    session: Session, one: Delivery, external_id: str | None, url: str | None, now: datetime, *, held: bool
) -> None:
    unsettled = one.state in (DeliveryState.UNCLEAR, DeliveryState.FAILED)
    one.state, one.sent_at, one.held = DeliveryState.SENT, now, held
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
        Delivery.state.in_([DeliveryState.FAILED, DeliveryState.UNCLEAR]),
    )
    if session.scalar(left.limit(1)) is None:
        inbox.unmark(session, conversation_id, Mark.UNSENT)


def _give_up(session: Session, one: Delivery, state: DeliveryState, kind: EventKind, code: str, now: datetime) -> None:
    one.state = state
    session.flush()
    inbox.not_carried_out(session, one.conversation_id, kind, code, now, reply=one.act.speaks)
    what = SignalKind.REPLY_UNCLEAR if state is DeliveryState.UNCLEAR else SignalKind.REPLY_FAILED
    people = [one.actor_id] if one.actor_id is not None else []
    tell(session, what, now, people=people, conversation_id=one.conversation_id, code=code)
    announce(session, Changed("inbox"))


def _held(session: Session, claimed: Claimed) -> Delivery | None:
    """The delivery, if it is still this process's; an echo or a later claim may have settled it meanwhile."""
    query = select(Delivery).where(Delivery.id == claimed.id, Delivery.lease == claimed.lease).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))
