"""Who has another open conversation of the same person: what they write next stays with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.contacts.models import Contact
from app.inbox.arrivals import Facts
from app.inbox.models import Conversation
from app.inbox.types import ConversationState

_OPEN = (ConversationState.NEW, ConversationState.WAITING)
_asked, _kin = aliased(Contact), aliased(Contact)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who has a conversation, and for which team."""

    user_id: int
    name: str
    team_id: int


def owners(session: Session, facts: Sequence[Facts]) -> dict[int, Owner]:
    """By conversation, who has the latest other open one of its person, as far as anybody does. At most one statement:
    only people we have met can have another."""
    met = {one.contact_id for one in facts if one.author_known and one.contact_id is not None}
    if not met:
        return {}
    query = (
        select(_asked.id, Conversation.id, User.id, User.name, Conversation.team_id)
        .join(_kin, _kin.head_id == _asked.head_id)
        .join(Conversation, Conversation.contact_id == _kin.id)
        .join(User, User.id == Conversation.assignee_id)
        .where(_asked.id.in_(sorted(met)), Conversation.state.in_(_OPEN), User.active)
        .order_by(Conversation.id.desc())
    )
    had: dict[int, list[tuple[int, Owner]]] = {}
    for contact_id, talk_id, user_id, name, team_id in session.execute(query):
        had.setdefault(contact_id, []).append((talk_id, Owner(user_id, name, team_id)))
    found = {}
    for one in facts:
        others = (owner for talk_id, owner in had.get(one.contact_id or 0, ()) if talk_id != one.conversation_id)
        owner = next(others, None)
        if one.author_known and owner is not None:
            found[one.conversation_id] = owner
    return found
