"""Storing what a platform showed us: each comment once, its person, its conversation, and every later change.

Works on a whole batch with a fixed number of statements, however many comments are in it.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Item, Payload, Status
from app.connectors.ports import Post as PostRef
from app.contacts import service as contacts
from app.contacts.rules import sighting
from app.contacts.types import Known as Person
from app.core.events import Changed, announce
from app.core.ids import new_id, new_ids
from app.inbox import rules
from app.inbox.changes import Known, apply_changes
from app.inbox.models import Comment, Conversation, Post, RawPayload
from app.inbox.types import ConversationState, Echo, Facts, Place, Priority, Stored
from app.pages.rules import next_verify

CHUNK = 500
_QUIET = frozenset({Status.TRASH, Status.DELETED})


@dataclass(slots=True)
class _Talk:
    """A conversation while a batch is worked in."""

    id: int
    contact_id: int
    state: ConversationState
    waiting_since: datetime | None
    comment_count: int
    version: int
    row: dict[str, Any] | None = None
    """The columns to insert; None when the conversation is stored already."""
    snippet: str = ""
    touched: bool = False


@dataclass(slots=True)
class _Work:
    """What one call has looked up and decided so far."""

    page_id: int
    team_id: int
    now: datetime
    roots: dict[str, str] = field(default_factory=dict)
    talk_of: dict[str, int | None] = field(default_factory=dict)
    talks: dict[tuple[str, int], _Talk] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


def store(
    session: Session,
    *,
    page_id: int,
    team_id: int,
    items: Sequence[Item],
    now: datetime,
    learned_at: datetime | None = None,
    place: Place | None = None,
) -> Stored:
    """Store a batch. ``place`` says where new conversations go; without its word on one it waits, unrouted, at the
    team ``team_id``.

    ``learned_at`` is set when an old payload is read again: what was learned later than that stays as it is.
    Raises IntegrityError when another process stores the same comments at the same time; the caller does it again.
    """
    unique = {item.external_id: item for item in items}
    known = _known(session, page_id, list(unique))
    changed = apply_changes(session, page_id, [(unique[e], known[e]) for e in known], now=now, learned_at=learned_at)
    fresh = sorted(
        (item for e, item in unique.items() if e not in known), key=lambda item: (item.published_at, item.external_id)
    )
    work = _Work(page_id, team_id, now)
    if fresh:
        _store_fresh(session, work, unique, known, fresh, place)
    talks = tuple(dict.fromkeys([*(talk.id for talk in work.talks.values() if talk.touched), *changed.conversations]))
    if talks:
        known_talks = [talk.id for talk in work.talks.values() if talk.touched and talk.row is None]
        open_ones = dict.fromkeys([*known_talks, *changed.conversations])  # nobody can have a fresh one open
        announce(session, Changed("inbox"), *(Changed("conversation", one) for one in open_ones))
    echoes = tuple(_echo(row) for row in work.rows if row["is_us"])
    return Stored(len(fresh), changed.count, len(known) - changed.count, talks, echoes)


def keep_payloads(session: Session, page_id: int, payloads: Iterable[Payload], now: datetime) -> None:
    """Keep the answers a batch was read from."""
    rows = [
        {
            "id": new_id(),
            "page_id": page_id,
            "url": payload.url[:2000],
            "media_type": payload.media_type[:100],
            "body": zlib.compress(payload.body, 6),
            "read_at": now,
        }
        for payload in payloads
    ]
    if rows:
        session.execute(RawPayload.__table__.insert(), rows)  # type: ignore[attr-defined]


def _known(session: Session, page_id: int, external_ids: list[str]) -> dict[str, Known]:
    known: dict[str, Known] = {}
    columns = (
        Comment.external_id,
        Comment.id,
        Comment.content_hash,
        Comment.status,
        Comment.conversation_id,
        Comment.thread_root,
        Comment.changed_at,
        Comment.text,
        Comment.is_us,
    )
    for part in _chunks(external_ids):
        for row in session.execute(select(*columns).where(Comment.page_id == page_id, Comment.external_id.in_(part))):
            known[row[0]] = Known(*row[1:])
    return known


def _store_fresh(
    session: Session,
    work: _Work,
    unique: dict[str, Item],
    known: dict[str, Known],
    fresh: list[Item],
    place: Place | None,
) -> None:
    _find_roots(session, work, unique, known, fresh)
    posts = _posts(session, work.page_id, [item.post for item in fresh])
    inbound = [item for item in fresh if not item.author.is_us]
    who = {
        item.external_id: sighting(
            item.author, page_id=work.page_id, thread_root=work.roots[item.external_id], external_id=item.external_id
        )
        for item in inbound
    }
    identities = contacts.recognise(session, who.values(), work.now)
    _load_talks(session, work, {work.roots[item.external_id] for item in inbound})
    ids = new_ids(len(fresh))
    for item, comment_id in zip(fresh, ids, strict=True):
        post_id = posts[item.post.external_id]
        person = who.get(item.external_id)
        identity = identities[person.realm, person.key] if person else None
        talk_id: int | None
        if identity is None:
            talk_id = work.talk_of.get(item.parent) if item.parent else None
        else:
            talk_id = _join_talk(work, item, post_id, identity)
        work.talk_of[item.external_id] = talk_id
        work.rows.append(_comment_row(work, item, comment_id, post_id, talk_id, identity.id if identity else None))
    if place is not None:
        _place(work, fresh, place)
    _write(session, work)
    _adopt_orphans(session, work, fresh)


def _find_roots(
    session: Session, work: _Work, unique: dict[str, Item], known: dict[str, Known], fresh: list[Item]
) -> None:
    for external_id, stored in known.items():
        work.roots[external_id] = stored.thread_root
        work.talk_of[external_id] = stored.conversation_id
    outside = {item.parent for item in fresh if item.parent and item.parent not in unique}
    for part in _chunks(list(outside)):
        query = select(Comment.external_id, Comment.thread_root, Comment.conversation_id)
        for external_id, root, talk_id in session.execute(
            query.where(Comment.page_id == work.page_id, Comment.external_id.in_(part))
        ):
            work.roots[external_id] = root
            work.talk_of[external_id] = talk_id
    stored_roots = dict(work.roots)
    links = {item.external_id: item.parent for item in fresh}
    for item in fresh:
        work.roots[item.external_id] = rules.root_of(item.external_id, links, stored_roots.get)
    for item in fresh:  # a stored comment's root may itself have found its parent in this batch
        work.roots[item.external_id] = rules.follow(work.roots, item.external_id)


def _posts(session: Session, page_id: int, refs: Iterable[PostRef]) -> dict[str, int]:
    wanted = {ref.external_id: ref for ref in refs}
    found: dict[str, int] = {}
    for part in _chunks(list(wanted)):
        query = select(Post).where(Post.page_id == page_id, Post.external_id.in_(part))
        for post in session.scalars(query):
            found[post.external_id] = post.id
            ref = wanted[post.external_id]
            post.url = ref.url[:2000] if ref.url else post.url
            post.title = ref.title[:500] if ref.title else post.title
    fresh = [ref for external_id, ref in wanted.items() if external_id not in found]
    rows: list[dict[str, Any]] = [
        {
            "id": post_id,
            "page_id": page_id,
            "external_id": ref.external_id,
            "url": ref.url[:2000] if ref.url else None,
            "title": ref.title[:500] if ref.title else None,
        }
        for ref, post_id in zip(fresh, new_ids(len(fresh)), strict=True)
    ]
    if rows:
        session.execute(Post.__table__.insert(), rows)  # type: ignore[attr-defined]
        found.update({row["external_id"]: row["id"] for row in rows})
    return found


def _load_talks(session: Session, work: _Work, roots: set[str]) -> None:
    for part in _chunks(list(roots)):
        query = select(Conversation).where(Conversation.page_id == work.page_id, Conversation.thread_root.in_(part))
        for one in session.scalars(query):
            work.talks[one.thread_root, one.identity_id] = _Talk(
                one.id,
                one.contact_id,
                one.state,
                one.waiting_since,
                one.comment_count,
                one.version,
                snippet=one.snippet,
            )


def _join_talk(work: _Work, item: Item, post_id: int, identity: Person) -> int:
    root = work.roots[item.external_id]
    talk = work.talks.get((root, identity.id))
    at = rules.sane_time(item.published_at, work.now)
    if talk is None:
        talk = _Talk(new_id(), identity.contact_id, ConversationState.DONE, None, 0, 0)
        talk.row = {
            "id": talk.id,
            "page_id": work.page_id,
            "post_id": post_id,
            "identity_id": identity.id,
            "contact_id": identity.contact_id,
            "thread_root": root,
            "priority": Priority.NORMAL,
            "team_id": work.team_id,
            "assignee_id": None,
            "routed_at": None,
            "opened_at": work.now,
            "language": None,
            "author_known": not identity.is_new,
        }
        work.talks[root, identity.id] = talk
    talk.touched = True
    talk.comment_count += 1
    talk.version += 1
    if item.status not in _QUIET:
        talk.state, talk.waiting_since = rules.after_inbound(talk.state, talk.waiting_since, at)
        talk.snippet = rules.snippet(item.text)
    elif not talk.snippet:
        talk.snippet = rules.snippet(item.text)
    return talk.id


def _place(work: _Work, fresh: list[Item], place: Place) -> None:
    """Put new conversations where routing wants them, before they are stored."""
    said: dict[int, list[Item]] = {}
    for item in fresh:
        talk_id = work.talk_of[item.external_id]
        if talk_id is not None and not item.author.is_us:
            said.setdefault(talk_id, []).append(item)
    new = {talk.id: talk for talk in work.talks.values() if talk.row is not None}
    facts = [
        Facts(
            conversation_id=talk_id,
            page_id=work.page_id,
            default_team_id=work.team_id,
            texts=tuple(item.text for item in said[talk_id]),
            author_known=bool((talk.row or {})["author_known"]),
            held_as_spam=any(item.status is Status.SPAM for item in said[talk_id]),
        )
        for talk_id, talk in new.items()
    ]
    for talk_id, placement in place(facts).items():
        talk = new[talk_id]
        (talk.row or {}).update(
            team_id=placement.team_id, priority=placement.priority, language=placement.language, routed_at=work.now
        )
        if placement.spam and talk.state is ConversationState.NEW:
            talk.state, talk.waiting_since = ConversationState.SPAM, None


def _comment_row(
    work: _Work, item: Item, comment_id: int, post_id: int, talk_id: int | None, identity_id: int | None
) -> dict[str, Any]:
    at = rules.sane_time(item.published_at, work.now)
    return {
        "id": comment_id,
        "page_id": work.page_id,
        "external_id": item.external_id,
        "post_id": post_id,
        "conversation_id": talk_id,
        "identity_id": identity_id,
        "parent_external_id": item.parent,
        "thread_root": work.roots[item.external_id],
        "author_name": item.author.name[:200],
        "is_us": item.author.is_us,
        "text": item.text,
        "content_hash": rules.content_hash(item.text),
        "url": item.url[:2000] if item.url else None,
        "status": item.status,
        "published_at": at,
        "first_seen_at": work.now,
        "changed_at": work.now,
        "edited_at": None,
        "verify_at": next_verify(work.now, at),
    }


def _write(session: Session, work: _Work) -> None:
    touched = [talk for talk in work.talks.values() if talk.touched]
    fresh = [{**talk.row, **_moving(talk, work.now)} for talk in touched if talk.row is not None]
    if fresh:
        session.execute(Conversation.__table__.insert(), fresh)  # type: ignore[attr-defined]
    stored = [{"which": talk.id, **_moving(talk, work.now)} for talk in touched if talk.row is None]
    if stored:
        table = Conversation.__table__
        names = [name for name in stored[0] if name != "which"]
        statement = update(table).where(table.c.id == bindparam("which")).values({n: bindparam(n) for n in names})  # type: ignore[arg-type]
        session.connection().execute(statement, stored)
    session.execute(Comment.__table__.insert(), work.rows)  # type: ignore[attr-defined]


def _moving(talk: _Talk, now: datetime) -> dict[str, Any]:
    return {
        "state": talk.state,
        "waiting_since": talk.waiting_since,
        "sort_at": talk.waiting_since or now,
        "snippet": talk.snippet,
        "comment_count": talk.comment_count,
        "version": talk.version,
        "news_at": now,
    }


def _adopt_orphans(session: Session, work: _Work, fresh: list[Item]) -> None:
    """Comments that came before the one they answer took it for the root; now the real root is known."""
    moved = {
        item.external_id: work.roots[item.external_id]
        for item in fresh
        if work.roots[item.external_id] != item.external_id
    }
    for part in _chunks(list(moved)):
        query = (
            select(Comment.thread_root).where(Comment.page_id == work.page_id, Comment.thread_root.in_(part)).distinct()
        )
        for old in list(session.scalars(query)):
            session.execute(
                update(Comment)
                .where(Comment.page_id == work.page_id, Comment.thread_root == old)
                .values(thread_root=moved[old])
            )


def _echo(row: dict[str, Any]) -> Echo:
    return Echo(
        comment_id=row["id"],
        external_id=row["external_id"],
        parent_external_id=row["parent_external_id"],
        text=row["text"],
        url=row["url"],
        published_at=row["published_at"],
    )


def _chunks(values: list[str]) -> Iterable[list[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
