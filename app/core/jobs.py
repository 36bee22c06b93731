"""Wake-up calls. The database is the queue of record; Redis only says "look now".

A wake carries no arguments: the job finds its work in the database, claims it there, and may run twice or not at all
without harm. A sweep every few seconds sends the wakes again that got lost (workers.schedule).
"""

from enum import StrEnum
from typing import Protocol

from sqlalchemy.orm import Session

from app.core.db import defer


class QueueName(StrEnum):
    """Prompt work needs nobody but the database and people watch it; sending asks platforms and shops to act, and
    waits for them; patient work may wait behind slow sites; notices tell our own people, and may wait behind slow mail
    servers, and behind half a minute of learning."""

    PROMPT = "prompt"
    SENDING = "sending"
    PATIENT = "patient"
    NOTICES = "notices"


class JobName(StrEnum):
    """Every job there is; the value is the function's path, and nothing else can be enqueued."""

    DELIVER = "workers.jobs.outbox.deliver_due"
    PUBLISH = "workers.jobs.library.publish_due"
    HOOKS = "workers.jobs.hooks.work_through"
    ROUTE = "workers.jobs.routing.route_waiting"
    ASSIGN = "workers.jobs.duty.work_through"
    TARGETS = "workers.jobs.targets.look"
    INDEX = "workers.jobs.search.index_waiting"
    COUNT = "workers.jobs.inbox.fold_counts"
    COUNT_VIEWS = "workers.jobs.inbox.count_views"
    REMEDY = "workers.jobs.remedies.carry_out_due"
    BULK = "workers.jobs.inbox.work_on_lists"
    PUT_OFF = "workers.jobs.inbox.wake_put_off"
    COLLECT = "workers.jobs.collecting.collect_due"
    TOKENS = "workers.jobs.pages.renew_tokens"
    SUBSCRIBE = "workers.jobs.hooks.subscribe_due"
    IMPORT = "workers.jobs.history.import_files"
    RECONCILE = "workers.jobs.collecting.reconcile_due"
    LEARN = "workers.jobs.learning.learn_due"
    NOTIFY = "workers.jobs.notifications.notify"
    TRY_RULES = "workers.jobs.routing.try_rules"
    REPORT = "workers.jobs.reports.count"
    UPKEEP = "workers.jobs.upkeep.look_after"
    TIDY = "workers.jobs.housekeeping.tidy"

    @property
    def queue(self) -> QueueName:
        return _QUEUES.get(self, QueueName.PROMPT)


_QUEUES = {
    JobName.DELIVER: QueueName.SENDING,
    JobName.PUBLISH: QueueName.SENDING,
    JobName.HOOKS: QueueName.SENDING,
    JobName.REMEDY: QueueName.SENDING,
    JobName.COLLECT: QueueName.PATIENT,
    JobName.TOKENS: QueueName.PATIENT,
    JobName.SUBSCRIBE: QueueName.PATIENT,
    JobName.IMPORT: QueueName.PATIENT,
    JobName.RECONCILE: QueueName.PATIENT,
    JobName.TRY_RULES: QueueName.PATIENT,
    JobName.REPORT: QueueName.PATIENT,
    JobName.UPKEEP: QueueName.PATIENT,
    JobName.TIDY: QueueName.PATIENT,
    JobName.LEARN: QueueName.NOTICES,
    JobName.NOTIFY: QueueName.NOTICES,
}


class Waker(Protocol):
    """Sends wakes; failing to is logged, never raised: the sweep makes up for it."""

    def wake(self, job: JobName) -> None: ...


def defer_wake(session: Session, job: JobName) -> None:
    """Wake ``job`` once the running transaction has committed."""
    defer(session, job)
