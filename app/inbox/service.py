"""What agents do with conversations. Every write says which version it has seen; services flush, the edge commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.core.db import insert_or, run_in_bulk, table_of
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.inbox import access, journal, rules, streaks
from app.inbox.models import (
    Comment,
    Conversation,
    ConversationCount,
    ConversationCountChange,
    ConversationEvent,
    ConversationMark,
    Mention,
    Note,
    Post,
    RawPayload,
    UndoEntry,
    UndoItem,
)
from app.inbox.types import ConversationState, EventKind, Mark
from app.pages.models import Page
from app.signals.service import forget, tell
from app.signals.types import SignalKind


def open_for(session: Session, actor: Actor, conversation_id: int, version: int | None) -> Conversation:
    """The conversation, locked for a change by somebody who saw it at ``version`` (None: whatever it is now).

    Raises NotFound, or Conflict when somebody else has changed it since.
    """
    talk = access.conversation(session, actor, conversation_id, to_write=True)
    if version is not None and not streaks.without_own(talk, actor) <= version <= talk.version:
        raise Conflict(
            _("This conversation has changed since you opened it. Look at what is new, then do it again."), code="stale"
        )
    journal.open_page(session, talk)
    return talk


def take(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """Make the conversation one's own; taking over from a colleague is recorded."""
    talk = open_for(session, actor, conversation_id, version)
    if talk.assignee_id != actor.id:
        data = {"from": _name(session, talk.assignee_id)} if talk.assignee_id else {}
        if talk.assignee_id:
            people = [talk.assignee_id]
            tell(session, SignalKind.TAKEN_OVER, now, actor_id=actor.id, people=people, conversation_id=talk.id)
        talk.assignee_id = actor.id
        record(session, talk, EventKind.TAKEN, actor, now, data)


def assign(
    session: Session, actor: Actor, conversation_id: int, assignee_id: int | None, version: int | None, now: datetime
) -> None:
    """Give the conversation to somebody, or to nobody.

    Raises NotFound for a person who does not work here, Conflict for one of the demonstration's on a real page.
    """
    talk = open_for(session, actor, conversation_id, version)
    if assignee_id is not None:
        person = session.get(User, assignee_id)
        if person is None or not person.active:
            raise NotFound(_("This person can't be given work. Choose somebody else."))
        if person.demo:
            _only_demo(session, talk)
    if talk.assignee_id == assignee_id:
        return
    talk.assignee_id = assignee_id
    kind = EventKind.ASSIGNED if assignee_id else EventKind.RELEASED
    if assignee_id:
        tell(session, SignalKind.ASSIGNED, now, actor_id=actor.id, people=[assignee_id], conversation_id=talk.id)
    record(session, talk, kind, actor, now, {"to": _name(session, assignee_id)} if assignee_id else {})


def move(session: Session, talk: Conversation, team_id: int, actor: Actor, now: datetime) -> None:
    """Put the conversation into another team's queue, free for anyone there to take. One not routed yet is so now.

    Raises NotFound, or Conflict for the demonstration's team and a real page.
    """
    before = session.get_one(Team, talk.team_id).name
    after = session.get(Team, team_id)
    if after is None:
        raise NotFound(_("There is no such team."))
    if after.demo:
        _only_demo(session, talk)
    talk.team_id, talk.assignee_id = team_id, None
    talk.routed_at = talk.routed_at or now
    record(session, talk, EventKind.HANDED_OVER, actor, now, {"from": before, "to": after.name})


def resolve(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """Nothing more to do; a new comment of the person brings it back. Raises Conflict while a remedy is owed."""
    talk = open_for(session, actor, conversation_id, version)
    _nothing_owed(talk)
    if talk.state is not ConversationState.DONE:
        set_state(talk, ConversationState.DONE, None, now)
        record(session, talk, EventKind.RESOLVED, actor, now)


def reopen(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """It waits for us again, since the person's last words."""
    talk = open_for(session, actor, conversation_id, version)
    if talk.state is not ConversationState.NEW:
        kind = EventKind.NOT_SPAM if talk.state is ConversationState.SPAM else EventKind.REOPENED
        set_state(talk, ConversationState.NEW, last_inbound(session, talk.id) or now, now)
        record(session, talk, kind, actor, now)


def set_aside(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """Spam: kept, out of the queues. Raises Conflict while a remedy is owed."""
    talk = open_for(session, actor, conversation_id, version)
    _nothing_owed(talk)
    if talk.state is not ConversationState.SPAM:
        set_state(talk, ConversationState.SPAM, None, now)
        record(session, talk, EventKind.SPAM, actor, now)


def add_note(
    session: Session, actor: Actor, conversation_id: int, text: str, now: datetime, *, key: str | None = None
) -> int:
    """A note between colleagues, and whom it names with ``@``; answer its id.

    ``key`` (made by the form) is the same for a repeated click, which makes no second note. Raises InvalidInput when it
    is empty or too long.
    """
    talk = open_for(session, actor, conversation_id, None)
    key = f"{actor.id}:{key}"[:64] if key else None
    again = session.scalar(select(Note.id).where(Note.key == key)) if key else None
    if again is not None:
        return again
    text = text.strip()
    if not text:
        raise InvalidInput(_("Write something first."), field="text")
    if len(text) > rules.NOTE_MAXIMUM:
        raise InvalidInput(_("A note has at most %(n)s characters.", n=rules.NOTE_MAXIMUM), field="text")
    note = Note(id=new_id(), conversation_id=talk.id, author_id=actor.id, key=key, text=text, created_at=now)
    session.add(note)
    session.flush()
    _mention(session, note)
    journal.keep(session, talk, EventKind.NOTED, actor, now, note=note.id)
    announce(session, Changed("conversation", talk.id))
    return note.id


def _mention(session: Session, note: Note) -> None:
    """Record whom the note names; oneself needs no telling."""
    if "@" not in note.text:
        return
    named = [one for one in rules.mentioned(note.text, accounts.called(session)) if one != note.author_id]
    if not named:
        return
    about, by, now = note.conversation_id, note.author_id, note.created_at
    for user_id in named:
        session.add(
            Mention(id=new_id(), note_id=note.id, conversation_id=about, user_id=user_id, by_id=by, created_at=now)
        )
    tell(session, SignalKind.MENTIONED, now, actor_id=by, people=named, conversation_id=about)


def set_state(talk: Conversation, state: ConversationState, waiting_since: datetime | None, now: datetime) -> None:
    """Move between the lists; the caller records why. What was put off no longer is."""
    talk.state, talk.waiting_since, talk.put_off_until = state, waiting_since, None
    talk.sort_at = waiting_since or now


def record(
    session: Session,
    talk: Conversation,
    kind: EventKind,
    actor: Actor | None,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Add a system line, count the version up and tell open browsers."""
    record_each(session, [(talk, data or {})], kind, actor, now)


def record_each(
    session: Session,
    about: Sequence[tuple[Conversation, dict[str, Any]]],
    kind: EventKind,
    actor: Actor | None,
    now: datetime,
) -> None:
    """The same for many conversations at once, each with what its line says."""
    for talk, data in about:
        streaks.count_up(talk, actor)
        actor_id = actor.id if actor else None
        session.add(
            ConversationEvent(id=new_id(), conversation_id=talk.id, kind=kind, actor_id=actor_id, at=now, data=data)
        )
    session.flush()
    for talk, _data in about:
        if actor is not None and kind in journal.UNDOABLE:
            journal.keep(session, talk, kind, actor, now)
        changed(session, talk.id)


def changed(session: Session, conversation_id: int) -> None:
    """Tell open browsers that lists and this conversation are out of date."""
    announce(session, Changed("inbox"), Changed("conversation", conversation_id))


def mark(session: Session, conversation_id: int, what: Mark, now: datetime) -> None:
    """Have the conversation stand in the list of ``what``; nothing happens when it does already."""
    statement = insert_or(session, table_of(ConversationMark)).values(
        conversation_id=conversation_id, mark=what, at=now
    )
    session.execute(statement.on_conflict_do_nothing())
    changed(session, conversation_id)


def unmark(session: Session, conversation_id: int, what: Mark) -> None:
    """Take it out of the list of ``what``; nothing happens when it is not there."""
    run_in_bulk(
        session,
        delete(ConversationMark).where(
            ConversationMark.conversation_id == conversation_id, ConversationMark.mark == what
        ),
    )
    changed(session, conversation_id)


def _nothing_owed(talk: Conversation) -> None:
    if talk.remedies_open:
        raise Conflict(
            _("A remedy was asked for here and is not finished: see it through, or withdraw it, then close this."),
            code="owed",
        )


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all that was said on these pages and all that was done about it, but for replies and decisions."""
    talks = select(Conversation.id).where(Conversation.page_id.in_(page_ids))
    forget(session, page_ids, set(session.scalars(talks)))
    run_in_bulk(
        session,
        delete(Comment).where(Comment.page_id.in_(page_ids)),
        delete(Conversation).where(Conversation.page_id.in_(page_ids)),
        delete(Post).where(Post.page_id.in_(page_ids)),
        delete(RawPayload).where(RawPayload.page_id.in_(page_ids)),
        delete(UndoEntry).where(UndoEntry.id.not_in(select(UndoItem.entry_id))),
        # Nothing is left of these pages to count; the numbers of the sorts they had are all 0.
        delete(ConversationCount).where(ConversationCount.page_id.in_(page_ids)),
        delete(ConversationCountChange).where(ConversationCountChange.page_id.in_(page_ids)),
    )
    announce(session, Changed("inbox"))


def _only_demo(session: Session, talk: Conversation) -> None:
    """The demonstration's people and teams go without a trace; nothing real may depend on them."""
    if not session.get_one(Page, talk.page_id).demo:
        raise Conflict(_("This belongs to the demonstration, and the conversation is real."), code="demo")


def last_inbound(session: Session, conversation_id: int) -> datetime | None:
    """When the person wrote last."""
    query = select(Comment.published_at).where(Comment.conversation_id == conversation_id, Comment.is_us.is_(False))
    return session.scalar(query.order_by(Comment.published_at.desc()).limit(1))


def _name(session: Session, user_id: int | None) -> str:
    person = session.get(User, user_id) if user_id else None
    return person.name if person else ""
