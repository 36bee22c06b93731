"""Preparing reviews, deciding in them, closing them. Services flush; the edge commits."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.models import User
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.core import days
from app.core.db import one_at_a_time, run_in_bulk
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.goals import queries as goals
from app.reports import queries as reports
from app.reports.queries import EVERYBODY, Whose
from app.reports.types import By
from app.reviews import queries, rules
from app.reviews.models import Review, ReviewDecision, ReviewPlan
from app.reviews.types import DecisionTyped, ReviewState, Rhythm
from app.signals.service import tell
from app.signals.types import SignalKind

_KEY = 0x72657669  # any number, as long as every Porchlight takes the same
_FARTHEST = timedelta(days=1_000)


def work(session: Session, now: datetime) -> int | None:
    """Prepare the review that is due, and tell of decisions whose day has come; answer the review's id, if there is
    one. A fixed number of statements while nothing is to be done."""
    _remind(session, now)
    one_at_a_time(session, _KEY)
    latest = session.scalar(select(func.max(Review.last)))
    span = rules.due(queries.plan(session).every, days.of(now), latest)
    if span is None or (latest is None and not queries.anything(session, *span)):
        return None
    return _prepare(session, *span, now)


def _prepare(session: Session, first: date, last: date, now: datetime) -> int:
    run_in_bulk(session, update(Review).where(Review.state == ReviewState.OPEN).values(state=ReviewState.SKIPPED))
    owner_id = queries.owner(session)
    one = Review(first=first, last=last, state=ReviewState.OPEN, owner_id=owner_id, prepared_at=now, words="", facts={})
    session.add(one)
    session.flush()
    figures = rules.figures(reports.report(session, EVERYBODY, first, last))
    tell(
        session,
        SignalKind.REVIEW_READY,
        now,
        people=accounts.leading(session) | ({owner_id} if owner_id is not None else set()),
        review=one.id,
        owner=owner_id,
        first=first.isoformat(),
        last=last.isoformat(),
        figures=rules.packed_figures(figures),
    )
    _tell_each(session, first, last, now)
    return one.id


def _tell_each(session: Session, first: date, last: date, now: datetime) -> None:
    """Leave for everybody how it went for them; whoever chose to hear it does."""
    for user_id in queries.busy(session, first, last):
        figures = rules.figures(reports.report(session, Whose(By.AGENT, str(user_id)), first, last))
        tell(
            session,
            SignalKind.OWN_FIGURES,
            now,
            people=[user_id],
            person=user_id,
            first=first.isoformat(),
            last=last.isoformat(),
            figures=rules.packed_figures(figures),
        )


def _remind(session: Session, now: datetime) -> None:
    due = select(ReviewDecision).where(
        ReviewDecision.done_at.is_(None),
        ReviewDecision.due_on <= days.of(now),
        ReviewDecision.reminded.is_(False),
        ReviewDecision.owner_id.is_not(None),
    )
    for one in session.scalars(due.with_for_update(skip_locked=True)).all():
        one.reminded = True
        _tell_of(session, one, "due", now, actor_id=None)
    session.flush()


def _tell_of(session: Session, one: ReviewDecision, what: str, now: datetime, *, actor_id: int | None) -> None:
    if one.owner_id is not None:
        due = one.due_on.isoformat()
        tell(
            session,
            SignalKind.DECISION,
            now,
            actor_id=actor_id,
            people=[one.owner_id],
            review=one.review_id,
            what=what,
            due=due,
        )


def forget_all(session: Session) -> None:
    """Remove all reviews and what they decided: everything they were about is gone."""
    run_in_bulk(session, delete(Review))


def plan(session: Session, actor: Actor, every: str, owner: str, now: datetime) -> None:
    """Say how often everything is reviewed, and by whom (empty: who supervises for longest). Raises Forbidden,
    InvalidInput."""
    if not _leads(actor):
        raise Forbidden(_("Only supervisors and admins say how often it is reviewed."))
    if every not in set(Rhythm):
        raise InvalidInput(_("Choose one of these."), field="every")
    kept = session.get(ReviewPlan, 1) or ReviewPlan(id=1)
    kept.every = Rhythm(every)
    kept.owner_id = _person(session, owner) if owner else None
    session.add(kept)
    session.flush()
    audit.note(
        session, Action.REVIEW_PLANNED, "review/plan", now, by=actor.id, every=kept.every.value, owner=kept.owner_id
    )


def take_over(session: Session, actor: Actor, review_id: int, now: datetime) -> None:
    """Make an open review one's own. Raises Forbidden, NotFound, Conflict."""
    if not _leads(actor):
        raise Forbidden(_("Only supervisors and admins take a review over."))
    one = _open(session, review_id)
    before, one.owner_id = one.owner_id, actor.id
    session.flush()
    audit.note(session, Action.REVIEW_TAKEN_OVER, f"review/{one.id}", now, by=actor.id, was=before)


def decide(session: Session, actor: Actor, review_id: int, typed: DecisionTyped, now: datetime) -> None:
    """Write a decision down. Raises Forbidden, NotFound, Conflict, InvalidInput naming the field."""
    one = _open(session, review_id)
    _may(actor, one)
    text = typed.text.strip()
    if not text:
        raise InvalidInput(_("Write what was decided."), field="text")
    if len(text) > rules.DECISION_MAXIMUM:
        raise InvalidInput(_("A decision has at most %(n)s characters.", n=rules.DECISION_MAXIMUM), field="text")
    taken = ReviewDecision(
        review_id=one.id,
        text=text,
        owner_id=_person(session, typed.owner),
        due_on=_due(typed.due, now),
        taken_at=now,
        reminded=False,
    )
    session.add(taken)
    session.flush()
    audit.note(
        session, Action.DECISION_TAKEN, f"decision/{taken.id}", now, by=actor.id, review=one.id, owner=taken.owner_id
    )
    _tell_of(session, taken, "given", now, actor_id=actor.id)


def done(session: Session, actor: Actor, decision_id: int, now: datetime, *, again: bool = False) -> int:
    """What was decided is done; with ``again`` it is not after all. Answers the review's id. Raises Forbidden,
    NotFound."""
    one = session.get(ReviewDecision, decision_id, with_for_update=True)
    if one is None:
        raise NotFound(_("There is no such decision."))
    review = session.get_one(Review, one.review_id)
    if actor.id not in (one.owner_id, review.owner_id) and not _leads(actor):
        raise Forbidden(_("Whoever sees to it says that it is done, or a supervisor."))
    if (one.done_at is None) != again:
        one.done_at, one.done_by_id = (None, None) if again else (now, actor.id)
        session.flush()
        action = Action.DECISION_REOPENED if again else Action.DECISION_DONE
        audit.note(session, action, f"decision/{one.id}", now, by=actor.id, review=one.review_id)
    return one.review_id


def close(session: Session, actor: Actor, review_id: int, words: str, now: datetime) -> None:
    """The review is over: what it shows stays as it is now. Raises Forbidden, NotFound, Conflict, InvalidInput."""
    one = _open(session, review_id)
    if one.owner_id != actor.id:
        raise Forbidden(_("Whoever leads the review closes it. A supervisor can take it over."))
    words = words.strip()
    if len(words) > rules.TEXT_MAXIMUM:
        raise InvalidInput(_("At most %(n)s characters.", n=rules.TEXT_MAXIMUM), field="words")
    report = reports.report(session, EVERYBODY, one.first, one.last)
    lines = queries.goal_lines(goals.goals(session, now), one.last)
    one.facts = {
        "figures": rules.packed_figures(rules.figures(report)),
        "goals": rules.packed_goals(lines),
    }
    one.words, one.state, one.closed_at = words, ReviewState.CLOSED, now
    session.flush()
    audit.note(session, Action.REVIEW_CLOSED, f"review/{one.id}", now, by=actor.id, last=one.last.isoformat())


def _leads(actor: Actor) -> bool:
    return account_rules.may(actor.role, Permission.MANAGE_GOALS)


def _may(actor: Actor, one: Review) -> None:
    if one.owner_id != actor.id and not _leads(actor):
        raise Forbidden(_("Whoever leads the review writes decisions down, or a supervisor."))


def _open(session: Session, review_id: int) -> Review:
    one = session.get(Review, review_id, with_for_update=True)
    if one is None:
        raise NotFound(_("There is no such review."))
    if one.state is ReviewState.CLOSED:
        raise Conflict(_("This review is closed."))
    if one.state is ReviewState.SKIPPED:
        raise Conflict(_("This review was skipped: the next one is prepared. Decide there."))
    return one


def _person(session: Session, typed: str) -> int:
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    person = session.get(User, number)
    if person is None or not person.active:
        raise InvalidInput(_("Say who sees to it."), field="owner")
    return person.id


def _due(typed: str, now: datetime) -> date:
    today = days.of(now)
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise InvalidInput(_("Say until when, like 2026-12-24."), field="due") from None
    if not today <= day <= today + _FARTHEST:
        raise InvalidInput(_("Choose a day from today on."), field="due")
    return day
