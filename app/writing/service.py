"""Keeping what is being written, and saying who answers. Services flush; the edge commits.

Each write locks the conversation first, so two people who begin at the same moment are told apart.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.core import text as texts
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.inbox import access
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import EventKind
from app.writing import rules
from app.writing.models import Claim, Draft
from app.writing.types import Kept, Voice, Words


def keep(
    session: Session, actor: Actor, conversation_id: int, voice: Voice, words: Words, *, revision: int, now: datetime
) -> Kept:
    """Keep what somebody has written so far; with the first letter of an answer they become the one who answers.

    ``revision`` is that of the text this one was made from (0: none was kept). An empty text throws the draft away and
    lets go. Raises NotFound, InvalidInput when it is too long, Conflict when another window of theirs was ahead.
    """
    access.conversation(session, actor, conversation_id, to_write=True)
    words = replace(words, text=texts.plain(words.text), also=words.also[: rules.EFFECTS_AT_MOST])
    if len(words.text) > rules.LONGEST:
        raise InvalidInput(_("This is too long to be kept as a draft."), field="text")
    draft = session.get(Draft, (conversation_id, actor.id, voice))
    if (draft.revision if draft else 0) != revision and not (draft and draft.text == words.text):
        raise Conflict(_("You wrote more of this in another window. Reload to go on with it."), code="draft_elsewhere")
    if not words.text.strip():
        return Kept(0, False, changed=drop(session, actor.id, conversation_id, voice))
    draft = _written(session, draft, actor, conversation_id, voice, words, now)
    if not voice.answers:
        return Kept(draft.revision, True, changed=False)
    before = session.get(Claim, conversation_id)
    free = before is None or not rules.holds(before.until, now)
    mine = _claim(session, actor, conversation_id, before, now)
    return Kept(draft.revision, mine, changed=free and mine)


def _written(
    session: Session, draft: Draft | None, actor: Actor, conversation_id: int, voice: Voice, words: Words, now: datetime
) -> Draft:
    if draft is None:
        draft = Draft(conversation_id=conversation_id, user_id=actor.id, voice=voice, revision=0)
        session.add(draft)
    elif (draft.text, draft.saved_id, tuple(draft.also)) == (words.text, words.saved_id, words.also):
        return draft
    draft.text, draft.saved_id, draft.also = words.text, words.saved_id, list(words.also)
    draft.revision += 1
    draft.updated_at = now
    session.flush()
    return draft


def still_here(session: Session, actor: Actor, conversation_id: int, now: datetime) -> None:
    """A sign that somebody is still at their text: their claim lives on, or comes back if it ran out."""
    access.conversation(session, actor, conversation_id, to_write=True)
    if any(session.get(Draft, (conversation_id, actor.id, voice)) for voice in Voice if voice.answers):
        _claim(session, actor, conversation_id, session.get(Claim, conversation_id), now)


def _claim(session: Session, actor: Actor, conversation_id: int, claim: Claim | None, now: datetime) -> bool:
    """Make the actor the one who answers unless somebody else is; answer whether it is them."""
    until = now + rules.CLAIM_LIFE
    if claim is None:
        session.add(Claim(conversation_id=conversation_id, user_id=actor.id, since=now, until=until))
    elif claim.user_id == actor.id and rules.holds(claim.until, now):
        if rules.to_renew(claim.until, now):
            claim.until = until
            session.flush()
        return True
    elif rules.holds(claim.until, now):
        return False
    else:
        claim.user_id, claim.since, claim.until = actor.id, now, until
    session.flush()
    _tell(session, conversation_id)
    return True


def take(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """Make the conversation one's own, and be the one who answers. A colleague who was writing keeps their text.

    Raises NotFound, or Conflict when the conversation has changed since ``version``.
    """
    talk = inbox.open_for(session, actor, conversation_id, version)
    claim = session.get(Claim, conversation_id)
    writing = claim is not None and claim.user_id != actor.id and rules.holds(claim.until, now)
    seen = talk.version
    inbox.take(session, actor, conversation_id, None, now)
    if claim is None or not writing:
        return
    if talk.version == seen:  # it was theirs already, and yet somebody else was writing
        name = session.get_one(User, claim.user_id).name
        inbox.record(session, talk, EventKind.TAKEN, actor, now, {"from": name})
    claim.user_id, claim.since, claim.until = actor.id, now, now + rules.CLAIM_LIFE
    session.flush()
    _tell(session, conversation_id)


def must_answer(session: Session, actor: Actor, talk: Conversation, now: datetime) -> None:
    """Raises Conflict while a colleague is writing an answer to the conversation (which must be locked)."""
    claim = session.get(Claim, talk.id)
    if claim is not None and claim.user_id != actor.id and rules.holds(claim.until, now):
        name = session.get_one(User, claim.user_id).name
        raise Conflict(_("%(who)s is writing an answer. Take over to send yours.", who=name), code="claimed")


def drop(session: Session, user_id: int, conversation_id: int, voice: Voice) -> bool:
    """The text was sent or thrown away: the draft goes, and so does the claim; answer whether they held it."""
    session.execute(
        delete(Draft).where(Draft.conversation_id == conversation_id, Draft.user_id == user_id, Draft.voice == voice)
    )
    if not voice.answers:
        return False
    claim = session.get(Claim, conversation_id)
    if claim is None or claim.user_id != user_id:
        return False
    session.delete(claim)
    session.flush()
    _tell(session, conversation_id)
    return True


def put_back(
    session: Session,
    actor: Actor,
    conversation_id: int,
    words: Words,
    now: datetime,
    *,
    voice: Voice = Voice.REPLY,
    claims: bool = True,
) -> None:
    """Make an answer that was taken back a draft again, with what its writer has begun meanwhile.

    ``claims``: they go on writing now.
    """
    draft = session.get(Draft, (conversation_id, actor.id, voice))
    words = replace(words, text=rules.together(words.text, draft.text if draft else ""))
    _written(session, draft, actor, conversation_id, voice, words, now)
    if claims:
        _claim(session, actor, conversation_id, session.get(Claim, conversation_id), now)


def continue_from(
    session: Session, actor: Actor, conversation_id: int, writer_id: int, voice: Voice, now: datetime
) -> None:
    """Go on with what a colleague has begun, below what one has written oneself. Theirs stays.

    Raises NotFound when they have sent it or thrown it away meanwhile.
    """
    access.conversation(session, actor, conversation_id, to_write=True)
    theirs = session.get(Draft, (conversation_id, writer_id, voice))
    if theirs is None:
        raise NotFound(_("This text is no longer there: it was sent, or thrown away."))
    own = session.get(Draft, (conversation_id, actor.id, voice))
    words = Words(rules.together(own.text if own else theirs.text, theirs.text), theirs.saved_id, tuple(theirs.also))
    _written(session, own, actor, conversation_id, voice, words, now)
    _claim(session, actor, conversation_id, session.get(Claim, conversation_id), now)


def _tell(session: Session, conversation_id: int) -> None:
    announce(session, Changed("presence", conversation_id), Changed("conversation", conversation_id))
