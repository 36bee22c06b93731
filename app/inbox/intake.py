"""Storing what platforms showed us: each comment once, its person, its conversation, and every later change.

Works on the batches of many pages at a time with a fixed number of statements, however many comments are in them.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from app.connectors.ports import Item, Payload, Status
from app.contacts import service as contacts
from app.contacts.rules import sighting
from app.core.bulk import insert_rows
from app.core.events import Changed, Stand, announce
from app.core.ids import new_id
from app.inbox import filters, lookups, rules
from app.inbox.arrivals import Arrival, Facts, Place, Stored
from app.inbox.changes import apply_changes
from app.inbox.fresh import Talk, Work, echo, grown, moving, put, work_in
from app.inbox.models import Comment, Conversation, RawPayload
from app.inbox.types import ConversationState

TOLD_ONE_BY_ONE = 20
"""So many conversations of a batch."""


def store(session: Session, arrivals: Sequence[Arrival], now: datetime, place: Place | None = None) -> list[Stored]:
    """Store what was read from these pages, each named once; answer what came of each.

    ``place`` says where new conversations go; without its word on one it waits, unrouted, at its page's team.
    Raises IntegrityError when another process stores the same comments at the same time; the caller does it again.
    """
    works = [
        Work(
            one.page_id,
            one.team_id,
            now,
            {item.external_id: item for item in one.items},
            one.learned_at,
            one.history,
            one.routed_later,
        )
        for one in arrivals
    ]
    _find_known(session, works)
    for work in works:
        if work.history:
            continue
        pairs = [(work.items[external_id], known) for external_id, known in work.known.items()]
        work.changed = apply_changes(session, work.page_id, pairs, now=now, learned_at=work.learned_at)
    with_news = [work for work in works if work.fresh]
    if with_news:
        _store_fresh(session, with_news, place)
    told = [_result(work) for work in works]
    if any(one.conversations for one in told):
        open_ones = dict.fromkeys(talk_id for work in works for talk_id in _seen_before(work))
        announce(session, *_for_lists(session, works), *(Changed("conversation", one) for one in open_ones))
    return told


def keep_payloads(session: Session, payloads: Iterable[tuple[int, Payload]], now: datetime) -> None:
    """Keep the answers that batches were read from, each with its page."""
    rows = [
        {
            "id": new_id(),
            "page_id": page_id,
            "url": payload.url[:2000],
            "media_type": payload.media_type[:100],
            "body": zlib.compress(payload.body, 6),
            "read_at": now,
        }
        for page_id, payload in payloads
    ]
    insert_rows(session, RawPayload.__table__, rows)


def _find_known(session: Session, works: Sequence[Work]) -> None:
    known = lookups.known_comments(session, [key for work in works for key in work.keys(work.items)])
    for work in works:
        for external_id, item in work.items.items():
            stored = known.get((work.page_id, external_id))
            if stored is None:
                work.fresh.append(item)
            else:
                work.known[external_id] = stored
        work.fresh.sort(key=lambda item: (item.published_at, item.external_id))


def _result(work: Work) -> Stored:
    talks = tuple(dict.fromkeys([*(t.id for t in work.talks.values() if t.touched), *work.changed.conversations]))
    echoes = tuple(echo(row) for row in work.rows if row["is_us"])
    known = len(work.known) - work.changed.count
    return Stored(len(work.fresh), work.changed.count, known, talks, echoes, work.changed.new_facts)


def _for_lists(session: Session, works: Sequence[Work]) -> list[Changed]:
    """What open lists are told: of a few that wait for us each by itself, so that a list need not ask what is new;
    else that they are out of date. At most one statement."""
    touched = [(work, talk) for work in works for talk in work.talks.values() if talk.touched]
    plain = all(talk.state is ConversationState.NEW and not work.routed_later for work, talk in touched)
    if not plain or len(touched) > TOLD_ONE_BY_ONE or any(work.changed.conversations for work in works):
        return [Changed("inbox")]
    known = lookups.belongs(session, [talk.id for _work, talk in touched])
    return [Changed("news", talk.id, tuple(_stands(work, talk, known[talk.id]))) for work, talk in touched]


def _stands(work: Work, talk: Talk, to: lookups.Belongs) -> Iterator[Stand]:
    """By what lists may hold a conversation that waits for us, as far as it can be said."""
    yield "page", work.page_id
    yield "team", talk.team_id
    yield "assignee", talk.assignee_id or 0
    yield "kind", filters.kinds_of(talk.priority, talk.author_known, talk.private, talk.said_as)
    yield "language", (talk.language,) if talk.language else ()
    yield "platform", (to.platform,)
    yield "tag", to.tags
    if to.campaign is not None:
        yield "campaign", to.campaign
    if talk.row is not None:
        yield "target", ()  # who has only begun to wait is late nowhere


def _seen_before(work: Work) -> Iterable[int]:
    """Conversations with news that somebody may have open: nobody can have a fresh one."""
    yield from (talk.id for talk in work.talks.values() if talk.touched and talk.row is None)
    yield from work.changed.conversations


def _store_fresh(session: Session, works: Sequence[Work], place: Place | None) -> None:
    _find_roots(session, works)
    posts = lookups.posts(
        session, {(work.page_id, item.post.external_id): item.post for work in works for item in work.fresh}
    )
    for work in works:
        work.who = {
            item.external_id: sighting(
                item.author,
                page_id=work.page_id,
                thread_root=work.roots[item.external_id],
                external_id=item.external_id,
            )
            for item in work.fresh
            if not item.author.is_us
        }
    identities = contacts.recognise(session, [one for work in works for one in work.who.values()], works[0].now)
    _load_talks(session, works)
    for work in works:
        work_in(work, posts, identities)
    to_place = [work for work in works if not work.routed_later]
    if place is not None and to_place:
        _place(to_place, place)
    _write(session, works)
    _adopt_orphans(session, works)


def _find_roots(session: Session, works: Sequence[Work]) -> None:
    outside = {
        (work.page_id, item.parent)
        for work in works
        for item in work.fresh
        if item.parent and item.parent not in work.items
    }
    stored = lookups.roots(session, list(outside))
    for work in works:
        for external_id, known in work.known.items():
            work.roots[external_id], work.talk_of[external_id] = known.thread_root, known.conversation_id
    by_page = {work.page_id: work for work in works}
    for (page_id, external_id), (root, talk_id) in stored.items():
        by_page[page_id].roots[external_id], by_page[page_id].talk_of[external_id] = root, talk_id
    for work in works:
        stored_roots = dict(work.roots)
        links = {item.external_id: item.parent for item in work.fresh}
        for item in work.fresh:
            work.roots[item.external_id] = rules.root_of(item.external_id, links, stored_roots.get)
        for item in work.fresh:  # a stored comment's root may itself have found its parent in this batch
            work.roots[item.external_id] = rules.follow(work.roots, item.external_id)


def _load_talks(session: Session, works: Sequence[Work]) -> None:
    by_page = {work.page_id: work for work in works}
    wanted = [(work.page_id, work.roots[external_id]) for work in works for external_id in work.who]
    for page_id, root, identity_id, *columns in lookups.conversations(session, wanted):
        by_page[page_id].talks[root, identity_id] = Talk(*columns)


def _place(works: Sequence[Work], place: Place) -> None:
    """Put new conversations where routing wants them, before they are stored."""
    new: dict[int, Talk] = {}
    facts: list[Facts] = []
    for work in works:
        said: dict[int | None, list[Item]] = {}
        for item in work.fresh:
            if not item.author.is_us:
                said.setdefault(work.talk_of[item.external_id], []).append(item)
        for talk in work.talks.values():
            if talk.row is None:
                continue
            new[talk.id] = talk
            facts.append(_facts(work, talk, said[talk.id], known=bool(talk.row["author_known"])))
    for talk_id, placement in place(facts).items():
        put(new[talk_id], placement, works[0].now)


def _facts(work: Work, talk: Talk, said: Sequence[Item], *, known: bool) -> Facts:
    """What there is to know about a new conversation, from what its person said."""
    return Facts(
        conversation_id=talk.id,
        page_id=work.page_id,
        default_team_id=work.team_id,
        texts=tuple(item.text for item in said),
        author_known=known,
        held_as_spam=any(item.status is Status.SPAM for item in said),
        contact_id=talk.contact_id,
        is_reply=said[0].parent is not None,
        said_as=said[0].said_as,
        stars=next((item.stars for item in reversed(said) if item.stars), None),
        attached=sum(item.attached for item in said),
        post_id=talk.row["post_id"] if talk.row else None,
        post_url=said[0].post.url,
        post_title=said[0].post.title,
        said_at=rules.sane_time(said[-1].published_at, work.now),
    )


def _write(session: Session, works: Sequence[Work]) -> None:
    touched = [(talk, work) for work in works for talk in work.talks.values() if talk.touched]
    fresh = [{**talk.row, **moving(talk, work.now)} for talk, work in touched if talk.row is not None]
    insert_rows(session, Conversation.__table__, fresh)
    stored = [(talk, work) for talk, work in touched if talk.row is None]
    _move(session, [(talk.id, moving(talk, work.now)) for talk, work in stored if not work.history])
    _move(session, [(talk.id, grown(talk)) for talk, work in stored if work.history])
    insert_rows(session, Comment.__table__, [row for work in works for row in work.rows])


def _move(session: Session, changes: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Change conversations that are stored; all of them in the same columns."""
    if changes:
        table = Conversation.__table__
        statement = update(table).where(table.c.id == bindparam("which"))  # type: ignore[arg-type]
        rows = [{"which": talk_id, **values} for talk_id, values in changes]
        session.connection().execute(statement.values({name: bindparam(name) for name in changes[0][1]}), rows)


def _adopt_orphans(session: Session, works: Sequence[Work]) -> None:
    """Comments that came before the one they answer took it for the root; now the real root is known."""
    moved = {
        (work.page_id, item.external_id): work.roots[item.external_id]
        for work in works
        for item in work.fresh
        if work.roots[item.external_id] != item.external_id
    }
    for page_id, old in lookups.misplaced_roots(session, list(moved)):
        session.execute(
            update(Comment)
            .where(Comment.page_id == page_id, Comment.thread_root == old)
            .values(thread_root=moved[page_id, old])
        )
