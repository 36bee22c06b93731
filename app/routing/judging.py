"""Where conversations go by the rules in force, the model, and who has them already; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.inbox.arrivals import Facts, Placement
from app.pages.models import Page
from app.routing import language, learned, owners, queries, rules, stored
from app.routing.book import RuleBook
from app.routing.owners import Owner
from app.routing.types import Candidate, Judged, Verdict

_IN_FORCE = "rules_in_force"


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that decide now, and whom they may name."""

    version_id: int | None
    book: RuleBook
    teams: dict[str, int]
    people: dict[str, int]
    """By login; empty when no rule names anybody."""


def default_teams(session: Session, talks: Sequence[Candidate]) -> dict[int, int]:
    """The teams of the pages that conversations stand on."""
    wanted = select(Page.id, Page.team_id).where(Page.id.in_({talk.page_id for talk in talks}))
    return dict(session.execute(wanted).all())


def judge(session: Session, facts: Sequence[Facts]) -> list[Judged]:
    """Where conversations go, and why."""
    known = in_force(session)
    complete = list(stored.completed(session, facts, known.book.needs))
    had = owners.owners(session, complete)
    languages = learned.languages(session)
    judged = []
    for one, thought in zip(complete, learned.think(session, complete), strict=True):
        fact = learned.told(one, thought)
        spoken = language.detect("\n".join(fact.texts), languages)
        verdict = learned.heeded(rules.decide(known.book, fact, spoken), thought)
        owner = had.get(fact.conversation_id) if _may_stay(verdict) else None
        judged.append(
            Judged(
                fact.conversation_id,
                known.version_id,
                verdict,
                _placement(known, fact, verdict, spoken, owner),
                fact.said_at,
                thought,
                owner.name if owner else None,
            )
        )
    return judged


def _may_stay(verdict: Verdict) -> bool:
    """Whether a conversation goes to who has another of the same person: unless a rule puts it out of the way, or names
    somebody."""
    return not (verdict.spam or verdict.resolve or verdict.assignee)


def _placement(known: InForce, fact: Facts, verdict: Verdict, spoken: str | None, owner: Owner | None) -> Placement:
    return Placement(
        team_id=owner.team_id if owner else known.teams.get(verdict.team or "", fact.default_team_id),
        priority=verdict.priority,
        language=spoken,
        spam=verdict.spam,
        resolve=verdict.resolve,
        assignee_id=owner.user_id if owner else known.people.get(verdict.assignee or ""),
        put_off_until=fact.said_at + timedelta(hours=verdict.snooze) if verdict.snooze and fact.said_at else None,
    )


def warm_up(session: Session) -> None:
    """Load what judging needs, so that a process does it when it starts and not with the first comment it gets."""
    judge(session, [Facts(0, 0, 0, ("Where does this go?",), author_known=False, held_as_spam=False)])


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
