"""Getting hold of a contact for somebody: there is no other way to it from a screen."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.contacts.models import Contact
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _

_AGAINST_ALL = {"key_share": True}
_AGAINST_CHANGES = {"read": True}


def head(session: Session, actor: Actor, contact_id: int, *, to_write: bool = False) -> Contact:
    """The contact under which this one is shown: itself, or what it was joined into.

    ``to_write`` locks it, and with it all that was joined into it, until the transaction ends. Raises NotFound.
    """
    if not account_rules.may(actor.role, Permission.ANSWER if to_write else Permission.READ_INBOX):
        raise _nobody()
    found = locked_head(session, contact_id) if to_write else _shown(session, contact_id)
    if found is None:
        raise _nobody()
    return found


def pair(session: Session, actor: Actor, first_id: int, second_id: int) -> tuple[Contact, Contact]:
    """Two heads, both locked for a change, whoever else wants the same two in whatever order.

    Raises NotFound, or Conflict when one of them is no head any more.
    """
    if not account_rules.may(actor.role, Permission.ANSWER):
        raise _nobody()
    found = {}
    for one in sorted({first_id, second_id}):
        contact = session.get(Contact, one, with_for_update=_AGAINST_ALL, populate_existing=True)
        if contact is None:
            raise _nobody()
        if contact.merged_into_id is not None:  # nobody holds a joined one while waiting for another: that ends badly
            raise changed_meanwhile()
        found[one] = contact
    return found[first_id], found[second_id]


def locked_head(session: Session, contact_id: int, *, shared: bool = False) -> Contact | None:
    """The head of a contact, locked: against every change, or with ``shared`` only against others' changes.

    A conversation that is being stored meanwhile is not held up by it. Raises Conflict when the contact was joined or
    separated in this very moment.
    """
    own_head = select(Contact.head_id).where(Contact.id == contact_id)
    head_id = session.scalar(own_head)
    if head_id is None:
        return None
    found = session.get(
        Contact, head_id, with_for_update=_AGAINST_CHANGES if shared else _AGAINST_ALL, populate_existing=True
    )
    if session.scalar(own_head) != head_id:
        raise changed_meanwhile()
    return found


def changed_meanwhile() -> Conflict:
    """What somebody is told whose picture of a contact is out of date."""
    return Conflict(_("This contact has changed since you looked. Look again, then do it again."), code="stale")


def _shown(session: Session, contact_id: int) -> Contact | None:
    one = session.get(Contact, contact_id)
    return one if one is None or one.head_id == one.id else session.get(Contact, one.head_id)


def _nobody() -> NotFound:
    return NotFound(_("There is no such contact, or it was removed."))
