"""Doing what was judged: conversations are put where they belong, and why is kept; people are told; pages asked.

Services flush; the edge commits.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Status
from app.core.bulk import insert_rows
from app.core.db import insert_or, run_in_bulk
from app.core.ids import new_ids
from app.inbox import tags, waking
from app.inbox.models import Comment, Conversation, ConversationTag
from app.inbox.types import ConversationState
from app.outbox import service as outbox
from app.outbox.types import Act
from app.routing import learned
from app.routing.judging import in_force
from app.routing.models import RoutingDecision
from app.routing.types import Candidate, Cause, DecidedBy, Judged
from app.signals.service import tell
from app.signals.types import SignalKind

NEWS = timedelta(hours=1)
"""What is older is no news to anybody."""


def move(session: Session, talks: Sequence[Candidate], judged: Sequence[Judged], now: datetime) -> None:
    """Put conversations where they were judged to belong. What waits for us may be set aside or resolved so.

    Each counts as changed: what somebody did with it before is not taken back over this.
    """
    table = Conversation.__table__
    names = ("team_id", "priority", "language", "routed_at")
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("which"))
        .values({name: bindparam(name) for name in names} | {"version": table.c.version + 1})
    )
    moves = [
        {
            "which": one.conversation_id,
            "team_id": one.placement.team_id,
            "priority": one.placement.priority,
            "language": one.placement.language,
            "routed_at": now,
        }
        for one in judged
    ]
    session.connection().execute(statement, moves)
    waiting = {talk.id for talk in talks if talk.state is ConversationState.NEW}
    for state, wanted in (
        (ConversationState.SPAM, {one.conversation_id for one in judged if one.placement.spam}),
        (ConversationState.DONE, {one.conversation_id for one in judged if one.placement.resolve}),
    ):
        if wanted & waiting:
            aside = update(Conversation).where(Conversation.id.in_(wanted & waiting), Conversation.remedies_open == 0)
            run_in_bulk(session, aside.values(state=state, waiting_since=None, sort_at=now))
    for one in judged:
        until = one.placement.put_off_until
        if until is not None and until > now and one.conversation_id in waiting:
            _put_off(session, one.conversation_id, until, now)
        if one.placement.assignee_id is not None:
            free = update(Conversation).where(
                Conversation.id == one.conversation_id, Conversation.assignee_id.is_(None)
            )
            run_in_bulk(session, free.values(assignee_id=one.placement.assignee_id))


def _put_off(session: Session, conversation_id: int, until: datetime, now: datetime) -> None:
    """It waits for nobody until then."""
    later = update(Conversation).where(Conversation.id == conversation_id)
    values = {"state": ConversationState.WAITING, "waiting_since": None, "put_off_until": until, "sort_at": now}
    run_in_bulk(session, later.values(values))
    waking.no_answer(session, conversation_id, now)


def record(session: Session, judged: Sequence[Judged], now: datetime, cause: Cause | None = None) -> None:
    """Keep why the conversations went where they went, and do at the platform what rules ask for."""
    rows = [
        {
            "id": decision_id,
            "conversation_id": one.conversation_id,
            "decided_by": _decided_by(one),
            "rule_set_id": one.version_id,
            "rule": None if one.stays_with else one.verdict.rule,
            "matched": [] if one.stays_with else list(one.verdict.matched),
            "team_id": one.placement.team_id,
            "from_team_id": None,
            "priority": one.verdict.priority,
            "spam": one.verdict.spam,
            "actor_id": None,
            "reason": None,
            "at": now,
            "cause": cause,
            "more": _more(one),
        }
        for one, decision_id in zip(judged, new_ids(len(judged)), strict=True)
    ]
    insert_rows(session, RoutingDecision.__table__, rows)
    _tell_teams(session, judged, now)
    _tell_people(session, judged, now)
    # Who is given what looks at tags, so a skill asked for is one.
    wanted = ((one.conversation_id, (*one.verdict.tags, *one.verdict.skills)) for one in judged)
    tagged = [(talk_id, tuple(dict.fromkeys(names))) for talk_id, names in wanted if names]
    if tagged:
        _tag(session, tagged, now)
    hidden = [one.conversation_id for one in judged if one.verdict.hide]
    if hidden:
        _hide(session, hidden, now)


def _tell_teams(session: Session, judged: Sequence[Judged], now: datetime) -> None:
    """Leave word of what is new in each team's queue; one piece for all of a batch."""
    fresh: dict[int, list[int]] = defaultdict(list)
    for one in judged:
        if not (one.placement.spam or one.placement.resolve or (one.placement.put_off_until or now) > now):
            fresh[one.placement.team_id].append(one.conversation_id)
    for team_id, conversations in fresh.items():
        tell(session, SignalKind.NEW_IN_TEAM, now, team_id=team_id, conversations=conversations)


def _tell_people(session: Session, judged: Sequence[Judged], now: datetime) -> None:
    """Leave word for people to whom rules gave something, or who are to hear of it. What is old is no news: a page's
    whole past comes in when it is connected."""
    for one in judged:
        if one.said_at is None or one.said_at < now - NEWS:
            continue
        person = one.placement.assignee_id
        if person is not None and not (one.placement.spam or one.placement.resolve):
            tell(session, SignalKind.ASSIGNED, now, people=[person], conversation_id=one.conversation_id)
        if one.verdict.notify:
            known = in_force(session).people
            people = [known[login] for login in one.verdict.notify if login in known]
            rule = one.verdict.rule
            tell(session, SignalKind.RULE, now, people=people, conversation_id=one.conversation_id, rule=rule)


def _decided_by(one: Judged) -> DecidedBy:
    if one.stays_with:
        return DecidedBy.OWNER
    if one.verdict.by_model:
        return DecidedBy.MODEL
    return DecidedBy.RULE if one.verdict.rule else DecidedBy.DEFAULT


def _more(one: Judged) -> dict[str, Any] | None:
    """What a decision says beyond its own columns; mostly nothing."""
    verdict, thought = one.verdict, one.thought
    also = [[hit.rule, list(hit.words)] for hit in verdict.hits if one.stays_with or hit.rule != verdict.rule]
    said = {
        "hits": also,
        "tags": list(verdict.tags),
        "skills": list(verdict.skills),
        "snooze": verdict.snooze,
        "notify": list(verdict.notify),
        "assignee": verdict.assignee,
        "page_team": _left_to_the_page(one),
        "hide": verdict.hide,
        "resolve": verdict.resolve,
        "reply": verdict.reply,
        "stays_with": one.stays_with,
        "opinion": learned.kept(thought) if thought else None,
    }
    return {key: value for key, value in said.items() if value} or None


def _left_to_the_page(one: Judged) -> bool:
    """Whether rules matched, and none of them nor anybody else said whose it is."""
    verdict = one.verdict
    return bool(verdict.rule and not (verdict.team or verdict.spam or one.stays_with))


def _tag(session: Session, tagged: Sequence[tuple[int, Sequence[str]]], now: datetime) -> None:
    """Put the tags on that rules name; one statement more for each name, and one for all."""
    ids = {name: tags.find_or_make(session, name, now) for name in {name for _talk, names in tagged for name in names}}
    rows = [{"conversation_id": talk_id, "tag_id": ids[name]} for talk_id, names in tagged for name in names]
    table = ConversationTag.__table__
    session.execute(insert_or(session, table).on_conflict_do_nothing(), rows)  # type: ignore[arg-type]


def _hide(session: Session, conversation_ids: Sequence[int], now: datetime) -> None:
    """Have what the person said there hidden at the platform, through the outbox; asked twice, it is done once."""
    query = select(Comment).where(
        Comment.conversation_id.in_(conversation_ids), Comment.is_us.is_(False), Comment.status == Status.LIVE
    )
    for comment in session.scalars(query):
        outbox.request(
            session,
            key=f"rule:{Act.HOLD}:{comment.id}",
            act=Act.HOLD,
            comment=comment,
            conversation_id=comment.conversation_id or 0,
            text="",
            actor_id=None,
            now=now,
            due_at=now,
        )
