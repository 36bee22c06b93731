"""Saved replies in a conversation: as they would read there, and what sending one does besides."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.inbox import service as inbox
from app.inbox import tags, threads
from app.inbox.models import Conversation
from app.inbox.views import ConversationView
from app.pages import queries as pages
from app.texts import queries as texts
from app.texts import rules
from app.texts.types import Effects, Offer

STAY = "stay"
RESOLVE = "resolve"
TEAM = "team:"
TAG = "tag:"
REMEDY = "remedy"


def offers(session: Session, actor: Actor, conversation_id: int, query: str) -> list[Offer]:
    """What is offered there to somebody who typed ``query``, filled in, the likeliest first. Raises NotFound."""
    talk = threads.conversation(session, actor, conversation_id)
    known = _known(session, actor, talk)
    found = texts.offered(
        session,
        query,
        page_id=talk.page_id,
        team_ids=actor.team_ids | {talk.team_id},
        language=talk.language,
    )
    return [Offer(one, rules.fill(one.text, known)) for one in found]


def offer(session: Session, actor: Actor, conversation_id: int, saved_id: int) -> Offer | None:
    """One saved reply as it reads there; None when there is none of that number. Raises NotFound."""
    one = texts.one(session, saved_id)
    if one is None:
        return None
    talk = threads.conversation(session, actor, conversation_id)
    return Offer(one, rules.fill(one.text, _known(session, actor, talk)))


def prepared(session: Session, actor: Actor, talk: ConversationView, account: str, shortcut: str) -> Offer | None:
    """The saved reply with a shortcut as it reads there, ``account`` being what we are called on the page; None when
    there is none (any more). One statement."""
    one = texts.called(session, shortcut)
    return Offer(one, rules.fill(one.text, rules.values(talk, account, actor.name))) if one else None


def _known(session: Session, actor: Actor, talk: ConversationView) -> dict[str, str]:
    page = pages.page(session, talk.page_id)
    return rules.values(talk, (page.account_name if page else None) or talk.page_name, actor.name)


def also(effects: Effects) -> tuple[str, ...]:
    """What a form says of the effects while none is left out."""
    found = [] if effects.resolve is None else [RESOLVE if effects.resolve else STAY]
    found += [f"{TEAM}{effects.team_id}"] if effects.team_id is not None else []
    found += [REMEDY] if effects.remedy else []
    return (*found, *(f"{TAG}{tag}" for tag in effects.tags))


def resolves(effects: Effects, chosen: Collection[str], *, done: bool) -> bool:
    """Whether the conversation is done after sending: as the button says, but for what the saved reply has it do."""
    if effects.resolve is True:
        return done and RESOLVE in chosen
    return done and STAY not in chosen


def apply(
    session: Session, actor: Actor, talk: Conversation, effects: Effects, chosen: Collection[str], now: datetime
) -> list[int]:
    """Do what the saved reply does besides and nobody left out; only what it says itself is done.

    Answer the tags that were put on.
    """
    wanted = [tags.find_or_make(session, name, now) for name in effects.tags if f"{TAG}{name}" in chosen]
    had = {tag.id for tag in tags.tags_of(session, talk.id)} if wanted else set()
    if wanted:
        tags.put_on(session, actor, talk.id, wanted, None, now)
    team_id = effects.team_id
    if team_id is not None and f"{TEAM}{team_id}" in chosen and team_id != talk.team_id:
        inbox.move(session, talk, team_id, actor, now)
    return [one for one in wanted if one not in had]
