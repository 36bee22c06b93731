"""What rules would decide about conversations that are stored already. Nothing is changed."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.pages import queries as page_queries
from app.routing import rules, service
from app.routing.types import Candidate


@dataclass(frozen=True, slots=True)
class Trial:
    """``by_rule`` counts the conversations each rule takes (None: no rule does), ``by_team`` where they go by team
    name; ``spam`` of all are set aside, and ``elsewhere`` would not be where they are now."""

    conversations: int
    by_rule: dict[str | None, int]
    by_team: dict[str, int]
    spam: int
    elsewhere: int


def run(session: Session, source: str, newest: int = 200) -> Trial:
    """Try rules on the newest conversations. Raises InvalidInput, naming the rule at fault."""
    wanted = service.checked(session, source)
    talks = list(session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(newest)))
    default_teams = {page.id: page.team_id for page in page_queries.pages(session, include_removed=True)}
    teams = accounts.teams(session)
    ids = {team.key: team.id for team in teams}
    names = {team.id: team.name for team in teams}
    judged = [Candidate(talk.id, talk.page_id, talk.state, talk.author_known) for talk in talks]
    facts = service.facts_of(session, judged, default_teams)
    by_rule: Counter[str | None] = Counter()
    by_team: Counter[str] = Counter()
    spam = elsewhere = 0
    for talk in talks:
        verdict = rules.decide(wanted, facts[talk.id], talk.language)
        team_id = ids.get(verdict.team or "", default_teams[talk.page_id])
        by_rule[verdict.rule] += 1
        was_spam = talk.state is ConversationState.SPAM
        if verdict.spam:
            spam += 1
        else:
            by_team[names[team_id]] += 1
        elsewhere += verdict.spam != was_spam or (not verdict.spam and team_id != talk.team_id)
    return Trial(len(talks), dict(by_rule.most_common()), dict(by_team.most_common()), spam, elsewhere)
