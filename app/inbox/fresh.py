"""What a page's new comments become: conversations and rows, worked out in memory between two rounds of statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.connectors.ports import Item, SaidAs, Status
from app.contacts.types import Known as Person
from app.contacts.types import Sighting
from app.core.ids import new_ids
from app.inbox import lookups, rules
from app.inbox.arrivals import Echo, Placement
from app.inbox.changes import Changes
from app.inbox.known import Known
from app.inbox.types import ConversationState, Priority
from app.pages.rules import next_verify

_QUIET = frozenset({Status.TRASH, Status.DELETED})


@dataclass(slots=True)
class Talk:
    """A conversation while a batch is worked in."""

    id: int
    contact_id: int
    state: ConversationState
    waiting_since: datetime | None
    comment_count: int
    version: int
    snippet: str = ""
    put_off_until: datetime | None = None
    private: bool = False
    team_id: int = 0
    assignee_id: int | None = None
    priority: Priority = Priority.NORMAL
    language: str | None = None
    author_known: bool = False
    said_as: SaidAs | None = None
    row: dict[str, Any] | None = None
    """The columns to insert; None when the conversation is stored already."""
    said_at: datetime | None = None
    """With history: when the person spoke last."""
    touched: bool = False


@dataclass(slots=True)
class Work:
    """What is looked up and decided for one page."""

    page_id: int
    team_id: int
    now: datetime
    items: dict[str, Item]
    learned_at: datetime | None
    history: bool = False
    routed_later: bool = False
    known: dict[str, Known] = field(default_factory=dict)
    fresh: list[Item] = field(default_factory=list)
    """Comments seen for the first time, oldest first."""
    changed: Changes = field(default=Changes(0, ()))
    roots: dict[str, str] = field(default_factory=dict)
    talk_of: dict[str, int | None] = field(default_factory=dict)
    who: dict[str, Sighting] = field(default_factory=dict)
    talks: dict[tuple[str, int], Talk] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def keys(self, external_ids: Iterable[str]) -> list[lookups.Key]:
        return [(self.page_id, external_id) for external_id in external_ids]


def work_in(work: Work, posts: Mapping[lookups.Key, int], identities: Mapping[tuple[str, str], Person]) -> None:
    """Give each new comment its conversation and its row."""
    ids = new_ids(2 * len(work.fresh))
    for item, comment_id, talk_id_if_new in zip(work.fresh, ids[::2], ids[1::2], strict=True):
        post_id = posts[work.page_id, item.post.external_id]
        person = work.who.get(item.external_id)
        identity = identities[person.realm, person.key] if person else None
        talk_id: int | None
        if identity is None:
            talk_id = work.talk_of.get(item.parent) if item.parent else None
        else:
            talk_id = _join_talk(work, item, post_id, identity, talk_id_if_new)
        work.talk_of[item.external_id] = talk_id
        work.rows.append(_comment_row(work, item, comment_id, post_id, talk_id, identity.id if identity else None))


def _join_talk(work: Work, item: Item, post_id: int, identity: Person, id_if_new: int) -> int:
    root = work.roots[item.external_id]
    talk = work.talks.get((root, identity.id))
    at = rules.sane_time(item.published_at, work.now)
    if talk is None:
        talk = Talk(id_if_new, identity.contact_id, ConversationState.DONE, None, 0, 0, team_id=work.team_id)
        talk.author_known, talk.said_as = not identity.is_new, item.said_as
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
            "routed_at": work.now if work.history else None,
            "opened_at": work.now,
            "language": None,
            "author_known": talk.author_known,
            "said_as": talk.said_as,
        }
        work.talks[root, identity.id] = talk
    talk.touched = True
    talk.comment_count += 1
    talk.version += 1
    if work.history:
        talk.said_at = max(talk.said_at or at, at)
        talk.snippet, talk.private = rules.snippet(item.text), item.private
    elif item.status not in _QUIET:
        talk.state, talk.waiting_since = rules.after_inbound(talk.state, talk.waiting_since, at)
        talk.put_off_until = None
        talk.snippet, talk.private = rules.snippet(item.text), item.private
    elif not talk.snippet:
        talk.snippet, talk.private = rules.snippet(item.text), item.private
    return talk.id


def put(talk: Talk, placement: Placement, now: datetime) -> None:
    talk.team_id, talk.assignee_id = placement.team_id, placement.assignee_id
    talk.priority, talk.language = placement.priority, placement.language
    (talk.row or {}).update(
        team_id=placement.team_id,
        priority=placement.priority,
        language=placement.language,
        assignee_id=placement.assignee_id,
        routed_at=now,
    )
    if talk.state is ConversationState.NEW and (placement.spam or placement.resolve):
        talk.state = ConversationState.SPAM if placement.spam else ConversationState.DONE
        talk.waiting_since = None
    elif talk.state is ConversationState.NEW and (placement.put_off_until or now) > now:
        talk.state, talk.waiting_since = ConversationState.WAITING, None
        talk.put_off_until = placement.put_off_until


def _comment_row(
    work: Work, item: Item, comment_id: int, post_id: int, talk_id: int | None, identity_id: int | None
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
        "changed_at": min(work.learned_at or work.now, work.now),
        "edited_at": None,
        "verify_at": next_verify(work.now, at),
        "said_as": item.said_as,
        "stars": item.stars,
        "attached": item.attached,
        "private": item.private,
    }


def moving(talk: Talk, now: datetime) -> dict[str, Any]:
    return {
        "state": talk.state,
        "waiting_since": talk.waiting_since,
        "put_off_until": talk.put_off_until,
        "sort_at": talk.waiting_since or talk.said_at or now,
        "snippet": talk.snippet,
        "private": talk.private,
        "comment_count": talk.comment_count,
        "version": talk.version,
        "news_at": talk.said_at or now,
    }


def grown(talk: Talk) -> dict[str, Any]:
    """What history changes of a conversation that was there before."""
    return {"comment_count": talk.comment_count, "version": talk.version}


def echo(row: dict[str, Any]) -> Echo:
    return Echo(
        comment_id=row["id"],
        external_id=row["external_id"],
        parent_external_id=row["parent_external_id"],
        text=row["text"],
        url=row["url"],
        published_at=row["published_at"],
        private=row["private"],
    )
