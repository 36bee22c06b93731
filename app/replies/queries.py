"""Reading our answers."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.inbox import access
from app.outbox import queries as outbox
from app.outbox.models import Delivery
from app.outbox.types import DeliveryState
from app.replies.models import Reply
from app.replies.types import ReplyView


def replies(session: Session, actor: Actor, conversation_id: int) -> list[ReplyView]:
    """The conversation's replies that were not undone, oldest first."""
    access.conversation(session, actor, conversation_id)
    query = (
        select(Reply, User.name, Delivery)
        .join(User, User.id == Reply.author_id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(Reply.conversation_id == conversation_id, Delivery.state != DeliveryState.CANCELLED)
        .order_by(Reply.id)
    )
    return [
        ReplyView(
            id=reply.id,
            comment_id=reply.comment_id,
            author_id=reply.author_id,
            author=author,
            text=reply.text,
            created_at=reply.created_at,
            delivery=outbox.view(delivery),
            external_id=delivery.external_id,
        )
        for reply, author, delivery in session.execute(query)
    ]
