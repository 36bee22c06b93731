"""Tags: words that all share, put on conversations. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.inbox import journal, rules, service
from app.inbox.models import Conversation, ConversationTag, Tag
from app.inbox.types import EventKind
from app.inbox.views import TagView


def tags(session: Session, *, removed: bool = False) -> list[TagView]:
    """All tags by name; with ``removed`` also those that were put away. One statement."""
    query = select(Tag).order_by(Tag.key)
    if not removed:
        query = query.where(Tag.removed_at.is_(None))
    return [view(one) for one in session.scalars(query)]


def tags_of(session: Session, conversation_id: int) -> list[TagView]:
    """A conversation's tags, by name."""
    query = (
        select(Tag)
        .join(ConversationTag, ConversationTag.tag_id == Tag.id)
        .where(ConversationTag.conversation_id == conversation_id, Tag.removed_at.is_(None))
        .order_by(Tag.key)
    )
    return [view(one) for one in session.scalars(query)]


def find_or_make(session: Session, name: str, now: datetime) -> int:
    """The id of the tag of that name, however it is spelt; a new one when there is none, or the one that was put away.

    Raises InvalidInput for a name that can't be one.
    """
    name = rules.tag_name(name)
    if not name:
        raise InvalidInput(_("A tag has 1 to %(n)s characters, and no comma.", n=rules.TAG_LENGTH), field="name")
    known = session.scalar(select(Tag).where(Tag.key == rules.tag_key(name)))
    if known is None:
        known = Tag(key=rules.tag_key(name), name=name, created_at=now)
        try:
            with session.begin_nested():
                session.add(known)
        except IntegrityError:  # a colleague made it this very moment
            return session.scalars(select(Tag.id).where(Tag.key == rules.tag_key(name))).one()
    known.removed_at = None
    session.flush()
    return known.id


def put_on(
    session: Session, actor: Actor, conversation_id: int, tag_ids: Sequence[int], version: int | None, now: datetime
) -> None:
    """Put tags on a conversation; those it has stay. Raises NotFound, Conflict (changed since ``version``)."""
    talk = service.open_for(session, actor, conversation_id, version)
    names = _names(session, tag_ids)
    kept = select(ConversationTag.tag_id).where(ConversationTag.conversation_id == talk.id)
    fresh = [tag_id for tag_id in names if tag_id not in set(session.scalars(kept))]
    if fresh:
        session.add_all([ConversationTag(conversation_id=talk.id, tag_id=tag_id) for tag_id in fresh])
        _record(session, talk, EventKind.TAGGED, actor, now, [names[one] for one in fresh])
        journal.keep(session, talk, EventKind.TAGGED, actor, now, added=fresh)


def take_off(
    session: Session, actor: Actor, conversation_id: int, tag_ids: Sequence[int], version: int | None, now: datetime
) -> None:
    """Take tags off a conversation. Raises NotFound, Conflict when it has changed since ``version``."""
    talk = service.open_for(session, actor, conversation_id, version)
    names = _names(session, tag_ids)
    on_it = ConversationTag.conversation_id == talk.id
    there = list(session.scalars(select(ConversationTag.tag_id).where(on_it, ConversationTag.tag_id.in_(list(names)))))
    if there:
        run_in_bulk(session, delete(ConversationTag).where(on_it, ConversationTag.tag_id.in_(there)))
        _record(session, talk, EventKind.UNTAGGED, actor, now, [names[one] for one in there])
        journal.keep(session, talk, EventKind.UNTAGGED, actor, now, removed=there)


def rename(session: Session, actor: Actor, tag_id: int, name: str, now: datetime) -> None:
    """Call a tag something else, everywhere. Raises NotFound, InvalidInput, Conflict when another is called so."""
    tag = _tag(session, tag_id)
    name = rules.tag_name(name)
    if not name:
        raise InvalidInput(_("A tag has 1 to %(n)s characters, and no comma.", n=rules.TAG_LENGTH), field="name")
    tag.key, tag.name = rules.tag_key(name), name
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(
            _("There is a tag “%(name)s” already, perhaps among those put away. Choose another name.", name=name)
        ) from None
    audit.note(session, Action.TAG_RENAMED, f"tag/{tag_id}", now, by=actor.id)


def remove(session: Session, actor: Actor, tag_id: int, now: datetime) -> None:
    """Put a tag away: nobody sees it any more, until somebody brings it back. Raises NotFound."""
    _tag(session, tag_id).removed_at = now
    session.flush()
    audit.note(session, Action.TAG_REMOVED, f"tag/{tag_id}", now, by=actor.id)


def bring_back(session: Session, actor: Actor, tag_id: int, now: datetime) -> None:
    """Show a tag again that was put away, on all conversations that have it. Raises NotFound."""
    _tag(session, tag_id).removed_at = None
    session.flush()
    audit.note(session, Action.TAG_RETURNED, f"tag/{tag_id}", now, by=actor.id)


def _record(
    session: Session, talk: Conversation, kind: EventKind, actor: Actor, now: datetime, names: list[str]
) -> None:
    service.record(session, talk, kind, actor, now, {"tags": ", ".join(names)})


def _names(session: Session, tag_ids: Sequence[int]) -> dict[int, str]:
    query = select(Tag.id, Tag.name).where(Tag.id.in_(tag_ids), Tag.removed_at.is_(None))
    found = dict(session.execute(query).all())
    if len(found) != len(set(tag_ids)):
        raise NotFound(_("There is no such tag, or it was removed."))
    return found


def _tag(session: Session, tag_id: int) -> Tag:
    found = session.get(Tag, tag_id, with_for_update=True)
    if found is None:
        raise NotFound(_("There is no such tag, or it was removed."))
    return found


def view(tag: Tag) -> TagView:
    return TagView(tag.id, tag.name, tag.removed_at is not None)
