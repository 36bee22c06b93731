"""What we answered to similar comments before, from our own history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.inbox import access
from app.inbox.models import Comment, Conversation
from app.inbox.threads import reply_target
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies.models import Reply
from app.search import queries, rules
from app.search.rules import IS
from app.search.types import Asked, Has, Kind, Term
from app.search.words import words
from app.sending.types import SendState

ASKED_WORDS = 8
SHORTEST = 4
LOOKED_THROUGH = 40
_NOT_SAID = (SendState.CANCELLED, SendState.FAILED)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A reply of ours, and the comment it answered."""

    reply_id: int
    conversation_id: int
    comment: str
    text: str
    at: datetime


def answers(session: Session, actor: Actor, conversation_id: int, limit: int = 3) -> list[Earlier]:
    """Public replies to comments that share the most words with what waits for an answer here, each text once.

    Looks through the newest comments that share any; a fixed number of statements. Raises NotFound, and TooSlow.
    """
    access.conversation(session, actor, conversation_id)
    target = reply_target(session, conversation_id)
    comment = session.get(Comment, target) if target else None
    telling = distinctive(comment.text) if comment else []
    if not telling:
        return []
    asked = Asked(
        terms=(Term(tuple((one,) for one in telling)), Term(((IS + Kind.COMMENT.value,),), shown=False)),
        has=frozenset({Has.REPLY}),
    )
    found = queries.search(session, actor, asked, limit=LOOKED_THROUGH, patience=rules.THOROUGH)
    talks = {group.row.id for group in found.groups if group.row and group.row.id != conversation_id}
    rows = session.execute(
        select(Reply, Comment.text)
        .join(Comment, Comment.id == Reply.comment_id)
        .join(Conversation, Conversation.id == Reply.conversation_id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(
            Reply.conversation_id.in_(sorted(talks)),
            Delivery.state.not_in(_NOT_SAID),
            Delivery.act == Act.REPLY,
        )
        .order_by(Reply.id.desc())
        .limit(2 * LOOKED_THROUGH)
    )
    candidates = [Earlier(one.id, one.conversation_id, said, one.text, one.created_at) for one, said in rows]
    return nearest(telling, candidates)[:limit]


def said(session: Session, actor: Actor, reply_id: int) -> str:
    """The text of one of them. Raises NotFound also for a reply that never stood at a page in public."""
    query = select(Reply.conversation_id, Reply.text).join(Delivery, Delivery.id == Reply.delivery_id)
    public = (Delivery.act == Act.REPLY, Delivery.state.not_in(_NOT_SAID))
    row = session.execute(query.where(Reply.id == reply_id, *public)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such answer, or it was never sent."))
    conversation_id, text = row
    access.conversation(session, actor, conversation_id)
    return str(text)


def distinctive(text: str) -> list[str]:
    """The words that say most about a text: the longest, each once."""
    there = dict.fromkeys(one for one in words(text[:4000]) if len(one) >= SHORTEST)
    return sorted(there, key=lambda one: (-len(one), one))[:ASKED_WORDS]


def nearest(telling: Iterable[str], candidates: Iterable[Earlier]) -> list[Earlier]:
    """Those that share the most of the telling words, the newest first among equals; each text once."""
    wanted = set(telling)
    least = min(2, len(wanted))
    shared = [(len(wanted.intersection(words(one.comment[:4000]))), one) for one in candidates]
    ranked = sorted((entry for entry in shared if entry[0] >= least), key=lambda entry: (-entry[0], -entry[1].reply_id))
    by_text: dict[str, Earlier] = {}
    for _count, one in ranked:
        by_text.setdefault(" ".join(one.text.split()).casefold(), one)
    return list(by_text.values())
