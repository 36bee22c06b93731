"""Keeping plans: whoever looks after a page is warned, then has a task, then supervisors hear of it; and comments that
nobody takes are given to them. Services flush; the edge commits."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import User
from app.core import hours
from app.core.ids import new_id
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, EventKind
from app.pages.models import Page
from app.pages.types import PageState
from app.signals.service import tell
from app.signals.types import SignalKind
from app.upkeep import plans, pulses, rules
from app.upkeep.models import KeepAlivePlan, PageSteward, UpkeepTask
from app.upkeep.types import Clock, PlanView, Step

AT_ONCE = 200


def work(session: Session, now: datetime) -> int:
    """Look at all plans; answer how many steps were taken. A fixed number of statements while nothing is to be done."""
    query = (
        select(KeepAlivePlan)
        .join(Page, Page.id == KeepAlivePlan.page_id)
        .where(Page.state == PageState.ACTIVE)
        .order_by(KeepAlivePlan.page_id)
    )
    kept = session.scalars(query.with_for_update(of=KeepAlivePlan)).all()
    ids = [one.page_id for one in kept]
    if not ids:
        return 0
    posts, waiting = pulses.last_posts(session, ids), pulses.oldest(session, ids)
    open_tasks = session.scalars(select(UpkeepTask).where(UpkeepTask.page_id.in_(ids), UpkeepTask.done_at.is_(None)))
    tasks = {(one.page_id, one.kind): one for one in open_tasks}
    taken = 0
    for one in kept:
        plan = plans.view(one)
        post = rules.post_clock(max(posts.get(one.page_id, one.since), one.since), plan.terms)
        since, _count = waiting.get(one.page_id, (None, 0))
        running = [clock for clock in (post, rules.answer_clock(since, plan.terms)) if clock is not None]
        for clock in running:
            taken += _take_steps(session, one.page_id, clock, plan, tasks.get((one.page_id, clock.kind)), now)
        overdue = {clock.kind for clock in running if clock.warn_at <= now}
        for (page_id, kind), task in tasks.items():
            if page_id == one.page_id and kind not in overdue:
                task.done_at = now
                taken += 1
    session.flush()
    return taken


def give_stewards(session: Session, now: datetime) -> int:
    """Give comments that nobody has taken for half of the promised time to whoever looks after their page; answer how
    many, at most AT_ONCE."""
    found = session.execute(select(KeepAlivePlan.page_id, KeepAlivePlan.answer_within_hours)).all()
    holders = on_duty(session, [page_id for page_id, _hours in found], now)
    given = 0
    for page_id, promised in found:
        holder = holders.get(page_id)
        if holder is None:
            continue
        query = (
            select(Conversation)
            .where(
                Conversation.page_id == page_id,
                Conversation.state == ConversationState.NEW,
                Conversation.assignee_id.is_(None),
                Conversation.routed_at.is_not(None),
                Conversation.waiting_since <= now - timedelta(hours=promised) / 2,
            )
            .order_by(Conversation.id)
            .limit(AT_ONCE)
            .with_for_update()
        )
        name = session.get_one(User, holder).name
        for talk in session.scalars(query).all():
            talk.assignee_id = holder
            inbox.record(session, talk, EventKind.KEPT, None, now, {"to": name})
            tell(session, SignalKind.ASSIGNED, now, people=[holder], conversation_id=talk.id)
            given += 1
    return given


def on_duty(session: Session, page_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Who looks after these pages just now: the steward, or the deputy while the steward is away and they are not.
    Three statements."""
    rows = session.scalars(select(PageSteward).where(PageSteward.page_id.in_(list(page_ids)))).all()
    people = {one.steward_id for one in rows} | {one.deputy_id for one in rows if one.deputy_id}
    there = pulses.present(session, people, now)
    return {
        one.page_id: one.deputy_id
        if one.steward_id not in there and one.deputy_id is not None and one.deputy_id in there
        else one.steward_id
        for one in rows
    }


def _take_steps(
    session: Session, page_id: int, clock: Clock, plan: PlanView, task: UpkeepTask | None, now: datetime
) -> int:
    quiet = bool(plan.quiet) and hours.read_week(plan.quiet).hold(now)
    steps = rules.steps(clock, now, _done(task), quiet=quiet)
    if not steps:
        return 0
    if task is None:
        task = UpkeepTask(id=new_id(), page_id=page_id, kind=clock.kind, due_at=clock.due_at)
        session.add(task)
    task.due_at = clock.due_at
    for step in steps:
        name = {Step.WARN: "warned_at", Step.TASK: "opened_at", Step.ESCALATE: "escalated_at"}[step]
        setattr(task, name, now)
    session.flush()
    last = steps[-1]  # of several at once only the latest is told
    holder = on_duty(session, [page_id], now).get(page_id)
    people = {holder} if holder is not None else set()
    if last is Step.ESCALATE:
        people |= accounts.leading(session)
    if people:
        kind, which = clock.kind.value, last.value
        tell(session, SignalKind.KEEP_ALIVE, now, people=people, page_id=page_id, kind_of_task=kind, step=which)
    return len(steps)


def _done(task: UpkeepTask | None) -> set[Step]:
    if task is None:
        return set()
    done = {Step.WARN: task.warned_at, Step.TASK: task.opened_at, Step.ESCALATE: task.escalated_at}
    return {step for step, at in done.items() if at is not None}
