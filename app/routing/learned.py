"""Between the rules and the model: asking it, heeding it where it is sure enough, telling it what people decided."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.accounts.types import Actor
from app.connectors.ports import Status
from app.inbox.arrivals import Facts
from app.inbox.models import Comment, Conversation
from app.learning import explaining, judging, tokens
from app.learning import queries as learning
from app.learning import rules as learning_rules
from app.learning import service as examples
from app.learning.models import LearningExample
from app.learning.queries import InUse
from app.learning.types import LANGUAGES, NOBODY, SPAM, Basis, Kind, NewExample, Opinion, Weight
from app.pages.models import Page
from app.routing.models import RoutingDecision
from app.routing.types import DecidedBy, Thought, Verdict

log = structlog.get_logger()


def think(session: Session, facts: Sequence[Facts]) -> list[Thought | None]:
    """What the model makes of conversations, all at once. A fault in it never holds up what the rules can decide."""
    if not facts:
        return []
    try:
        known = learning.in_use(session)
        found = judging.opinions(known.judge, ["\n".join(fact.texts) for fact in facts])
    except Exception:
        log.exception("judging_failed", conversations=len(facts))
        return [None] * len(facts)
    return [thought(opinion, known, fact.conversation_id) for opinion, fact in zip(found, facts, strict=True)]


def languages(session: Session) -> frozenset[str]:
    """What comments may be in; all that are likely where what judges can't be read."""
    try:
        return learning.in_use(session).languages
    except Exception:
        log.exception("languages_unknown")
        return LANGUAGES


def thought(opinion: Opinion, known: InUse, conversation_id: int) -> Thought:
    """An opinion about a conversation, and whether it is heeded, or drawn for an audit. While nothing goes anywhere
    without asking, there is nothing to audit and every opinion is told."""
    untold = known.automates and learning_rules.untold(conversation_id, sure=opinion.automatic)
    return Thought(
        team=opinion.team,
        confidence=opinion.confidence,
        kind=opinion.kind,
        kind_confidence=opinion.kinds[opinion.kind],
        automatic=opinion.automatic and not untold,
        audited=opinion.automatic and untold,
        untold=untold,
        remedy=opinion.remedy,
        version_id=known.version_id,
    )


def told(fact: Facts, thought: Thought | None) -> Facts:
    """The facts with what the model takes it for, so that rules can ask."""
    return replace(fact, kind=thought.kind.value, confidence=thought.kind_confidence) if thought else fact


def heeded(verdict: Verdict, thought: Thought | None) -> Verdict:
    """The verdict, with the model's word where no rule says where it goes and the model is sure enough."""
    if thought is None or not thought.automatic or verdict.team or verdict.spam or verdict.resolve:
        return verdict
    if thought.team == SPAM:
        return replace(verdict, spam=True, by_model=True)
    return verdict if thought.team == NOBODY else replace(verdict, team=thought.team, by_model=True)


def kept(thought: Thought) -> dict[str, Any]:
    """What a decision remembers of the model's opinion."""
    return {
        "team": thought.team,
        "kind": thought.kind.value,
        "confidence": round(thought.confidence, 4),
        "kind_confidence": round(thought.kind_confidence, 4),
        "version": thought.version_id,
        "automatic": thought.automatic,
        "audited": thought.audited,
        "untold": thought.untold,
        "remedy": thought.remedy,
    }


def remembered(more: Mapping[str, Any] | None) -> Thought | None:
    """The opinion that a decision remembers beside its own columns, as it was."""
    said = (more or {}).get("opinion")
    if not said:
        return None
    return Thought(
        team=said.get("team", NOBODY),
        confidence=said["confidence"],
        kind=Kind(said["kind"]),
        kind_confidence=said.get("kind_confidence", said["confidence"]),
        automatic=bool(said.get("automatic")),
        audited=bool(said.get("audited")),
        untold=bool(said.get("untold", said.get("audited"))),
        remedy=bool(said.get("remedy")),
        version_id=said.get("version"),
    )


def teach(
    session: Session, talk: Conversation, team: str, actor: Actor, now: datetime, *, old_team: str | None = None
) -> None:
    """Somebody decided where a conversation belongs: by moving it from ``old_team``, or by answering it where it is.

    Kept once for each conversation and team. Nothing is learned from the demonstration.
    """
    if session.scalar(select(Page.demo).where(Page.id == talk.page_id)):
        return
    last = session.scalar(
        select(LearningExample.team)
        .where(LearningExample.conversation_id == talk.id, learning.stands())
        .order_by(LearningExample.id.desc())
        .limit(1)
    )
    text = _said(session, talk.id)
    if last == team or tokens.blank(text):
        return
    first = session.execute(
        select(RoutingDecision.rule, RoutingDecision.more, RoutingDecision.decided_by)
        .where(RoutingDecision.conversation_id == talk.id, RoutingDecision.decided_by != DecidedBy.PERSON)
        .order_by(RoutingDecision.id)
        .limit(1)
    ).one_or_none()
    if first and first.decided_by is DecidedBy.OWNER and not old_team:
        return  # It is where it is for whose it is: that it was answered there says nothing about what it says.
    more: dict[str, Any] = (first.more or {}) if first else {}
    opinion: dict[str, Any] = more.get("opinion") or {}
    rule = first.rule if first and not more.get("page_team") else None
    alone = first is not None and rule is None and first.decided_by is not DecidedBy.OWNER
    basis = Basis.CORRECTION if old_team else Basis.CONFIRMATION
    if alone and last is None and opinion.get("audited"):
        basis = Basis.AUDIT  # only where the model would have decided: what a rule brought somewhere says nothing of it
    example = NewExample(
        text=text,
        team=team,
        basis=basis,
        old_team=old_team,
        conversation_id=talk.id,
        actor_id=actor.id,
        judged_team=opinion.get("team"),
        confidence=opinion.get("confidence"),
        automatic=bool(opinion.get("automatic")),
        language=talk.language,
        page_id=talk.page_id,
        rule=rule,
    )
    examples.add_examples(session, [example], now)
    if example.basis is Basis.AUDIT and example.judged_team:
        examples.review_audit(session, example.judged_team, now)


def team_key(session: Session, team_id: int) -> str:
    return session.scalars(select(Team.key).where(Team.id == team_id)).one()


def _said(session: Session, conversation_id: int) -> str:
    query = (
        select(Comment.text)
        .where(
            Comment.conversation_id == conversation_id,
            Comment.is_us.is_(False),
            Comment.status.not_in([Status.DELETED, Status.TRASH]),
        )
        .order_by(Comment.published_at, Comment.id)
    )
    return "\n".join(session.scalars(query)).strip()


def weighed(session: Session, facts: Facts) -> list[Weight]:
    """The words that weigh most in what the model of today thinks of it."""
    return explaining.weights(learning.in_use(session).judge, "\n".join(facts.texts))
