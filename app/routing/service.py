"""Routing conversations, and people's corrections. Services flush; the edge commits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.types import Actor
from app.connectors.ports import Status
from app.core.bulk import insert_rows
from app.core.db import insert_or, run_in_bulk
from app.core.errors import InvalidInput
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id, new_ids
from app.inbox import service as inbox
from app.inbox import tags
from app.inbox.models import Comment, Conversation, ConversationTag
from app.inbox.types import ConversationState, Facts, Placement
from app.learning import service as examples
from app.learning.types import SPAM
from app.outbox import service as outbox
from app.outbox.types import Act
from app.pages.models import Page
from app.routing import language, learned, queries, rules, stored
from app.routing.models import RoutingCause, RoutingDecision
from app.routing.rules import RuleBook
from app.routing.types import Candidate, Cause, DecidedBy, Judged, Thought, Verdict
from app.signals.service import tell
from app.signals.types import SignalKind

log = structlog.get_logger()
BATCH = 500
NEWS = timedelta(hours=1)
_IN_FORCE = "rules_in_force"


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that decide now, and whom they may name."""

    version_id: int | None
    book: RuleBook
    teams: dict[str, int]
    people: dict[str, int]
    """By login; empty when no rule names anybody."""


def route_waiting(session: Session, now: datetime) -> int:
    """Route up to 500 conversations that have not been; answer how many.

    Skips rows that another worker has locked (PostgreSQL); writes only where still unrouted.
    """
    query = queries.candidates().where(Conversation.routed_at.is_(None)).order_by(Conversation.id).limit(BATCH)
    talks = [Candidate(*row) for row in session.execute(query.with_for_update(skip_locked=True))]
    if not talks:
        return 0
    judged = judge(session, list(stored.facts_of(session, talks, default_teams(session, talks)).values()))
    move(session, talks, judged, now)
    record(session, judged, now)
    announce(session, Changed("inbox"))
    return len(talks)


def default_teams(session: Session, talks: Sequence[Candidate]) -> dict[int, int]:
    """The teams of the pages that conversations stand on."""
    wanted = select(Page.id, Page.team_id).where(Page.id.in_({talk.page_id for talk in talks}))
    return dict(session.execute(wanted).all())


def judge(session: Session, facts: Sequence[Facts]) -> list[Judged]:
    """Where conversations go by the rules in force, and why; nothing is written."""
    now_in_force = in_force(session)
    complete = list(stored.completed(session, facts, now_in_force.book.needs))
    judged = []
    for known, thought in zip(complete, learned.think(session, complete), strict=True):
        fact = learned.told(known, thought)
        spoken = language.detect("\n".join(fact.texts))
        verdict = learned.heeded(rules.decide(now_in_force.book, fact, spoken), thought)
        placement = _placement(now_in_force, fact, verdict, spoken)
        version_id = now_in_force.version_id
        judged.append(Judged(fact.conversation_id, version_id, verdict, placement, fact.said_at, thought))
    return judged


def warm_up(session: Session) -> None:
    """Load what judging needs, so that a process does it when it starts and not with the first comment it gets."""
    judge(session, [Facts(0, 0, 0, ("Where does this go?",), author_known=False, held_as_spam=False)])


def _placement(known: InForce, fact: Facts, verdict: Verdict, spoken: str | None) -> Placement:
    return Placement(
        team_id=known.teams.get(verdict.team or "", fact.default_team_id),
        priority=verdict.priority,
        language=spoken,
        spam=verdict.spam,
        resolve=verdict.resolve,
        assignee_id=known.people.get(verdict.assignee or ""),
    )


def in_force(session: Session) -> InForce:
    """The rules and whom they may name; read once a transaction."""
    known: InForce | None = session.info.get(_IN_FORCE)
    if known is None:
        version_id, book = queries.in_force_book(session)
        teams = {team.key: team.id for team in accounts.teams(session) if not team.demo}
        named = any(rule.then.assignee or rule.then.notify for rule in book.rules)
        people = {one.login: one.id for one in accounts.users(session) if one.active and not one.demo} if named else {}
        known = session.info[_IN_FORCE] = InForce(version_id, book, teams, people)
    return known


def record(session: Session, judged: Sequence[Judged], now: datetime, cause: Cause | None = None) -> None:
    """Keep why the conversations went where they went, and do at the platform what rules ask for."""
    rows = [
        {
            "id": decision_id,
            "conversation_id": one.conversation_id,
            "decided_by": _decided_by(one.verdict),
            "rule_set_id": one.version_id,
            "rule": one.verdict.rule,
            "matched": list(one.verdict.matched),
            "team_id": one.placement.team_id,
            "from_team_id": None,
            "priority": one.verdict.priority,
            "spam": one.verdict.spam,
            "actor_id": None,
            "reason": None,
            "at": now,
            "cause": cause,
            "more": _more(one.verdict, one.thought),
        }
        for one, decision_id in zip(judged, new_ids(len(judged)), strict=True)
    ]
    insert_rows(session, RoutingDecision.__table__, rows)
    _tell_teams(session, judged, now)
    _tell_people(session, judged, now)
    tagged = [(one.conversation_id, one.verdict.tags) for one in judged if one.verdict.tags]
    if tagged:
        _tag(session, tagged, now)
    hidden = [one.conversation_id for one in judged if one.verdict.hide]
    if hidden:
        _hide(session, hidden, now)


def _tell_teams(session: Session, judged: Sequence[Judged], now: datetime) -> None:
    """Leave word of what is new in each team's queue; one piece for all of a batch."""
    fresh: dict[int, list[int]] = defaultdict(list)
    for one in judged:
        if not (one.placement.spam or one.placement.resolve):
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


def _decided_by(verdict: Verdict) -> DecidedBy:
    if verdict.by_model:
        return DecidedBy.MODEL
    return DecidedBy.RULE if verdict.rule else DecidedBy.DEFAULT


def _more(verdict: Verdict, thought: Thought | None) -> dict[str, Any] | None:
    """What a decision says beyond its own columns; mostly nothing."""
    also = [[hit.rule, list(hit.words)] for hit in verdict.hits if hit.rule != verdict.rule]
    said = {
        "hits": also,
        "tags": list(verdict.tags),
        "notify": list(verdict.notify),
        "assignee": verdict.assignee,
        "hide": verdict.hide,
        "resolve": verdict.resolve,
        "opinion": learned.kept(thought) if thought else None,
    }
    return {key: value for key, value in said.items() if value} or None


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


def correct(
    session: Session,
    actor: Actor,
    conversation_id: int,
    team_id: int,
    *,
    version: int | None,
    reason: str,
    now: datetime,
) -> None:
    """Hand the conversation to another team and keep the correction for later learning.

    Raises NotFound, Conflict when it changed since ``version``, InvalidInput when it is that team's already.
    """
    talk = inbox.open_for(session, actor, conversation_id, version)
    before = talk.team_id
    if before == team_id:
        raise InvalidInput(_("It is in this team's queue already."), field="team")
    inbox.move(session, talk, team_id, actor, now)
    to, old = learned.team_key(session, team_id), learned.team_key(session, before)
    learned.teach(session, talk, to, actor, now, old_team=old)
    session.add(
        RoutingDecision(
            id=new_id(),
            conversation_id=talk.id,
            decided_by=DecidedBy.PERSON,
            rule_set_id=None,
            rule=None,
            matched=[],
            team_id=team_id,
            from_team_id=before,
            priority=talk.priority,
            spam=False,
            actor_id=actor.id,
            reason=reason.strip()[:500] or None,
            at=now,
            cause=None,
            more=None,
        )
    )
    session.flush()


def confirm(session: Session, actor: Actor, talk: Conversation, now: datetime) -> None:
    """Somebody answered a conversation where it is: it belongs there."""
    learned.teach(session, talk, learned.team_key(session, talk.team_id), actor, now)


def unconfirm(session: Session, actor: Actor, conversation_id: int, *, since: datetime) -> None:
    """Somebody took an answer back: it confirms nothing."""
    learned.forget(session, [conversation_id], actor, since=since)


def set_aside(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """Spam: kept, out of the queues, and remembered for later learning. Raises NotFound, Conflict."""
    talk = inbox.open_for(session, actor, conversation_id, version)
    inbox.set_aside(session, actor, conversation_id, version, now)
    learned.teach(session, talk, SPAM, actor, now, old_team=learned.team_key(session, talk.team_id))


def reopen(session: Session, actor: Actor, conversation_id: int, version: int | None, now: datetime) -> None:
    """It waits for us again; what was set aside as spam turns out to be none. Raises NotFound, Conflict."""
    talk = inbox.open_for(session, actor, conversation_id, version)
    was_spam = talk.state is ConversationState.SPAM
    inbox.reopen(session, actor, conversation_id, version, now)
    if was_spam:
        learned.teach(session, talk, learned.team_key(session, talk.team_id), actor, now, old_team=SPAM)


def forget_corrections(session: Session, conversation_ids: Sequence[int], actor: Actor, *, since: datetime) -> None:
    """Somebody took hand-overs of theirs back: nothing is learned from them."""
    learned.forget(session, conversation_ids, actor, since=since)
    mistaken = delete(RoutingDecision).where(
        RoutingDecision.conversation_id.in_(conversation_ids),
        RoutingDecision.decided_by == DecidedBy.PERSON,
        RoutingDecision.actor_id == actor.id,
        RoutingDecision.at >= since,
    )
    run_in_bulk(session, mistaken)


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all decisions about what was said on these pages, and what was learned from them."""
    examples.remove_pages(session, page_ids)
    talks = select(Conversation.id).where(Conversation.page_id.in_(page_ids))
    run_in_bulk(
        session,
        delete(RoutingDecision).where(RoutingDecision.conversation_id.in_(talks)),
        delete(RoutingCause).where(RoutingCause.conversation_id.in_(talks)),
    )


def move(session: Session, talks: Sequence[Candidate], judged: Sequence[Judged], now: datetime) -> None:
    """Put conversations where they were judged to belong. What waits for us may be set aside or resolved so."""
    table = Conversation.__table__
    names = ("team_id", "priority", "language", "routed_at")
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("which"))
        .values({name: bindparam(name) for name in names})
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
        if one.placement.assignee_id is not None:
            free = update(Conversation).where(
                Conversation.id == one.conversation_id, Conversation.assignee_id.is_(None)
            )
            run_in_bulk(session, free.values(assignee_id=one.placement.assignee_id))
