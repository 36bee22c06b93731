"""The worker process: takes wake-up calls from one queue and runs the jobs they name.

RQ's SimpleWorker runs a job in this very process. A job is a batch that finds its work in the database, so a process
per job would buy nothing and cost most of the time (docs/decisions/simple-worker.md).
"""

import argparse
import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

import redis
import structlog
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from rq.worker import SimpleWorker

from app import bootstrap
from app.core import alive, config, logs, trouble
from app.core.jobs import JobName, QueueName
from app.core.process import keep_memory_together, settle_in
from app.routing import judging as routing
from workers import context

log = structlog.get_logger()
LONGEST_PAUSE = 5.0
LAST_WORDS_SECONDS = 5.0
"""How long a running batch may take to finish after the process was asked to stop."""


_at_work = threading.Event()
"""Whether a batch is running, or Redis is being told that it is done."""


class NotAWakeError(ValueError):
    """Somebody put a job into Redis that is none of ours."""


class Wake(Job):
    """A job that can only be one of ours: whoever can write to Redis still can't choose what runs here."""

    success_callback = None
    failure_callback = None
    stopped_callback = None

    def perform(self) -> Any:
        """Run the function; arguments are ignored, as ours take none. Raises NotAWakeError.

        Trouble that is no fault of the code (a database that is busy or away, a full disk) is logged in one line: the
        next sweep wakes the job again.
        """
        if self.func_name not in set(JobName):
            raise NotAWakeError(f"{self.func_name!r} is not in app.core.jobs.JobName")
        job = JobName(self.func_name)
        try:
            import_attribute(job.value)()
        except Exception as error:
            text = trouble.explain(error)
            if text is None:
                raise
            log.warning("job_postponed", job=job.name, error=type(error).__name__, text=text)

    def send_webhooks(self, *_arguments: Any, **_named: Any) -> None:
        """Ours have none, and nobody else's are sent."""


class WakeWorker(SimpleWorker):
    """A worker that takes orders from signals only, not from Redis, and ends within a bounded time."""

    max_connection_wait_time = LONGEST_PAUSE
    log_result_lifespan = False

    def subscribe(self) -> None:
        """RQ would listen for commands to stop jobs or itself."""

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        # Asked to stop before RQ's handlers stood: it would wait for the next job and never end.
        if context.stopping.is_set():
            self._stop_requested = True

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Whatever is raised in here, RQ takes for the job's failure, also when the batch is done already."""
        _at_work.set()
        try:
            return super().perform_job(job, queue, execution)
        finally:
            _at_work.clear()

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        if context.stopping.is_set():
            return  # on its way out already
        context.stopping.set()
        self._stop_requested = True  # for where RQ catches what is raised, and would go on
        if not _at_work.is_set():
            raise StopRequested  # RQ calls itself busy for longer: also while it waits for a Redis that went away
        limit = threading.Timer(LAST_WORDS_SECONDS, _give_up)
        limit.daemon = True
        limit.start()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(queue: QueueName, connection: "redis.Redis") -> None:
    """Work until asked to stop; wait for Redis when it is away."""
    with suppress(StopRequested):  # RQ's handler stays when its worker has given up: it may raise here as well
        _work_on(queue, connection)


def _work_on(queue: QueueName, connection: "redis.Redis") -> None:
    pause = 1.0
    while not context.stopping.is_set():
        try:
            worker = WakeWorker(
                [Queue(queue, connection=connection, job_class=Wake, serializer=JSONSerializer)],
                connection=connection,
                job_class=Wake,
                serializer=JSONSerializer,
                worker_ttl=60,
                maintenance_interval=60,
            )
            worker.work(logging_level="WARNING")
            pause = 1.0
        except redis.RedisError as error:
            log.warning("redis_away", error=type(error).__name__, next_try_in_seconds=pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        context.stopping.wait(pause)


def main() -> None:
    """``python -m workers.main --queue prompt``"""
    parser = argparse.ArgumentParser(prog="porchlight worker")
    parser.add_argument("--queue", type=QueueName, choices=list(QueueName), required=True)
    queue: QueueName = parser.parse_args().queue
    keep_memory_together()
    settings = config.load()
    logs.configure(settings.log.level, settings.log.format)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: context.stopping.set())
    services = bootstrap.build(settings)
    context.start(services)
    _warm_up(services)
    threading.Thread(target=_keep_beating, args=(services.redis, queue), daemon=True).start()
    log.info("worker_started", queue=queue)
    work(queue, redis.Redis.from_url(settings.redis_url))
    alive.leave(services.redis, alive.worker_role(queue))
    log.info("worker_stopped", queue=queue)


def _warm_up(services: bootstrap.Services) -> None:
    try:
        with services.db.read() as session:
            routing.warm_up(session)
    except Exception as error:
        text = trouble.explain(error)
        if text is None:
            raise
        log.warning("not_warmed_up", error=type(error).__name__, text=text)  # the jobs will meet it, each in its turn
    settle_in()


def _keep_beating(connection: "redis.Redis", queue: QueueName) -> None:
    while not context.stopping.is_set():
        alive.beat(connection, alive.worker_role(queue))
        context.stopping.wait(alive.BEAT_SECONDS)


def _give_up() -> None:
    log.warning("batch_abandoned", after_seconds=LAST_WORDS_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
