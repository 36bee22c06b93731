"""Reading what is being written."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.accounts.types import Actor
from app.inbox import access
from app.inbox.models import Conversation
from app.texts import queries as texts
from app.texts.models import SavedText
from app.writing import rules
from app.writing.models import Claim, Draft
from app.writing.types import Begun, ClaimView, DraftView, Marks

_Author, _Writer = aliased(User), aliased(User)
_BEGUN = (
    select(Draft, _Author.name, SavedText, Claim, _Writer.name)
    .select_from(Conversation)
    .outerjoin(Draft, Draft.conversation_id == Conversation.id)
    .outerjoin(SavedText, SavedText.id == Draft.saved_id)
    .outerjoin(_Author, _Author.id == Draft.user_id)
    .outerjoin(Claim, Claim.conversation_id == Conversation.id)
    .outerjoin(_Writer, _Writer.id == Claim.user_id)
    .where(Conversation.id == bindparam("conversation_id"))
    .order_by(Draft.updated_at)
)
"""Put together once, as every conversation asks it."""


def begun(session: Session, actor: Actor, conversation_id: int, now: datetime) -> Begun:
    """Everything that is being written in a conversation, and who answers. One statement."""
    talk = access.conversation(session, actor, conversation_id)
    rows = session.execute(_BEGUN, {"conversation_id": talk.id}).all()
    *_draft_of_theirs, claim, name = rows[0]
    return Begun(
        drafts=tuple(_draft(one, by, made_from) for one, by, made_from, *_claim in rows if one is not None),
        claim=ClaimView(claim.user_id, name, claim.since) if claim and rules.holds(claim.until, now) else None,
    )


def _draft(one: Draft, author: str, made_from: SavedText | None) -> DraftView:
    return DraftView(
        user_id=one.user_id,
        author=author,
        voice=one.voice,
        text=one.text,
        saved=texts.view(made_from) if made_from else None,
        also=tuple(one.also),
        revision=one.revision,
        updated_at=one.updated_at,
    )


def claimed(session: Session, now: datetime) -> list[int]:
    """Conversations that somebody is answering now."""
    return list(session.scalars(select(Claim.conversation_id).where(Claim.until > now)))


def marks(session: Session, actor: Actor, ids: Collection[int], now: datetime) -> dict[int, Marks]:
    """What the lines of these conversations say; those about which there is nothing to say are left out.

    One statement. ``ids`` must come from a list the asker was shown.
    """
    if not ids:
        return {}
    writing = (
        select(Claim.conversation_id, Claim.user_id, User.name)
        .join(User, User.id == Claim.user_id)
        .where(Claim.conversation_id.in_(ids), Claim.until > now)
    )
    drafts = select(Draft.conversation_id, literal(actor.id), null()).where(
        Draft.conversation_id.in_(ids), Draft.user_id == actor.id
    )
    found: dict[int, Marks] = {}
    rows: Sequence[Any] = session.execute(union_all(writing, drafts)).all()
    for talk_id, user_id, name in rows:
        before = found.get(talk_id, Marks())
        if name is None:
            found[talk_id] = Marks(before.writer_id, before.writer, draft=True)
        else:
            found[talk_id] = Marks(user_id, name, draft=before.draft)
    return found


def to_renew(session: Session, actor: Actor, conversation_id: int, now: datetime) -> bool:
    """Whether a sign that somebody is still writing is worth a write to the database."""
    claim = session.get(Claim, conversation_id)
    if claim is not None and claim.user_id != actor.id and rules.holds(claim.until, now):
        return False
    return claim is None or rules.to_renew(claim.until, now)
