"""Why a conversation is where it is: what was seen when it was routed, what nearly was, and what has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.accounts.types import Actor
from app.inbox import access
from app.inbox.arrivals import Facts
from app.inbox.models import Comment, Conversation
from app.inbox.types import Priority
from app.learning.types import Weight
from app.routing import book as books
from app.routing import judging, learned, queries, rules, spots, stored
from app.routing.book import RuleBook
from app.routing.models import RuleSet
from app.routing.queries import Explanation
from app.routing.rules import Near
from app.routing.types import Candidate, DecidedBy, Rule, WhatModelThought
from app.routing.words import normal


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what somebody wrote; ``seen`` by a rule that matched."""

    text: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Now:
    """What the rules in force would say today."""

    team_name: str
    rule: str | None
    page_team: bool
    """Whether that is the page's own, as ``rule`` matches and names none."""
    by_model: bool
    spam: bool
    priority: Priority
    is_other: bool
    """Whether that is something else than what was decided."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything there is to say about why a conversation is where it is."""

    steps: Sequence[Explanation]
    version: int | None
    """Of the rules that decided; None when none did."""
    texts: Sequence[Sequence[Piece]]
    """What the person had written when it was routed."""
    matched: Sequence[Rule]
    near: Sequence[Near]
    kind: str | None
    """What the classifier took it for."""
    confidence: float | None
    opinion: WhatModelThought | None
    weighed: Sequence[Weight]
    """Words that pull the model of today, strongest first; below zero: away from what it thinks."""
    newer_rules: bool
    edited: int
    """Comments changed at the platform since."""
    later: int
    """Comments that came since."""
    now: Now | None


def tell(session: Session, actor: Actor, conversation_id: int) -> Story:
    """A fixed number of statements. Raises NotFound."""
    talk = access.conversation(session, actor, conversation_id)
    steps = queries.explain(session, talk.id)
    routed = next((step for step in reversed(steps) if step.decided_by is not DecidedBy.PERSON), None)
    version = routed.rule_set_id if routed else None
    book = _book(session, version)
    then, today = _facts(session, talk, book)
    if routed and routed.opinion:
        then = replace(then, kind=routed.opinion.kind, confidence=routed.opinion.kind_confidence)
    scene = book.scene(then, talk.language)
    matched = rules.matching(book, scene)
    edited, later = _changed(session, talk)
    return Story(
        steps=steps,
        version=version,
        texts=[_marked(text, matched) for text in then.texts],
        matched=matched,
        near=rules.nearly(book, scene),
        kind=routed.opinion.kind if routed and routed.opinion else None,
        confidence=routed.opinion.confidence if routed and routed.opinion else None,
        opinion=routed.opinion if routed else None,
        weighed=learned.weighed(session, then),
        newer_rules=queries.in_force_id(session) != version,
        edited=edited,
        later=later,
        now=_now(session, talk, today, routed),
    )


def _book(session: Session, version: int | None) -> RuleBook:
    if version is None:
        return books.compiled(())
    digest = session.scalar(select(RuleSet.digest).where(RuleSet.id == version))
    return queries.book(session, version, digest or "")


def _facts(session: Session, talk: Conversation, book: RuleBook) -> tuple[Facts, Facts]:
    """What there was to see when it was routed, and what there is now."""
    one = Candidate(talk.id, talk.page_id, talk.state, talk.author_known, talk.contact_id)
    pages = judging.default_teams(session, [one])
    needs = book.needs | judging.in_force(session).book.needs
    both = [stored.facts_of(session, [one], pages, first_only=first)[talk.id] for first in (True, False)]
    then, today = stored.completed(session, both, needs)
    return then, today


def _marked(text: str, matched: Sequence[Rule]) -> list[Piece]:
    """The text in parts, those marked that any of the rules saw."""
    said = normal(text)
    places = sorted(spot for rule in matched for spot in spots.seen(rule, said))
    pieces: list[Piece] = []
    at = 0
    for begin, end in places:
        if begin < at:
            continue
        pieces += [Piece(said[at:begin], seen=False), Piece(said[begin:end], seen=True)]
        at = end
    return [piece for piece in [*pieces, Piece(said[at:], seen=False)] if piece.text]


def _changed(session: Session, talk: Conversation) -> tuple[int, int]:
    since = talk.routed_at
    if since is None:
        return 0, 0
    theirs = (Comment.conversation_id == talk.id, Comment.is_us.is_(False))
    edited = select(func.count()).where(*theirs, Comment.edited_at > since).scalar_subquery()
    later = select(func.count()).where(*theirs, Comment.first_seen_at > since).scalar_subquery()
    found = session.execute(select(edited, later)).one()
    return int(found[0] or 0), int(found[1] or 0)


def _now(session: Session, talk: Conversation, today: Facts, routed: Explanation | None) -> Now | None:
    if routed is None or routed.decided_by is DecidedBy.OWNER:
        return None
    known = judging.in_force(session)
    (thought,) = learned.think(session, [today])
    verdict = learned.heeded(rules.decide(known.book, learned.told(today, thought), talk.language), thought)
    team = session.get_one(Team, known.teams.get(verdict.team or "", today.default_team_id)).name
    is_other = (verdict.spam, verdict.priority) != (routed.spam, routed.priority) or (
        not verdict.spam and team != routed.team_name
    )
    page_team = bool(verdict.rule) and not (verdict.team or verdict.spam)
    return Now(team, verdict.rule, page_team, verdict.by_model, verdict.spam, verdict.priority, is_other)
