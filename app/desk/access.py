"""Getting hold of what is kept, for somebody: there is no other way to it from a screen."""

from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.errors import Forbidden, NotFound
from app.core.i18n import gettext as _
from app.desk import rules
from app.desk.models import SavedView


def saved_view(session: Session, actor: Actor, view_id: int) -> SavedView:
    """A saved view, to be changed. Raises NotFound, also for what the asker may not know about; Forbidden."""
    found = session.get(SavedView, view_id, with_for_update=True)
    if found is None or not rules.may_see(actor, found.owner_id, found.team_id):
        raise NotFound(_("There is no such view, or it was removed."))
    if not rules.may_change(actor, found.owner_id, found.team_id):
        raise Forbidden(_("This view belongs to a team. Ask one of its supervisors, or save one of your own."))
    return found
