"""Routing conversations, and people's corrections. Services flush; the edge commits."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.types import Actor
from app.connectors.ports import Status
from app.core.bulk import insert_rows
from app.core.db import run_in_bulk
from app.core.errors import InvalidInput
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id, new_ids
from app.inbox import service as inbox
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState, Facts, Placement
from app.pages.models import Page
from app.routing import language, queries, rules
from app.routing.models import RoutingDecision, RuleSet
from app.routing.types import Candidate, DecidedBy, Judged, Rule
from app.signals.service import tell
from app.signals.types import SignalKind

log = structlog.get_logger()
BATCH = 500
_IN_FORCE = "rules_in_force"


def route_waiting(session: Session, now: datetime) -> int:
    """Route up to 500 conversations that have not been; answer how many.

    Skips rows that another worker has locked (PostgreSQL); writes only where still unrouted.
    """
    query = queries.candidates().where(Conversation.routed_at.is_(None)).order_by(Conversation.id).limit(BATCH)
    talks = [Candidate(*row) for row in session.execute(query.with_for_update(skip_locked=True))]
    if not talks:
        return 0
    wanted = select(Page.id, Page.team_id).where(Page.id.in_({talk.page_id for talk in talks}))
    pages = dict(session.execute(wanted).all())
    judged = judge(session, list(facts_of(session, talks, pages).values()))
    _move(session, talks, judged, now)
    record(session, judged, now)
    announce(session, Changed("inbox"))
    return len(talks)


def judge(session: Session, facts: Sequence[Facts]) -> list[Judged]:
    """Where conversations go by the rules in force, and why; nothing is written."""
    version_id, active, teams = _in_force(session)
    judged = []
    for fact in facts:
        spoken = language.detect("\n".join(fact.texts))
        verdict = rules.decide(active, fact, spoken)
        team_id = teams.get(verdict.team or "", fact.default_team_id)
        placement = Placement(team_id, verdict.priority, spoken, verdict.spam)
        judged.append(Judged(fact.conversation_id, version_id, verdict, placement))
    return judged


def record(session: Session, judged: Sequence[Judged], now: datetime) -> None:
    """Keep why the conversations went where they went."""
    rows = [
        {
            "id": decision_id,
            "conversation_id": one.conversation_id,
            "decided_by": DecidedBy.RULE if one.verdict.rule else DecidedBy.DEFAULT,
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
        }
        for one, decision_id in zip(judged, new_ids(len(judged)), strict=True)
    ]
    insert_rows(session, RoutingDecision.__table__, rows)
    _tell_teams(session, judged, now)


def _tell_teams(session: Session, judged: Sequence[Judged], now: datetime) -> None:
    """Leave word of what is new in each team's queue; one piece for all of a batch."""
    fresh: dict[int, list[int]] = defaultdict(list)
    for one in judged:
        if not one.placement.spam:
            fresh[one.placement.team_id].append(one.conversation_id)
    for team_id, conversations in fresh.items():
        tell(session, SignalKind.NEW_IN_TEAM, now, team_id=team_id, conversations=conversations)


def _in_force(session: Session) -> tuple[int | None, tuple[Rule, ...], dict[str, int]]:
    """The rules and the teams they may name; read once a transaction."""
    known: tuple[int | None, tuple[Rule, ...], dict[str, int]] | None = session.info.get(_IN_FORCE)
    if known is None:
        teams = {team.key: team.id for team in accounts.teams(session) if not team.demo}
        known = session.info[_IN_FORCE] = (*queries.active(session), teams)
    return known


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
        )
    )
    session.flush()


def forget_corrections(session: Session, conversation_ids: Sequence[int], actor: Actor, *, since: datetime) -> None:
    """Somebody took hand-overs of theirs back: nothing is learned from them."""
    mistaken = delete(RoutingDecision).where(
        RoutingDecision.conversation_id.in_(conversation_ids),
        RoutingDecision.decided_by == DecidedBy.PERSON,
        RoutingDecision.actor_id == actor.id,
        RoutingDecision.at >= since,
    )
    run_in_bulk(session, mistaken)


def publish(session: Session, source: str, now: datetime, actor_id: int | None = None) -> int:
    """Put a new version of the rules in force; answer its id. Raises InvalidInput, naming the rule at fault."""
    checked(session, source)
    fresh = RuleSet(source=source, published_at=now, published_by_id=actor_id)
    session.add(fresh)
    session.flush()
    return fresh.id


def checked(session: Session, source: str) -> tuple[Rule, ...]:
    """The rules in a text, fit to be put in force. Raises InvalidInput, naming the rule at fault."""
    known = {team.key for team in accounts.teams(session) if not team.demo}
    found = rules.read(source)
    for number, rule in enumerate(found, 1):
        if rule.team and rule.team not in known:
            message = _(
                "Rule %(n)s: there is no team “%(team)s”. Teams: %(teams)s.",
                n=number,
                team=rule.team,
                teams=", ".join(sorted(known)),
            )
            raise InvalidInput(message, field="rules")
    return found


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all decisions about what was said on these pages."""
    talks = select(Conversation.id).where(Conversation.page_id.in_(page_ids))
    run_in_bulk(session, delete(RoutingDecision).where(RoutingDecision.conversation_id.in_(talks)))


def facts_of(session: Session, talks: Sequence[Candidate], pages: dict[int, int]) -> dict[int, Facts]:
    """What routing looks at, by conversation. ``pages`` are the default teams of their pages."""
    said: dict[int, list[str]] = defaultdict(list)
    spam: set[int] = set()
    query = (
        select(Comment.conversation_id, Comment.text, Comment.status)
        .where(Comment.conversation_id.in_([talk.id for talk in talks]), Comment.is_us.is_(False))
        .order_by(Comment.published_at, Comment.id)
    )
    for talk_id, text, status in session.execute(query):
        if talk_id is None:
            continue
        said[talk_id].append(text)
        if status is Status.SPAM:
            spam.add(talk_id)
    return {
        talk.id: Facts(
            conversation_id=talk.id,
            page_id=talk.page_id,
            default_team_id=pages[talk.page_id],
            texts=tuple(said[talk.id]),
            author_known=talk.author_known,
            held_as_spam=talk.id in spam,
        )
        for talk in talks
    }


def _move(session: Session, talks: Sequence[Candidate], judged: Sequence[Judged], now: datetime) -> None:
    table = Conversation.__table__
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("which"))
        .values(
            team_id=bindparam("team"),
            priority=bindparam("priority"),
            language=bindparam("language"),
            routed_at=bindparam("at"),
        )
    )
    moves = [
        {
            "which": one.conversation_id,
            "team": one.placement.team_id,
            "priority": one.placement.priority,
            "language": one.placement.language,
            "at": now,
        }
        for one in judged
    ]
    session.connection().execute(statement, moves)
    waiting = {talk.id for talk in talks if talk.state is ConversationState.NEW}
    spam = [one.conversation_id for one in judged if one.placement.spam and one.conversation_id in waiting]
    if spam:
        aside = update(Conversation).where(Conversation.id.in_(spam))
        run_in_bulk(session, aside.values(state=ConversationState.SPAM, waiting_since=None, sort_at=now))
