"""Keeping lists under names; taking back what was done. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.desk import access, rules
from app.desk.models import SavedView, SavedViewLength
from app.inbox import journal
from app.inbox import service as inbox
from app.inbox.models import UndoEntry, UndoItem
from app.inbox.types import EventKind, Undone
from app.routing import service as routing


def save_view(session: Session, actor: Actor, *, name: str, address: str, team_id: int | None, now: datetime) -> int:
    """Keep a list under a name, for oneself or for a team; answer its id.

    ``address`` is the list's query string. The same name again, for the same readers, replaces what it stood for.
    Raises InvalidInput, NotFound, Forbidden, Conflict.
    """
    name = _named(name)
    _check_team(session, actor, team_id)
    mine = select(SavedView).where(SavedView.team_id == team_id if team_id else SavedView.team_id.is_(None))
    if team_id is None:
        mine = mine.where(SavedView.owner_id == actor.id)
    known = session.scalar(mine.where(SavedView.name == name))
    if known is not None:
        known.address = address
        session.execute(delete(SavedViewLength).where(SavedViewLength.view_id == known.id))
        session.flush()
        defer_wake(session, JobName.COUNT_VIEWS)
        _note_kept(session, actor, known, now)
        return known.id
    if (session.scalar(_count(actor)) or 0) >= rules.VIEWS_AT_MOST:
        raise Conflict(_("You keep %(n)s views already. Remove one you no longer need.", n=rules.VIEWS_AT_MOST))
    fresh = SavedView(id=new_id(), owner_id=actor.id, team_id=team_id, name=name, address=address, created_at=now)
    session.add(fresh)
    _flush(session, name)
    _note_kept(session, actor, fresh, now)
    defer_wake(session, JobName.COUNT_VIEWS)
    return fresh.id


def change_view(session: Session, actor: Actor, view_id: int, *, name: str, team_id: int | None, now: datetime) -> None:
    """Give a view another name or other readers. Raises InvalidInput, NotFound, Forbidden."""
    kept = access.saved_view(session, actor, view_id)
    before, kept.name = kept.team_id, _named(name)
    if team_id != kept.team_id:
        _check_team(session, actor, team_id)
        kept.team_id = team_id
        kept.owner_id = actor.id
    _flush(session, kept.name)
    defer_wake(session, JobName.COUNT_VIEWS)
    _note_kept(session, actor, kept, now, was=before)


def remove_view(session: Session, actor: Actor, view_id: int, now: datetime) -> None:
    """Forget a view; the conversations in it stay as they are. Raises NotFound, Forbidden."""
    kept = access.saved_view(session, actor, view_id)
    session.delete(kept)
    session.flush()
    if kept.team_id:
        audit.note(session, Action.VIEW_REMOVED, f"view/{view_id}", now, by=actor.id, team=kept.team_id)


def undo(session: Session, actor: Actor, entry_id: int | None, now: datetime) -> Undone:
    """Take back what ``actor`` did: an entry of the journal, or with None their latest.

    What somebody has changed since stays as it is and is answered as ``left``. Raises NotFound, and Conflict with who
    it was when nothing at all could be put back.
    """
    entry = access.undo_entry(session, actor, entry_id, now)
    undone = put_back(session, actor, entry, journal.items(session, entry.id, limit=rules.UNDO_AT_ONCE), now)
    if not undone.conversations:
        name = next((name for _id, name in undone.left if name), "")
        raise Conflict(
            _("%(who)s has done something with it since, so it stays as it is.", who=name)
            if name
            else _("Something has happened to it since, so it stays as it is."),
            code="stale",
        )
    entry.undone_at = now
    session.flush()
    return undone


def put_back(session: Session, actor: Actor, entry: UndoEntry, items: Sequence[UndoItem], now: datetime) -> Undone:
    """Restore some of an entry's conversations, and what was learned from moving them."""
    by_id = {item.conversation_id: item for item in items}
    back, undone = journal.restore(session, entry, items)
    for talk in back:
        if entry.kind is EventKind.NOTED:
            inbox.changed(session, talk.id)
        else:
            inbox.record(session, talk, EventKind.UNDONE, actor, now, {"what": entry.kind.value})
            journal.stands_as_before(session, by_id[talk.id], talk)
    if entry.kind in (EventKind.HANDED_OVER, EventKind.SPAM, EventKind.NOT_SPAM):
        routing.forget_corrections(session, undone.conversations, actor, now, since=entry.at)
    return undone


def _note_kept(session: Session, actor: Actor, kept: SavedView, now: datetime, was: int | None = None) -> None:
    """Write down what a team sees otherwise now; what somebody keeps for themselves is theirs."""
    if kept.team_id or was:
        audit.note(session, Action.VIEW_KEPT, f"view/{kept.id}", now, by=actor.id, team=kept.team_id, was=was)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput(_("Give it a name."), field="name")
    if len(name) > rules.NAME_LENGTH:
        raise InvalidInput(_("A name has at most %(n)s characters.", n=rules.NAME_LENGTH), field="name")
    return name


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(_("There is a view “%(name)s” already. Choose another name.", name=name)) from None


def _check_team(session: Session, actor: Actor, team_id: int | None) -> None:
    if team_id is None:
        return
    if session.get(Team, team_id) is None:
        raise NotFound(_("There is no such team."))
    if not rules.may_change(actor, actor.id, team_id):
        raise Forbidden(_("Only a team's own supervisors and admins keep views for it. Save it for yourself instead."))


def _count(actor: Actor) -> Select[int]:
    return select(func.count()).select_from(SavedView).where(SavedView.owner_id == actor.id)
