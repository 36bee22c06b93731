"""Getting hold of a conversation for somebody: there is no other way to it from a screen."""

from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.inbox.models import Conversation

_HELD = "conversations"


def conversation(session: Session, actor: Actor, conversation_id: int, *, to_write: bool = False) -> Conversation:
    """The conversation, for somebody who may see it; every team sees every queue, so that nothing falls between two.

    ``to_write`` locks the row until the transaction ends. Raises NotFound also for what the asker may not know about.
    """
    permission = Permission.ANSWER if to_write else Permission.READ_INBOX
    found = None
    if account_rules.may(actor.role, permission):
        found = session.get(
            Conversation, conversation_id, with_for_update=True if to_write else None, populate_existing=to_write
        )
    if found is None:
        raise NotFound(_("There is no such conversation, or it was removed."))
    # A session forgets what nobody holds; held, the parts of one screen that ask for it in turn read it once.
    session.info.setdefault(_HELD, set()).add(found)
    return found
