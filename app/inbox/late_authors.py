"""Comments stored without an author whom a later reading of the page brings: they and their conversations get them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Author, Item
from app.contacts import nameless, rules
from app.contacts.models import Identity
from app.contacts.nameless import Introduced
from app.contacts.types import Sighting
from app.core.bulk import insert_rows
from app.core.db import table_of
from app.core.events import Changed, announce
from app.core.ids import new_ids
from app.inbox.known import Known
from app.inbox.models import Comment, Conversation, ConversationEvent
from app.inbox.types import EventKind


@dataclass(frozen=True, slots=True)
class Late:
    """A comment whose author is known by now."""

    comment_id: int
    conversation_id: int
    identity_id: int
    """The nameless one it was stored with."""
    unnamed_key: str
    name: str
    who: Sighting


def find(page_id: int, pairs: Sequence[tuple[Item, Known]]) -> list[Late]:
    """Those of the comments that were stored without an author and now come with one, the oldest first. One that had an
    author keeps it, whatever is shown now, and a stranger's comment never becomes ours."""
    found = []
    for item, known in pairs:
        if known.unnamed_key is None or item.author.is_us or known.conversation_id is None or known.identity_id is None:
            continue
        who, nobody = (
            rules.sighting(one, page_id=page_id, thread_root=known.thread_root, external_id=item.external_id)
            for one in (item.author, Author())
        )
        if known.unnamed_key == nobody.key != who.key:
            found.append(Late(known.id, known.conversation_id, known.identity_id, nobody.key, item.author.name, who))
    return sorted(found, key=lambda one: one.comment_id)


def follow(session: Session, late: Sequence[Late], now: datetime) -> list[Late]:
    """Give these comments and their conversations to their authors; answer those that nobody else did meanwhile.

    As many statements for a thousand as for one, but for contacts that people have done something to. Raises what
    ``nameless.introduce`` raises.
    """
    found = _still_nameless(session, late) if late else []
    if not found:
        return []
    talks = [one.conversation_id for one in found]
    remedied = select(ConversationEvent.conversation_id).where(
        ConversationEvent.conversation_id.in_(talks), ConversationEvent.kind == EventKind.REMEDY
    )
    with_remedy = set(session.scalars(remedied))
    kept = {one.identity_id for one in found if one.conversation_id in with_remedy}  # a remedy names the contact
    people = nameless.introduce(session, {one.identity_id: one.who for one in found}, kept=kept, now=now)
    _name(session, found, people)
    unused = _move(session, found, people)
    gone = {one.gone_id for one in people.values() if one.gone_id is not None}
    if gone:
        nameless.remove(session, gone, unused)
    _record(session, found, now)
    announce(session, *(Changed("contact", one) for one in {one.contact_id for one in people.values()} | gone))
    return found


def _still_nameless(session: Session, late: Sequence[Late]) -> list[Late]:
    """Locks them: a platform's call may bring the same as a reading of the page, at the same moment."""
    query = (
        select(Comment.id)
        .join(Identity, Identity.id == Comment.identity_id)
        .where(Comment.id.in_([one.comment_id for one in late]), Identity.key.in_([one.unnamed_key for one in late]))
        .order_by(Comment.id)
        .with_for_update(of=[Comment, Identity])
    )
    left = set(session.scalars(query))
    return [one for one in late if one.comment_id in left]


def _name(session: Session, found: Sequence[Late], people: dict[int, Introduced]) -> None:
    table = table_of(Comment)
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("which"))
        .values(author_name=bindparam("name"), identity_id=bindparam("identity")),
        [
            {"which": one.comment_id, "name": one.name[:200], "identity": people[one.identity_id].identity_id}
            for one in found
        ],
    )


def _move(session: Session, found: Sequence[Late], people: dict[int, Introduced]) -> list[int]:
    """Give the conversations to their persons; answer the nameless identities that none of them needs any more.

    Who has a conversation in the same thread already has two there from now on: this one goes on under the nameless
    identity, so that neither loses what was done in it; what they say next joins the other.
    """
    columns = (Conversation.id, Conversation.page_id, Conversation.thread_root, Conversation.opened_at)
    talks = {
        row.id: row
        for row in session.execute(select(*columns).where(Conversation.id.in_([one.conversation_id for one in found])))
    }
    place = (Conversation.page_id, Conversation.thread_root, Conversation.identity_id)
    others = select(*place).where(
        Conversation.page_id.in_({row.page_id for row in talks.values()}),
        Conversation.thread_root.in_({row.thread_root for row in talks.values()}),
        Conversation.identity_id.in_({one.identity_id for one in people.values()}),
    )
    taken = {tuple(row) for row in session.execute(others)}
    rows: list[dict[str, Any]] = []
    unused = []
    for one in found:
        person, talk = people[one.identity_id], talks[one.conversation_id]
        wanted = (talk.page_id, talk.thread_root, person.identity_id)
        stays = wanted in taken
        taken.add(wanted)
        if not stays and person.gone_id is not None:
            unused.append(one.identity_id)
        rows.append(
            {
                "which": talk.id,
                "identity": one.identity_id if stays else person.identity_id,
                "contact": person.contact_id,
                "met": person.since < talk.opened_at,
            }
        )
    table = table_of(Conversation)
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("which"))
        .values(
            identity_id=bindparam("identity"),
            contact_id=bindparam("contact"),
            author_known=bindparam("met"),
            version=table.c.version + 1,
        ),
        rows,
    )
    return unused


def _record(session: Session, found: Sequence[Late], now: datetime) -> None:
    rows = [
        {
            "id": event_id,
            "conversation_id": one.conversation_id,
            "kind": EventKind.IDENTIFIED,
            "actor_id": None,
            "at": now,
            "data": {"name": one.who.name or one.who.key},
        }
        for one, event_id in zip(found, new_ids(len(found)), strict=True)
    ]
    insert_rows(session, ConversationEvent.__table__, rows)
