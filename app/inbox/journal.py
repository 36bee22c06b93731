"""What people did, kept so that it can be taken back: how each conversation was before, and its version afterwards.

``app.inbox.service`` writes it whenever somebody acts; all that one transaction does is one entry.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.core.db import run_in_bulk
from app.core.ids import new_id
from app.inbox.models import Conversation, ConversationEvent, ConversationTag, Note, UndoEntry, UndoItem
from app.inbox.types import ConversationState, EventKind, Undone

UNDOABLE = frozenset(
    {
        EventKind.TAKEN,
        EventKind.ASSIGNED,
        EventKind.RELEASED,
        EventKind.HANDED_OVER,
        EventKind.RESOLVED,
        EventKind.REOPENED,
        EventKind.PUT_OFF,
        EventKind.SPAM,
        EventKind.NOT_SPAM,
        EventKind.TAGGED,
        EventKind.UNTAGGED,
    }
)
KEPT_FOR = timedelta(days=7)
"""How long something can be taken back."""
_PAGES, _ENTRY = "journal_pages", "journal_entry"
_ADDED, _REMOVED, _NOTE, _VERSION = "tags_added", "tags_removed", "note", "version"
_TIMES = ("waiting_since", "put_off_until", "sort_at")


def open_page(session: Session, talk: Conversation) -> None:
    """Look at a conversation before it is changed; once in a transaction."""
    session.info.setdefault(_PAGES, {}).setdefault(talk.id, _as_it_is(talk))


def go_on(session: Session, entry_id: int | None) -> None:
    """Add what this transaction does to an entry of an earlier one."""
    session.info[_ENTRY] = entry_id


def entry(session: Session) -> int | None:
    """The entry of what this transaction has done so far; None when that was nothing."""
    found: int | None = session.info.get(_ENTRY)
    return found


def keep(
    session: Session,
    talk: Conversation,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    *,
    added: Iterable[int] = (),
    removed: Iterable[int] = (),
    note: int | None = None,
) -> None:
    """Note down what was just done to a conversation that ``open_page`` has seen."""
    entry_id = entry(session)
    if entry_id is None:
        entry_id = new_id()
        session.add(UndoEntry(id=entry_id, actor_id=actor.id, kind=kind, at=now))
        session.flush()
        go_on(session, entry_id)
    item = session.get(UndoItem, (entry_id, talk.id))
    if item is None:
        item = UndoItem(entry_id=entry_id, conversation_id=talk.id, before=session.info[_PAGES][talk.id])
        session.add(item)
    item.version = talk.version
    more = {_ADDED: list(added), _REMOVED: list(removed)}
    item.before = item.before | {name: item.before.get(name, []) + ids for name, ids in more.items() if ids}
    if note is not None:
        item.before = item.before | {_NOTE: note}
    session.flush()


def latest(session: Session, actor: Actor, now: datetime) -> int | None:
    """What somebody did last and has not taken back."""
    query = select(UndoEntry.id).where(
        UndoEntry.actor_id == actor.id, UndoEntry.undone_at.is_(None), UndoEntry.at > now - KEPT_FOR
    )
    return session.scalar(query.order_by(UndoEntry.id.desc()).limit(1))


def size(session: Session, entry_id: int, most: int) -> int:
    """How many conversations an entry is about, counted to ``most`` at most."""
    return len(session.scalars(select(UndoItem.conversation_id).where(UndoItem.entry_id == entry_id).limit(most)).all())


def items(session: Session, entry_id: int, *, after: int = 0, limit: int) -> list[UndoItem]:
    """The next conversations of an entry, in the order of their ids."""
    query = select(UndoItem).where(UndoItem.entry_id == entry_id, UndoItem.conversation_id > after)
    return list(session.scalars(query.order_by(UndoItem.conversation_id).limit(limit)))


def restore(session: Session, found: UndoEntry, wanted: Sequence[UndoItem]) -> tuple[list[Conversation], Undone]:
    """Put these conversations back to how they were, but for those that have moved on; the caller records it.

    Locks the rows until the transaction ends.
    """
    by_id = {item.conversation_id: item for item in wanted}
    query = select(Conversation).where(Conversation.id.in_(list(by_id))).order_by(Conversation.id).with_for_update()
    back, moved_on = [], []
    for talk in session.scalars(query.execution_options(populate_existing=True)):
        item = by_id[talk.id]
        if found.kind is not EventKind.NOTED and talk.version != item.version:
            moved_on.append(talk.id)
            continue
        _put_back(session, talk, item.before)
        back.append(talk)
    session.flush()
    names = _who_since(session, found, moved_on)
    left = tuple((talk_id, names.get(talk_id, "")) for talk_id in moved_on)
    return back, Undone(found.kind, tuple(talk.id for talk in back), left)


def stands_as_before(session: Session, item: UndoItem, talk: Conversation) -> None:
    """A conversation that was put back, its version counted up by that, is again what the act before had made of it:
    that one can be taken back too."""
    run_in_bulk(
        session,
        update(UndoItem)
        .where(UndoItem.conversation_id == talk.id, UndoItem.version == item.before[_VERSION])
        .values(version=talk.version),
    )


def tidy(session: Session, now: datetime) -> None:
    """Forget what can no longer be taken back."""
    run_in_bulk(session, delete(UndoEntry).where(UndoEntry.at < now - KEPT_FOR))


def _as_it_is(talk: Conversation) -> dict[str, Any]:
    return {
        _VERSION: talk.version,
        "state": talk.state.value,
        "team_id": talk.team_id,
        "assignee_id": talk.assignee_id,
        **{name: at.isoformat() if (at := getattr(talk, name)) else None for name in _TIMES},
    }


def _put_back(session: Session, talk: Conversation, before: dict[str, Any]) -> None:
    if _NOTE in before:
        run_in_bulk(session, delete(Note).where(Note.id == before[_NOTE]))
        return
    talk.state = ConversationState(before["state"])
    talk.team_id, talk.assignee_id = before["team_id"], before["assignee_id"]
    for name in _TIMES:
        setattr(talk, name, datetime.fromisoformat(at) if (at := before.get(name)) else None)
    if before.get(_ADDED):
        run_in_bulk(
            session,
            delete(ConversationTag).where(
                ConversationTag.conversation_id == talk.id, ConversationTag.tag_id.in_(before[_ADDED])
            ),
        )
    for tag_id in before.get(_REMOVED, []):
        session.merge(ConversationTag(conversation_id=talk.id, tag_id=tag_id))


def _who_since(session: Session, found: UndoEntry, ids: list[int]) -> dict[int, str]:
    """Who did something to these conversations after the entry was made, last."""
    if not ids:
        return {}
    query = (
        select(ConversationEvent.conversation_id, User.name)
        .join(User, User.id == ConversationEvent.actor_id)
        .where(ConversationEvent.conversation_id.in_(ids), ConversationEvent.at > found.at)
        .order_by(ConversationEvent.id)
    )
    return dict(session.execute(query).all())
