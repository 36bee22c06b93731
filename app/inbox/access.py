"""Getting hold of a conversation for somebody: there is no other way to it from a screen."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.inbox.models import Conversation


def conversation(session: Session, actor: Actor, conversation_id: int, *, to_write: bool = False) -> Conversation:
    """The conversation, for somebody who may see it; every team sees every queue, so that nothing falls between two.

    ``to_write`` locks the row until the transaction ends. Raises NotFound also for what the asker may not know about.
    """
    permission = Permission.ANSWER if to_write else Permission.READ_INBOX
    found = None
    if account_rules.may(actor.role, permission):
        query = select(Conversation).where(Conversation.id == conversation_id)
        found = session.scalar(query.with_for_update() if to_write else query)
    if found is None:
        raise NotFound(_("There is no such conversation, or it was removed."))
    return found
