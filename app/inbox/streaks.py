"""Versions of a conversation: what somebody did themselves is no news to them, in whichever window they did it."""

from app.accounts.types import Actor
from app.inbox.models import Conversation


def count_up(talk: Conversation, actor: Actor | None) -> None:
    """The conversation was changed by ``actor``, or by nobody who works here."""
    if actor is not None and not _is_by(talk, actor):
        talk.streak_by_id, talk.streak_from = actor.id, talk.version
    talk.version += 1
    if actor is not None:
        talk.streak_to = talk.version


def without_own(talk: Conversation, actor: Actor) -> int:
    """The oldest version that lacks nothing but what ``actor`` did since: whoever has seen it knows all there is."""
    return talk.streak_from if _is_by(talk, actor) and talk.streak_from is not None else talk.version


def _is_by(talk: Conversation, actor: Actor) -> bool:
    """Whether the latest changes are the actor's; every other change counts the version up and leaves ``streak_to``."""
    return talk.streak_by_id == actor.id and talk.streak_to == talk.version
