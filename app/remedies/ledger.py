"""What was given, why, by whom and how fast: for people and for spreadsheets. Every line leads to its remedy."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.contacts.models import Contact
from app.inbox.models import Conversation
from app.pages.models import Page
from app.remedies.models import GuardAnswer, Remedy, RemedyDecision
from app.remedies.types import HOLDS_MONEY, Answer, Kind, State, Verdict

_AT_ONCE = 500
MOST_TURNAROUNDS = 5_000


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One remedy."""

    id: int
    asked_at: datetime
    state: State
    kind: Kind
    amount: int
    currency: str
    reason: str
    page: str
    person: str
    requester: str
    approvers: str
    order_number: str
    order_line: str
    approved_at: datetime | None
    executed_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """A sum for one page, reason or person, in one currency."""

    name: str
    currency: str
    amount: int
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """A period at a glance."""

    by: Mapping[str, Sequence[Group]]
    """Sums by ``reason``, ``page``, ``agent``, ``product`` (order line)."""
    asked: int
    refused: int
    overdue: int
    signed_within: timedelta | None
    """Median from asking to the last signature, where one was needed."""
    questions: int
    """How often somebody was asked whether anything is owed after an apology."""
    false_alarms: int
    """How often the answer was: nothing."""


def lines(session: Session, since: datetime, until: datetime) -> Iterator[LedgerLine]:
    """Everything asked for in the period, oldest first, read in pieces."""
    after = (since, 0)
    while True:
        query = (
            select(Remedy, Page.name, Contact.name, User.name)
            .join(Page, Page.id == Remedy.page_id)
            .join(Conversation, Conversation.id == Remedy.conversation_id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .join(User, User.id == Remedy.requester_id)
            .where(
                Remedy.asked_at < until,
                (Remedy.asked_at > after[0]) | ((Remedy.asked_at == after[0]) & (Remedy.id > after[1])),
            )
            .order_by(Remedy.asked_at, Remedy.id)
            .limit(_AT_ONCE)
        )
        found = session.execute(query).all()
        signers = _signers(session, [row[0].id for row in found])
        for one, page, person, requester in found:
            yield LedgerLine(
                id=one.id,
                asked_at=one.asked_at,
                state=one.state,
                kind=one.kind,
                amount=one.amount,
                currency=one.currency,
                reason=one.reason,
                page=page,
                person=person,
                requester=requester,
                approvers=", ".join(signers[one.id, one.version]),
                order_number=one.order_number,
                order_line=one.order_line,
                approved_at=one.approved_at,
                executed_at=one.executed_at,
                told_at=one.told_at,
            )
        if len(found) < _AT_ONCE:
            return
        after = (found[-1][0].asked_at, found[-1][0].id)


def report(session: Session, since: datetime, until: datetime, now: datetime) -> Report:
    """The period's sums; what was refused, withdrawn or expired counts in none of them."""
    inside = (Remedy.asked_at >= since, Remedy.asked_at < until)
    groups = {
        "reason": Remedy.reason,
        "page": Page.name,
        "agent": User.name,
        "product": Remedy.order_line,
    }
    by: dict[str, list[Group]] = {}
    for name, column in groups.items():
        query = (
            select(column, Remedy.currency, func.sum(Remedy.amount), func.count())
            .join(Page, Page.id == Remedy.page_id)
            .join(User, User.id == Remedy.requester_id)
            .where(*inside, Remedy.state.in_(HOLDS_MONEY), column != "")
            .group_by(column, Remedy.currency)
            .order_by(func.sum(Remedy.amount).desc())
            .limit(20)
        )
        by[name] = [Group(what, currency, int(total), count) for what, currency, total, count in session.execute(query)]
    states = dict(session.execute(select(Remedy.state, func.count()).where(*inside).group_by(Remedy.state)).all())
    signed = session.execute(
        select(Remedy.asked_at, Remedy.approved_at)
        .where(*inside, Remedy.approved_at.is_not(None), Remedy.approvals_needed > 0)
        .limit(MOST_TURNAROUNDS)
    ).all()
    waits = [(approved - asked).total_seconds() for asked, approved in signed if approved]
    answers = dict(
        session.execute(
            select(GuardAnswer.answer, func.count())
            .where(GuardAnswer.at >= since, GuardAnswer.at < until)
            .group_by(GuardAnswer.answer)
        ).all()
    )
    overdue = session.scalar(select(func.count()).where(*inside, Remedy.due_at < now))
    return Report(
        by=by,
        asked=sum(states.values()),
        refused=states.get(State.REFUSED, 0),
        overdue=overdue or 0,
        signed_within=timedelta(seconds=median(waits)) if waits else None,
        questions=sum(answers.values()),
        false_alarms=answers.get(Answer.NOTHING, 0),
    )


def _signers(session: Session, ids: Sequence[int]) -> Mapping[tuple[int, int], list[str]]:
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    query = (
        select(RemedyDecision.remedy_id, RemedyDecision.version, User.name)
        .join(User, User.id == RemedyDecision.user_id)
        .where(RemedyDecision.remedy_id.in_(list(ids)), RemedyDecision.verdict == Verdict.APPROVE)
        .order_by(RemedyDecision.id)
    )
    for remedy_id, version, name in session.execute(query):
        found[remedy_id, version].append(name)
    return found
