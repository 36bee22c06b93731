"""Replaying rules on stored conversations, a portion at a time. Nothing is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.core.ids import lowest_id
from app.inbox.arrivals import Facts
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.pages import queries as page_queries
from app.routing import learned, rules, stored
from app.routing.book import RuleBook
from app.routing.language import detect
from app.routing.models import RoutingDecision
from app.routing.tally import SPAM, Outcome, Replayed
from app.routing.types import Candidate, DecidedBy, Fact, Thought

PORTION = 1000
LONGEST_DAYS = 366
_OF_CLASSIFIER = frozenset({Fact.KINDS, Fact.CONFIDENCE})


_TalkRow = Row[int, int, ConversationState, bool, int, str | None, datetime, int]


@dataclass(frozen=True, slots=True)
class Span:
    """Conversations after one id and up to another, and how many that are."""

    after: int
    upto: int
    count: int


@dataclass(slots=True)
class Replay:
    """Two sets of rules and what they need to know about this installation."""

    before: RuleBook
    after: RuleBook
    teams: dict[str, int]
    page_teams: dict[int, int]
    languages: frozenset[str]
    """Those that people write in, where rules ask for any: nobody has told yet in which of them imported ones are."""
    known: stored.Known = field(default_factory=stored.Known)

    def portion(self, session: Session, after: int, upto: int) -> tuple[int, list[Replayed]]:
        """The next conversations after an id: the last one's id, and what came of them; none at the end."""
        query = (
            select(
                Conversation.id,
                Conversation.page_id,
                Conversation.state,
                Conversation.author_known,
                Conversation.contact_id,
                Conversation.language,
                Conversation.opened_at,
                Conversation.team_id,
            )
            .where(Conversation.id > after, Conversation.id <= upto)
            .order_by(Conversation.id)
            .limit(PORTION)
        )
        rows = session.execute(query).all()
        if not rows:
            return upto, []
        talks = [Candidate(*row[:5]) for row in rows]
        made = stored.facts_of(session, talks, self.page_teams, first_only=True)
        needs = self.before.needs | self.after.needs
        facts = stored.completed(session, list(made.values()), needs, self.known)
        thoughts = _thoughts(session, rows[0].id, rows[-1].id)
        if needs & _OF_CLASSIFIER:
            thoughts |= _thoughts_of_today(session, [one for one in facts if one.conversation_id not in thoughts])
        moved = _corrections(session, rows[0].id, rows[-1].id)
        return rows[-1].id, [
            self._replayed(row, fact, thoughts.get(row.id), moved.get(row.id))
            for row, fact in zip(rows, facts, strict=True)
        ]

    def _replayed(self, row: _TalkRow, seen: Facts, thought: Thought | None, corrected_to: int | None) -> Replayed:
        fact = learned.told(seen, thought)
        spoken = row.language or (detect("\n".join(fact.texts), self.languages) if self.languages else None)
        return Replayed(
            conversation_id=row.id,
            hour=(fact.said_at or row.opened_at).hour,
            held=fact.held_as_spam,
            before=self._outcome(self.before, fact, spoken, thought),
            after=self._outcome(self.after, fact, spoken, thought),
            is_at=SPAM if row.state is ConversationState.SPAM else str(row.team_id),
            corrected_to=None if corrected_to is None else str(corrected_to),
        )

    def _outcome(self, book: RuleBook, fact: Facts, language: str | None, thought: Thought | None) -> Outcome:
        verdict = learned.heeded(rules.decide(book, fact, language), thought)
        team = self.teams.get(verdict.team or "", fact.default_team_id)
        return Outcome(SPAM if verdict.spam else str(team), verdict)


def prepare(session: Session, before: RuleBook, after: RuleBook) -> Replay:
    """Two statements, and what the model needs where rules ask for languages."""
    teams = {team.key: team.id for team in accounts.teams(session)}
    page_teams = {page.id: page.team_id for page in page_queries.pages(session, include_removed=True)}
    asked = Fact.LANGUAGES in before.needs | after.needs
    return Replay(before, after, teams, page_teams, learned.languages(session) if asked else frozenset())


def span(session: Session, days: int, now: datetime) -> Span:
    """The conversations that were opened in the last days."""
    after = lowest_id(now - timedelta(days=days)) - 1
    upto, count = session.execute(
        select(func.coalesce(func.max(Conversation.id), after), func.count()).where(Conversation.id > after)
    ).one()
    return Span(after, upto, count)


def portions(session: Session, replay: Replay, wanted: Span) -> Iterator[Sequence[Replayed]]:
    """All of a span, in order."""
    at = wanted.after
    while True:
        at, found = replay.portion(session, at, wanted.upto)
        if not found:
            return
        yield found


def _thoughts(session: Session, first: int, last: int) -> dict[int, Thought]:
    """What the model made of each conversation when it was routed first, as its decision remembers it."""
    query = (
        select(RoutingDecision.conversation_id, RoutingDecision.more)
        .where(
            RoutingDecision.conversation_id >= first,
            RoutingDecision.conversation_id <= last,
            RoutingDecision.decided_by != DecidedBy.PERSON,
        )
        .order_by(RoutingDecision.id.desc())
    )
    told: dict[int, dict[str, Any] | None] = dict(session.execute(query).all())
    return {talk_id: thought for talk_id, more in told.items() if (thought := learned.remembered(more))}


def _thoughts_of_today(session: Session, facts: Sequence[Facts]) -> dict[int, Thought]:
    """What the model makes of what was never routed, as it was imported."""
    found = zip(facts, learned.think(session, facts), strict=True)
    return {one.conversation_id: thought for one, thought in found if thought is not None}


def _corrections(session: Session, first: int, last: int) -> dict[int, int]:
    """Where people moved these conversations last."""
    query = (
        select(RoutingDecision.conversation_id, RoutingDecision.team_id)
        .where(
            RoutingDecision.conversation_id >= first,
            RoutingDecision.conversation_id <= last,
            RoutingDecision.decided_by == DecidedBy.PERSON,
            RoutingDecision.from_team_id.is_not(None),
        )
        .order_by(RoutingDecision.id)
    )
    return dict(session.execute(query).all())
