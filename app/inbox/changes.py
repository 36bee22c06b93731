"""Known comments seen again: edited, approved, hidden, gone, named. The earlier text is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Item, Status, Verdict
from app.core.events import Changed, announce
from app.core.ids import new_id
from app.inbox import late_authors, rules
from app.inbox.arrivals import Different, NewFact
from app.inbox.known import COLUMNS, Known
from app.inbox.late_authors import Late
from app.inbox.models import Comment, CommentVersion, Conversation, ConversationEvent, Post
from app.inbox.types import ConversationState, EventKind
from app.pages.rules import next_verify

_SHOWN = (Status.LIVE, Status.HELD)


@dataclass(frozen=True, slots=True)
class Changes:
    """How many comments changed, and in which conversations."""

    count: int
    conversations: tuple[int, ...]
    new_facts: tuple[NewFact, ...] = ()


def apply_changes(
    session: Session,
    page_id: int,
    pairs: Sequence[tuple[Item, Known]],
    *,
    now: datetime,
    learned_at: datetime | None = None,
) -> Changes:
    """Follow edits and state changes at the source, and authors that were missing.

    With ``learned_at`` (an old payload is read again) only comments last changed at or before that time are touched;
    an author that was missing is news whenever it was learned.
    """
    late = late_authors.follow(session, late_authors.find(page_id, pairs), now)
    different = [
        (item, known)
        for item, known in (_as_far_as_told(*pair) for pair in pairs)
        if (item.status is not known.status or rules.content_hash(item.text) != known.content_hash)
        and (learned_at is None or known.changed_at <= learned_at)
    ]
    if not different and not late:
        return Changes(0, ())
    vanished: dict[int, None] = {}
    for item, known in different:
        _follow(session, item, known, learned_at or now, now)
        if known.conversation_id is not None and item.status not in _SHOWN and known.status in _SHOWN:
            vanished[known.conversation_id] = None
    session.flush()
    for talk_id in vanished:
        _close_if_empty(session, talk_id, now)
    touched = {known.id: known.conversation_id for _item, known in different}
    touched |= {one.comment_id: one.conversation_id for one in late}
    ids = tuple(dict.fromkeys(talk_id for talk_id in touched.values() if talk_id is not None))
    return Changes(len(touched), ids, tuple(_new_facts(different, late)))


def _as_far_as_told(item: Item, known: Known) -> tuple[Item, Known]:
    """With the state we know, where the platform shows a comment without saying whether it was hidden."""
    keeps = not item.state_known and known.status in _SHOWN
    return (replace(item, status=known.status) if keeps else item), known


def _new_facts(different: Sequence[tuple[Item, Known]], late: Sequence[Late]) -> Iterator[NewFact]:
    """What routing may have to look at again."""
    for one in late:
        yield NewFact(one.conversation_id, Different.AUTHOR, key=f"comment:{one.comment_id}")
    for item, known in different:
        if known.conversation_id is None or known.is_us:
            continue
        fresh_hash = rules.content_hash(item.text)
        if fresh_hash != known.content_hash:
            yield NewFact(known.conversation_id, Different.TEXT, key=f"{known.id}:{fresh_hash}")
        elif Status.SPAM in (item.status, known.status):
            yield NewFact(known.conversation_id, Different.HELD, key=f"{known.id}:{item.status}")


def _follow(session: Session, item: Item, known: Known, changed_at: datetime, now: datetime) -> None:
    values: dict[str, Any] = {"status": item.status, "changed_at": changed_at}
    fresh_hash = rules.content_hash(item.text)
    if fresh_hash != known.content_hash:
        session.add(CommentVersion(id=new_id(), comment_id=known.id, text=known.text, replaced_at=now))
        values |= {"text": item.text, "content_hash": fresh_hash, "edited_at": now}
        values |= {"stars": item.stars, "attached": item.attached}
        if known.conversation_id is not None and not known.is_us:
            _refresh_snippet(session, known.conversation_id, item.text)
    session.execute(update(Comment).where(Comment.id == known.id).values(**values))
    _follow_post(session, item, known)


def _follow_post(session: Session, item: Item, known: Known) -> None:
    """A comment that went with its post, or came back with it, tells of the post too."""
    told = item.post.status
    if told is None and (known.status is not Status.TRASH or item.status is Status.TRASH):
        return
    post = update(Post).where(Post.id == select(Comment.post_id).where(Comment.id == known.id).scalar_subquery())
    if told is None:
        session.execute(post.where(Post.status == Status.TRASH).values(status=Status.LIVE))
    else:
        session.execute(post.where(Post.status != told).values(status=told))


def apply_verdicts(session: Session, page_id: int, verdicts: Sequence[Verdict], now: datetime) -> Changes:
    """What a second look at known comments found; also notes when each is looked at again."""
    by_external = {verdict.external_id: verdict for verdict in verdicts}
    rows = session.execute(
        select(
            Comment.external_id,
            Comment.published_at,
            *COLUMNS,
        ).where(Comment.page_id == page_id, Comment.external_id.in_(list(by_external)))
    ).all()
    pairs = []
    gone: dict[int, None] = {}
    count = 0
    for external_id, _published_at, *rest in rows:
        known = Known(*rest)
        item = by_external[external_id].item
        if item is not None:
            pairs.append((item, known))
        elif known.status is not Status.DELETED:
            count += 1
            session.execute(update(Comment).where(Comment.id == known.id).values(status=Status.DELETED, changed_at=now))
            if known.conversation_id is not None:
                gone[known.conversation_id] = None
    changes = apply_changes(session, page_id, pairs, now=now)
    for talk_id in gone:
        _close_if_empty(session, talk_id, now)
    if rows:
        table = Comment.__table__
        session.connection().execute(
            update(table).where(table.c.id == bindparam("which")).values(verify_at=bindparam("at")),  # type: ignore[arg-type]
            [{"which": row.id, "at": next_verify(now, row.published_at)} for row in rows],
        )
    talks = tuple(dict.fromkeys([*gone, *changes.conversations]))
    if talks:
        announce(session, Changed("inbox"), *(Changed("conversation", one) for one in talks))
    return Changes(count + changes.count, talks, changes.new_facts)


def _refresh_snippet(session: Session, conversation_id: int, text: str) -> None:
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(snippet=rules.snippet(text), version=Conversation.version + 1)
    )


def _close_if_empty(session: Session, conversation_id: int, now: datetime) -> None:
    """Nobody waits for an answer to words that are no longer there."""
    left = session.scalar(
        select(func.count())
        .select_from(Comment)
        .where(Comment.conversation_id == conversation_id, Comment.is_us.is_(False), Comment.status.in_(_SHOWN))
    )
    if left:
        return
    closed = session.scalar(
        update(Conversation)
        .where(
            Conversation.id == conversation_id,
            or_(Conversation.state == ConversationState.NEW, Conversation.put_off_until.is_not(None)),
            Conversation.remedies_open == 0,
        )
        .values(
            state=ConversationState.DONE,
            waiting_since=None,
            put_off_until=None,
            sort_at=now,
            version=Conversation.version + 1,
        )
        .returning(Conversation.id)
    )
    if closed is not None:
        event = ConversationEvent(
            id=new_id(), conversation_id=conversation_id, kind=EventKind.VANISHED, actor_id=None, at=now, data={}
        )
        session.add(event)
        session.flush()
