"""The question after an apology: is anything owed? Asked once a conversation, with three answers, and counted."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.text import plain
from app.inbox.models import Comment, Conversation
from app.inbox.types import Priority
from app.remedies import apologies, follow_ups, policies
from app.remedies.models import GuardAnswer, Remedy
from app.remedies.types import HOLDS_MONEY, Answer

COMMENTS = 10
LONGEST_WHY = 500


class OwedError(InvalidInput):
    """The reply apologises or promises, and nothing was said about what is owed. ``phrase`` is what it says."""

    def __init__(self, message: str, phrase: str) -> None:
        super().__init__(message, field="owed", code="owed")
        self.phrase = phrase


@dataclass(frozen=True, slots=True)
class Said:
    """The answer, as a form gives it."""

    answer: Answer | None = None
    why: str = ""
    owner_id: int | None = None
    due_on: date | None = None


def check(session: Session, actor: Actor, conversation_id: int, text: str, said: Said, now: datetime) -> None:
    """Let a reply pass, or raise OwedError once: for an apology or promise on a complaint that has no remedy.

    With an answer it passes and the answer is kept. The same complaint is asked about only once; one that came after
    the answer is asked about again.
    """
    phrases = policies.in_force(session).policy.phrases
    phrase = apologies.promised(text, tuple(one for words in phrases.values() for one in words))
    if phrase is None or _given(session, conversation_id) or not _complained(session, conversation_id):
        return
    if said.answer is None or said.answer is Answer.REMEDY:
        raise OwedError(_("Before this is sent: is anything owed?"), phrase)
    _keep(session, actor, conversation_id, phrase, said, now)


def _given(session: Session, conversation_id: int) -> bool:
    given = select(Remedy.id).where(Remedy.conversation_id == conversation_id, Remedy.state.in_(HOLDS_MONEY))
    return session.scalar(given.limit(1)) is not None


def _complained(session: Session, conversation_id: int) -> bool:
    """Whether the person complained of anything that nobody has answered about yet."""
    answered = session.scalar(select(func.max(GuardAnswer.at)).where(GuardAnswer.conversation_id == conversation_id))
    query = select(Comment.text).where(Comment.conversation_id == conversation_id, Comment.is_us.is_(False))
    if answered is not None:
        query = query.where(Comment.published_at > answered)
    elif session.scalar(select(Conversation.priority).where(Conversation.id == conversation_id)) is Priority.HIGH:
        return True
    return apologies.complains(session.scalars(query.order_by(Comment.published_at.desc()).limit(COMMENTS)))


def _keep(session: Session, actor: Actor, conversation_id: int, phrase: str, said: Said, now: datetime) -> None:
    why = plain(said.why).strip()[:LONGEST_WHY]
    if not why:
        raise OwedError(_("Say in a few words why nothing is owed, or what is to follow."), phrase)
    follows = said.answer is Answer.FOLLOW_UP
    owner = session.get(User, said.owner_id) if follows and said.owner_id else None
    if follows and (
        owner is None or not owner.active or said.due_on is None or said.due_on < follow_ups.today(session, now)
    ):
        raise OwedError(_("Choose who sees to it, and a day that is not over."), phrase)
    session.add(
        GuardAnswer(
            id=new_id(),
            conversation_id=conversation_id,
            actor_id=actor.id,
            at=now,
            phrase=phrase[:120],
            answer=said.answer,
            why=why,
            owner_id=owner.id if owner else None,
            due_on=said.due_on if follows else None,
        )
    )
    session.flush()
    facts = {"answer": said.answer.value if said.answer else None, "owner": owner.id if owner else None}
    audit.record(session, Entry(Action.GUARD_ANSWERED, f"conversation/{conversation_id}", now, actor.id, facts=facts))
