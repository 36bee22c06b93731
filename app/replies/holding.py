"""Replies and other departments: what contradicts one is held, what another answered a moment ago is pointed out, and
who is turned down hears a line of their own. Services flush; the edge commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.accounts import queries as accounts
from app.accounts.models import TeamMember, User
from app.accounts.types import Actor
from app.connectors.ports import LengthLimit, PrivateReplies
from app.contacts.models import Contact
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.inbox import access
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import EventKind
from app.outbox.models import Delivery
from app.outreach import phrases, raising
from app.outreach import rules as outreach_rules
from app.outreach.models import HeldAct
from app.outreach.types import Stance
from app.replies import approval, requirements, saved, service, speaking
from app.replies.models import Reply
from app.replies.speaking import Answer
from app.sending.types import SendState
from app.writing import service as writing

MINUTES_AGO = timedelta(minutes=10)
"""For so long an answer of another department is pointed out to whoever answers the same person."""


class AnsweredError(Conflict):
    """Another department answered the same person a moment ago. ``reply_id`` says which answer was pointed out."""

    def __init__(self, message: str, reply_id: int) -> None:
        super().__init__(message, code="answered")
        self.reply_id = reply_id


@dataclass(frozen=True, slots=True)
class Released:
    """What became of a reply that was let go: sent, or waiting for approval."""

    conversation_id: int
    reply_id: int | None
    proposal_id: int | None
    tells: tuple[int, ...]
    """Remedies that it was to tell of."""


def check_personal(session: Session, actor: Actor, conversation_id: int, answer: Answer) -> None:
    """Ask for a line of one's own where a saved reply turns somebody down unchanged. Raises InvalidInput."""
    if answer.saved_id is None or phrases.stance_of(answer.text) is not Stance.DECLINING:
        return
    offer = saved.offer(session, actor, conversation_id, answer.saved_id)
    if offer is not None and outreach_rules.impersonal(answer.text, offer.text):
        message = _("This turns somebody down in the words that everybody gets. Add a line that is only for them.")
        raise InvalidInput(message, field="text", code="impersonal")


def check_answered(session: Session, actor: Actor, conversation_id: int, seen_id: int | None, now: datetime) -> None:
    """Point out once that another department answered the same person within minutes. Raises AnsweredError."""
    talk = access.conversation(session, actor, conversation_id)
    mine, theirs = aliased(Contact), aliased(Contact)
    shares_team = select(TeamMember.user_id).where(TeamMember.team_id.in_(sorted(actor.team_ids)))
    query = (
        select(Reply.id, User.name, Reply.text)
        .join(Conversation, Conversation.id == Reply.conversation_id)
        .join(theirs, theirs.id == Conversation.contact_id)
        .join(mine, mine.head_id == theirs.head_id)
        .join(User, User.id == Reply.author_id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(
            mine.id == talk.contact_id,
            Reply.created_at > now - MINUTES_AGO,
            Reply.author_id != actor.id,
            Reply.author_id.not_in(shares_team),
            Delivery.state != SendState.CANCELLED,
        )
        .order_by(Reply.id.desc())
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None or (seen_id is not None and seen_id >= found[0]):
        return
    reply_id, who, text = found
    message = _(
        "%(who)s, of another team, answered this person a moment ago: “%(words)s” Send again if yours still fits.",
        who=who,
        words=text if len(text) <= 140 else f"{text[:140]}…",
    )
    raise AnsweredError(message, reply_id)


def hold(
    session: Session,
    actor: Actor,
    conversation_id: int,
    answer: Answer,
    *,
    key: str,
    version: int | None,
    limit: LengthLimit | None,
    tells: Collection[int],
    now: datetime,
    private: PrivateReplies | None = None,
) -> int | None:
    """Hold a reply that contradicts another department; answer the held act's id, or None when it may go.

    Its text leaves the composer: it waits with the held act. ``private`` are the page's conditions for private replies,
    where it is one. Raises as ``app.replies.service.send`` does.
    """
    text = speaking.checked(answer.text, limit)
    talk = access.conversation(session, actor, conversation_id, to_write=True)  # a second click waits for the first
    again = raising.held_before(session, actor, key)
    if again is not None:
        return again
    found = raising.against_reply(session, actor, talk, text, now)
    if found is None:
        return None
    talk = inbox.open_for(session, actor, conversation_id, version)
    writing.must_answer(session, actor, talk, now)
    target = speaking.target_of(session, talk)
    if answer.private:
        speaking.check_private(session, target, private, now)
    head = session.scalar(select(Contact.head_id).where(Contact.id == talk.contact_id))
    person = session.get_one(Contact, head).name if head else ""
    details = {"resolve": answer.resolve, "saved": answer.saved_id, "also": list(answer.also), "tells": list(tells)}
    details["private"] = answer.private
    held_id = raising.hold_reply(
        session, actor, talk, person or _("Somebody"), text, found, key=key, details=details, now=now
    )
    talk.assignee_id = talk.assignee_id or actor.id
    writing.drop(session, actor.id, talk.id, answer.voice)
    inbox.record(session, talk, EventKind.HELD, actor, now, {"teams": ", ".join(one.team for one in found[1])})
    return held_id


def release(
    session: Session,
    held_id: int,
    *,
    limit: LengthLimit | None,
    undo_seconds: float,
    now: datetime,
    private: PrivateReplies | None = None,
) -> Released:
    """Send a reply that was settled, for whoever wrote it; where answers need approval it is proposed. A private one
    goes under the page's conditions ``private``; ``limit`` is that of public replies.

    Raises as ``app.replies.service.send`` does.
    """
    act = session.get_one(HeldAct, held_id)
    if act.owner_id is None or act.conversation_id is None:
        raise Conflict(_("Whoever wrote this works here no longer. Answer in the conversation."), code="gone")
    author = accounts.person(session, act.owner_id)
    details = act.details
    alone = bool(details.get("private"))
    answer = Answer(act.message, bool(details["resolve"]), details["saved"], tuple(details["also"]), alone)
    talk = access.conversation(session, author, act.conversation_id, to_write=True)
    if alone:
        speaking.check_private(session, speaking.target_of(session, talk), private, now)
        limit = private.length if private else None
    key, tells = f"held:{act.id}", tuple(details["tells"])
    if requirements.of(session, author.id, talk):
        waits = approval.propose(
            session, author, talk.id, answer, key=key, version=None, limit=limit, now=now, private=private
        )
        return Released(talk.id, None, waits, tells)
    reply_id = service.send(
        session,
        author,
        talk.id,
        answer.text,
        key=key,
        version=None,
        resolve=answer.resolve,
        limit=limit,
        undo_seconds=undo_seconds,
        now=now,
        saved_id=answer.saved_id,
        also=answer.also,
        private=private if alone else None,
    )
    return Released(talk.id, reply_id, None, tells)
