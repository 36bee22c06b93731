"""Getting hold of a remedy for somebody: there is no other way to it from a screen."""

from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.remedies.models import Remedy


def remedy(session: Session, actor: Actor, remedy_id: int) -> Remedy:
    """The remedy, to read. Everybody who answers people may see what those people were promised. Raises NotFound."""
    found = session.get(Remedy, remedy_id) if account_rules.may(actor.role, Permission.ASK_REMEDY) else None
    if found is None:
        raise NotFound(_("There is no such remedy, or it was removed."))
    return found
