"""What was given, why, by whom and how fast: for people and for spreadsheets. Every line leads to its remedy."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.contacts.models import Contact
from app.inbox.models import Conversation
from app.pages.models import Page
from app.remedies import rules
from app.remedies.models import GuardAnswer, Remedy, RemedyDecision
from app.remedies.types import OPEN, Answer, Kind, State, Verdict

GIVEN = frozenset({State.EXECUTED, State.TOLD})
_STANDING = {
    "waiting": frozenset({State.ASKED}),
    "owed": frozenset({State.APPROVED, State.EXECUTING, State.UNSURE, State.FAILED}),
    "given": GIVEN,
}
_AT_ONCE = 500
MOST_TURNAROUNDS = 5_000
MOST_PRODUCTS = 1_000
MOST_SHOWN = 20
MOST_IN_CHART = 50_000
MOST_CURRENCIES = 3


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
    campaign: str
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
class Span:
    """A day, week or month of a chart."""

    begins: date
    amount: int
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """A period at a glance."""

    by: Mapping[str, Sequence[Group]]
    """Sums of what was given by ``reason``, ``page``, ``campaign``, ``agent``, ``product`` (order line)."""
    standing: Mapping[str, Sequence[Group]]
    """Sums by currency of what is ``waiting`` for a decision, ``owed`` (signed, not done) and ``given``."""
    spans: Mapping[str, Sequence[Span]]
    """What was given when, by currency."""
    asked: int
    refused: int
    overdue: int
    promises_overdue: int
    """Promised for a day that is over, and not finished."""
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
            select(Remedy, Page.name, Campaign.name, Contact.name, User.name)
            .join(Page, Page.id == Remedy.page_id)
            .join(Conversation, Conversation.id == Remedy.conversation_id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .join(User, User.id == Remedy.requester_id)
            .outerjoin(Campaign, Campaign.id == Remedy.campaign_id)
            .where(
                Remedy.asked_at < until,
                (Remedy.asked_at > after[0]) | ((Remedy.asked_at == after[0]) & (Remedy.id > after[1])),
            )
            .order_by(Remedy.asked_at, Remedy.id)
            .limit(_AT_ONCE)
        )
        found = session.execute(query).all()
        signers = _signers(session, [row[0].id for row in found])
        for one, page, campaign, person, requester in found:
            yield LedgerLine(
                id=one.id,
                asked_at=one.asked_at,
                state=one.state,
                kind=one.kind,
                amount=one.amount,
                currency=one.currency,
                reason=one.reason,
                page=page,
                campaign=campaign or "",
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
    """The period's sums, of what was asked for in it; refused, withdrawn or expired counts in none of them."""
    inside = (Remedy.asked_at >= since, Remedy.asked_at < until)
    stands = session.execute(
        select(Remedy.state, Remedy.currency, func.sum(Remedy.amount), func.count())
        .where(*inside)
        .group_by(Remedy.state, Remedy.currency)
        .order_by(Remedy.currency)
    ).all()
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
    late = session.scalar(select(func.count()).where(*inside, Remedy.due_at < now))
    broken = select(func.count()).where(*inside, Remedy.promised_on < now.date(), Remedy.state.in_(OPEN))
    return Report(
        by=_groups(session, inside),
        spans=_spans(session, inside, since, until),
        standing={name: _standing(stands, states) for name, states in _STANDING.items()},
        asked=sum(count for *_what, count in stands),
        refused=sum(count for state, *_what, count in stands if state is State.REFUSED),
        overdue=late or 0,
        promises_overdue=session.scalar(broken) or 0,
        signed_within=timedelta(seconds=median(waits)) if waits else None,
        questions=sum(answers.values()),
        false_alarms=answers.get(Answer.NOTHING, 0),
    )


def _standing(stands: Sequence[Any], states: frozenset[State]) -> list[Group]:
    """The sum of each currency in some states."""
    found: dict[str, Group] = {}
    for state, currency, amount, count in stands:
        if state in states:
            known = found.get(currency, Group(currency, currency, 0, 0))
            found[currency] = Group(currency, currency, known.amount + int(amount), known.count + count)
    return list(found.values())


def _groups(session: Session, inside: tuple[Any, ...]) -> dict[str, list[Group]]:
    """Sums of what was given by what it was for, the largest first."""
    columns = {
        "reason": Remedy.reason,
        "page": Page.name,
        "campaign": Campaign.name,
        "agent": User.name,
        "product": Remedy.order_line,
    }
    found: dict[str, list[Group]] = {}
    for name, column in columns.items():
        query = (
            select(column, Remedy.currency, func.sum(Remedy.amount), func.count())
            .join(Page, Page.id == Remedy.page_id)
            .join(User, User.id == Remedy.requester_id)
            .outerjoin(Campaign, Campaign.id == Remedy.campaign_id)
            .where(*inside, Remedy.state.in_(GIVEN), column != "")
            .group_by(column, Remedy.currency)
            .order_by(func.sum(Remedy.amount).desc())
            .limit(MOST_PRODUCTS)
        )
        sums: dict[tuple[str, str], Group] = {}
        for what, currency, total, count in session.execute(query):
            label = rules.product(what) if name == "product" else what
            known = sums.get((label, currency), Group(label, currency, 0, 0))
            sums[label, currency] = Group(label, currency, known.amount + int(total), known.count + count)
        found[name] = sorted(sums.values(), key=lambda one: -one.amount)[:MOST_SHOWN]
    return found


def _spans(session: Session, inside: tuple[Any, ...], since: datetime, until: datetime) -> dict[str, list[Span]]:
    """What was given, day by day, by week or by month as the period is long, for each currency: the most used first."""
    starts = rules.spans(since.date(), (until - timedelta(seconds=1)).date())
    query = (
        select(Remedy.asked_at, Remedy.currency, Remedy.amount)
        .where(*inside, Remedy.state.in_(GIVEN))
        .limit(MOST_IN_CHART)
    )
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(starts))
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(starts))
    for at, currency, amount in session.execute(query):
        where = bisect_right(starts, at.astimezone(UTC).date()) - 1
        sums[currency][where] += amount
        counts[currency][where] += 1
    often = sorted(sums, key=lambda one: (-sum(counts[one]), one))[:MOST_CURRENCIES]
    return {one: [Span(*each) for each in zip(starts, sums[one], counts[one], strict=True)] for one in often}


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
