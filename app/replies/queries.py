"""Reading our answers."""

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.accounts.types import Actor
from app.inbox import access
from app.inbox.models import Comment
from app.outbox import queries as outbox
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies.models import Proposal, Reply
from app.replies.types import ProposalState, ProposalView, ReplyView
from app.sending.types import SendState

_Reviewer = aliased(User)
_REPLIES = (
    select(Reply, User.name, Delivery, _Reviewer.name, Comment.url)
    .join(Comment, Comment.id == Reply.comment_id)
    .join(User, User.id == Reply.author_id)
    .outerjoin(Proposal, Proposal.reply_id == Reply.id)
    .outerjoin(_Reviewer, _Reviewer.id == Proposal.reviewer_id)
    .join(Delivery, Delivery.id == Reply.delivery_id)
    .where(Reply.conversation_id == bindparam("conversation_id"), Delivery.state != SendState.CANCELLED)
    .order_by(Reply.id)
)
_REFUSED = and_(Proposal.state == ProposalState.REFUSED, Proposal.author_id == bindparam("asker_id"))
_PROPOSALS = (
    select(Proposal, User.name, _Reviewer.name)
    .join(User, User.id == Proposal.author_id)
    .outerjoin(_Reviewer, _Reviewer.id == Proposal.reviewer_id)
    .where(
        Proposal.conversation_id == bindparam("conversation_id"),
        or_(Proposal.state == ProposalState.WAITING, _REFUSED),
    )
    .order_by(Proposal.id)
)
"""Put together once, as every conversation asks both."""


def replies(session: Session, actor: Actor, conversation_id: int) -> list[ReplyView]:
    """The conversation's replies that were not undone, oldest first."""
    access.conversation(session, actor, conversation_id)
    found = session.execute(_REPLIES, {"conversation_id": conversation_id})
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
            approved_by=approved_by,
            target_url=target_url,
            private=delivery.act is Act.PRIVATE_REPLY,
        )
        for reply, author, delivery, approved_by, target_url in found
    ]


def is_private(session: Session, proposal_id: int) -> bool:
    """Whether an answer that waits for approval goes to the person alone."""
    return bool(session.scalar(select(Proposal.private).where(Proposal.id == proposal_id)))


def proposals(session: Session, actor: Actor, conversation_id: int) -> list[ProposalView]:
    """Answers that wait for approval, and those of the asker that were refused; oldest first."""
    access.conversation(session, actor, conversation_id)
    found = session.execute(_PROPOSALS, {"conversation_id": conversation_id, "asker_id": actor.id})
    return [
        ProposalView(
            id=one.id,
            comment_id=one.comment_id,
            author_id=one.author_id,
            author=author,
            text=one.text,
            private=one.private,
            created_at=one.created_at,
            state=one.state,
            reviewer=decided_by,
            remark=one.remark,
            decided_at=one.decided_at,
        )
        for one, author, decided_by in found
    ]
