"""Getting hold of what is kept, for somebody: there is no other way to it from a screen."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.i18n import gettext as _
from app.desk import rules
from app.desk.models import BulkJob, SavedView
from app.inbox import journal
from app.inbox.models import UndoEntry


def undo_entry(session: Session, actor: Actor, entry_id: int | None, now: datetime) -> UndoEntry:
    """Something that ``actor`` did and can still take back; with None the latest. Raises NotFound, Conflict."""
    which = entry_id if entry_id is not None else journal.latest(session, actor, now)
    found = session.get(UndoEntry, which, with_for_update=True) if which is not None else None
    if found is None or found.actor_id != actor.id:
        raise NotFound(_("There is nothing of yours to take back."))
    if found.undone_at is not None:
        raise Conflict(_("It was taken back already."), code="undone")
    return found


def bulk_job(session: Session, actor: Actor, job_id: int, *, to_write: bool = False) -> BulkJob:
    """Somebody's own work on a list. Raises NotFound, also for what is somebody else's."""
    found = session.get(BulkJob, job_id, with_for_update=True if to_write else None)
    if found is None or found.actor_id != actor.id:
        raise NotFound(_("There is no such work, or it is somebody else's."))
    return found


def saved_view(session: Session, actor: Actor, view_id: int) -> SavedView:
    """A saved view, to be changed. Raises NotFound, also for what the asker may not know about; Forbidden."""
    found = session.get(SavedView, view_id, with_for_update=True)
    if found is None or not rules.may_see(actor, found.owner_id, found.team_id):
        raise NotFound(_("There is no such view, or it was removed."))
    if not rules.may_change(actor, found.owner_id, found.team_id):
        raise Forbidden(_("This view belongs to a team. Ask one of its supervisors, or save one of your own."))
    return found
