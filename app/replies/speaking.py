"""Answering a person: what every way to it shares. The caller has locked the conversation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.connectors.ports import LengthLimit, PrivateReplies
from app.contacts.care import check_may_write
from app.core import text as texts
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.ids import new_id
from app.inbox import service as inbox
from app.inbox import tags, threads
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState
from app.outbox import queries as outbox_queries
from app.outbox import service as outbox
from app.outbox.types import Act
from app.outreach import raising
from app.replies import rules, saved
from app.replies.models import Reply, SavedUse
from app.routing import service as routing
from app.texts import rules as texts_rules
from app.texts import service as texts_service
from app.texts import voice
from app.texts.types import Offer
from app.writing.types import Voice, Words


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said, and what becomes of the conversation."""

    text: str
    resolve: bool
    saved_id: int | None = None
    also: tuple[str, ...] = ()
    private: bool = False
    """Whether it goes to the person alone."""

    @property
    def voice(self) -> Voice:
        return Voice.PRIVATE if self.private else Voice.REPLY


def key_of(actor: Actor, key: str) -> str:
    """The key of a delivery, from the one that a form made: of its own for each person."""
    return f"{actor.id}:{key}"[:64]


def checked(text: str, limit: LengthLimit | None) -> str:
    """The text as it will be sent. Raises InvalidInput when it is empty, too long for the platform, or has gaps."""
    text = texts.plain(text).strip()
    if not text:
        raise InvalidInput(_("Write something first."), field="text")
    left = texts_rules.gaps(text)
    if left:
        raise InvalidInput(_("Fill in %(gap)s before you send it.", gap=left[0]), field="text")
    over = rules.too_long_by(text, limit)
    if over:
        message = ngettext("This is %(num)s character too long.", "This is %(num)s characters too long.", over)
        raise InvalidInput(message, field="text")
    return text


def target_of(session: Session, talk: Conversation) -> int:
    """The comment that an answer goes to. Raises Conflict when there is none any more."""
    target = threads.reply_target(session, talk.id)
    if target is None:
        raise Conflict(
            _("The comment is no longer there, so it can't be answered. Your text is kept below."), code="target_gone"
        )
    return target


def check_private(session: Session, comment_id: int, private: PrivateReplies | None, now: datetime) -> None:
    """Raises Conflict where the comment can't be answered in private, now or at all."""
    if private is None:
        raise Conflict(_("Nobody can be answered in private on this page from here."), code="not_private")
    comment = session.get_one(Comment, comment_id)
    answered = private.once and outbox_queries.answered_privately(session, comment_id)
    why = against_private(private, comment.external_id, comment.published_at, answered=answered, now=now)
    if why:
        raise Conflict(why, code="no_private_reply")


def against_private(
    private: PrivateReplies, external_id: str, said_at: datetime, *, answered: bool, now: datetime
) -> str:
    """Why a comment of that id and time can't be answered in private; empty when it can. ``answered``: it was
    already."""
    if private.but is not None and external_id.startswith(private.but):
        return _("Its author can't be written to in private: the comment does not stand on our own page.")
    if private.once and answered:
        return _("This comment was answered in private already, and the page takes no second such reply to it.")
    if private.within is not None and now > said_at + private.within:
        return ngettext(
            "The page takes a private reply only within %(num)s day of the comment.",
            "The page takes a private reply only within %(num)s days of the comment.",
            private.within.days,
        )
    return ""


def speak(
    session: Session,
    author: Actor,
    talk: Conversation,
    target: int,
    answer: Answer,
    *,
    key: str,
    due_at: datetime,
    now: datetime,
) -> Reply:
    """The reply, its delivery, which leaves at ``due_at``, and what a saved reply does besides.

    The caller counts the conversation's version up, for whoever did it.
    """
    check_may_write(session, talk.contact_id)
    check_contradicts_nobody(session, author, talk, answer.text, now)
    voice.check(session, talk.page_id, talk.language, answer.text)
    comment = session.get_one(Comment, target)
    if comment.private and not answer.private:
        raise Conflict(_("They wrote this to us alone. Answer in private."), code="only_private")
    delivery_id = outbox.request(
        session,
        key=key,
        act=Act.PRIVATE_REPLY if answer.private else Act.REPLY,
        comment=comment,
        conversation_id=talk.id,
        text=answer.text,
        actor_id=author.id,
        now=now,
        due_at=due_at,
    )
    reply = Reply(
        id=new_id(),
        conversation_id=talk.id,
        delivery_id=delivery_id,
        comment_id=target,
        author_id=author.id,
        text=answer.text,
        created_at=now,
        before=_before(talk),
    )
    session.add(reply)
    session.flush()
    talk.assignee_id = talk.assignee_id or author.id
    talk.private = answer.private
    done = _with_effects(session, author, talk, reply, answer, now)
    done = done and not talk.remedies_open  # what is owed keeps it open
    inbox.set_state(talk, ConversationState.DONE if done else ConversationState.WAITING, None, now)
    routing.confirm(session, author, talk, now)
    return reply


def check_contradicts_nobody(session: Session, author: Actor, talk: Conversation, text: str, now: datetime) -> None:
    """The last look before something leaves, whatever way it came. Raises Conflict with who stands against it."""
    found = raising.against_reply(session, author, talk, text, now)
    if found is None:
        return
    teams = ", ".join(dict.fromkeys(one.team for one in found[1]))
    message = _(
        "This contradicts what %(teams)s does towards the same person. Its author has to align first.", teams=teams
    )
    raise Conflict(message, code="held")


def _with_effects(
    session: Session, author: Actor, talk: Conversation, reply: Reply, answer: Answer, now: datetime
) -> bool:
    """Do what the saved reply does besides; answer whether the conversation is done then."""
    tagged: list[int] = []
    done = answer.resolve
    offer = saved.offer(session, author, talk.id, answer.saved_id) if answer.saved_id is not None else None
    if offer is not None:
        _count(session, reply, offer, now)
        tagged = saved.apply(session, author, talk, offer.saved.effects, answer.also, now)
        done = saved.resolves(offer.saved.effects, answer.also, done=done)
    reply.before = {**reply.before, "moved_to": talk.team_id, "tagged": tagged, "also": list(answer.also)}
    return done


def _count(session: Session, reply: Reply, offer: Offer, now: datetime) -> None:
    unchanged = offer.text.strip() == reply.text
    session.add(SavedUse(reply_id=reply.id, saved_id=offer.saved.id, unchanged=unchanged))
    texts_service.count_use(session, offer.saved.id, unchanged=unchanged, now=now)


def _before(talk: Conversation) -> dict[str, Any]:
    """What taking the reply back restores."""
    return {
        "state": talk.state.value,
        "waiting_since": talk.waiting_since.isoformat() if talk.waiting_since else None,
        "assignee_id": talk.assignee_id,
        "team_id": talk.team_id,
        "private": talk.private,
    }


def take_back(session: Session, actor: Actor, talk: Conversation, reply: Reply, now: datetime) -> Words:
    """Undo what saying it did; answer what was written. The delivery is cancelled by the caller."""
    _restore(talk, reply, now)
    if reply.before.get("tagged"):
        tags.take_off(session, actor, talk.id, reply.before["tagged"], None, now)
    use = session.get(SavedUse, reply.id)
    if use is not None:
        session.delete(use)
        texts_service.uncount_use(session, use.saved_id, unchanged=use.unchanged)
    return Words(reply.text, use.saved_id if use else None, tuple(reply.before.get("also", ())))


def _restore(talk: Conversation, reply: Reply, now: datetime) -> None:
    since = reply.before["waiting_since"]
    if talk.state in (ConversationState.WAITING, ConversationState.DONE):
        inbox.set_state(
            talk, ConversationState(reply.before["state"]), datetime.fromisoformat(since) if since else None, now
        )
    moved = reply.before.get("moved_to", talk.team_id) == talk.team_id != reply.before.get("team_id", talk.team_id)
    if moved:
        talk.team_id = reply.before["team_id"]
    talk.private = bool(reply.before.get("private"))
    if talk.assignee_id == reply.author_id or (moved and talk.assignee_id is None):
        talk.assignee_id = reply.before["assignee_id"]
