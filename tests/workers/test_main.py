"""A worker process runs our jobs and nothing else, waits for Redis, and stops when asked."""

import os
import pickle
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
import rq
import structlog
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.accounts import service as accounts
from app.accounts.models import UserSession
from app.accounts.types import Role
from app.bootstrap import Services
from app.cli import programs, redis_server
from app.core import alive
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.jobs import JobName, QueueName
from app.core.process import die_with_parent
from app.core.sections import RedisSection
from app.core.waking import RqWaker
from tests.processes import PATIENCE, eventually, started, variables
from workers import context
from workers.main import Wake, WakeWorker, work


@pytest.fixture
def expired(services: Services) -> None:
    """A session that ended yesterday: the next tidying removes it."""
    yesterday = utc_now() - timedelta(days=1)
    with services.db.write() as session:
        user = accounts.create_user(session, login="ada", role=Role.AGENT, password="a good long one", now=yesterday)
        accounts.open_session(session, user, now=yesterday - timedelta(days=14), days=14)


def sessions(services: Services) -> int:
    with services.db.read() as session:
        return session.scalar(select(func.count()).select_from(UserSession)) or 0


@pytest.fixture
def worker(settings: Settings) -> "Iterator[subprocess.Popen[str]]":
    command = programs.workers(settings)[list(QueueName).index(QueueName.PATIENT)].command
    with started(tuple(command), variables(settings)) as process:
        yield process


def enqueue(services: Services, function: str, **options: object) -> Job:
    queue = rq.Queue(QueueName.PATIENT, connection=services.redis, serializer=JSONSerializer)
    return queue.enqueue(function, **options)


@pytest.mark.usefixtures("expired", "worker")
def test_a_wake_is_carried_out(services: Services) -> None:
    assert sessions(services) == 1
    services.waker.wake(JobName.TIDY)
    eventually(lambda: sessions(services) == 0, "the job did its work")


def test_a_busy_database_is_one_line_and_tried_again(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy() -> None:
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("workers.jobs.routing.route_waiting", busy)
    queue = rq.Queue(QueueName.PROMPT, connection=services.redis, serializer=JSONSerializer, job_class=Wake)
    queue.enqueue(JobName.ROUTE.value)
    monkeypatch.setattr("workers.main.log", structlog.get_logger())  # one that no earlier test has bound
    with capture_logs() as lines:
        WakeWorker([queue], connection=services.redis, job_class=Wake, serializer=JSONSerializer).work(burst=True)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "job_postponed" in [line["event"] for line in lines]
    assert queue.failed_job_registry.count == 0


@pytest.mark.usefixtures("expired", "worker")
def test_foreign_functions_callbacks_and_pickles_are_not_run(services: Services, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    enqueue(services, "os.system", args=(f"touch {canary}",))
    enqueue(services, "pathlib.Path.touch", args=(str(canary),))
    callback = rq.Callback("tests.workers.test_main.never")
    enqueue(services, JobName.COLLECT.value, on_success=callback, on_failure=callback)
    spoilt = enqueue(services, JobName.COLLECT.value)
    services.redis.hset(spoilt.key, "data", pickle.dumps(os.system))
    services.waker.wake(JobName.TIDY)
    eventually(lambda: sessions(services) == 0, "the worker went on to the next job")
    assert not canary.exists()
    assert services.redis.get("porchlight.test.callback") is None


def no_jobs(connection: "redis.Redis") -> bool:
    return not connection.keys("rq:job:*")


def never(job: Job, connection: "redis.Redis", *_rest: object) -> None:
    """A callback somebody sneaked in."""
    connection.set("porchlight.test.callback", job.id)


def test_it_stops_at_once_when_idle_and_says_it_lived(worker: "subprocess.Popen[str]", services: Services) -> None:
    role = alive.worker_role(QueueName.PATIENT)
    eventually(lambda: alive.living(services.redis).get(role) == 1, "the worker showed a sign of life")
    eventually(lambda: services.redis.smembers("rq:workers"), "the worker listened")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0


def test_asked_behind_a_batch_it_stops_and_the_batch_is_done(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is just being told that the batch is done."""
    queue = rq.Queue(QueueName.PROMPT, connection=services.redis, serializer=JSONSerializer, job_class=Wake)
    queue.enqueue(JobName.ROUTE.value)
    told = WakeWorker.handle_job_success

    def asked_to_stop(*given: Any, **named: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        told(*given, **named)

    monkeypatch.setattr("workers.jobs.routing.route_waiting", lambda: 0)
    monkeypatch.setattr(context, "stopping", threading.Event())
    monkeypatch.setattr(WakeWorker, "handle_job_success", asked_to_stop)
    monkeypatch.setattr("workers.main._give_up", lambda: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        WakeWorker([queue], connection=services.redis, job_class=Wake, serializer=JSONSerializer).work()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert context.stopping.is_set()
    assert queue.failed_job_registry.count == 0


def test_asked_while_it_waits_to_try_again_it_stops(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis went away behind a batch: RQ's worker has given up, and its signal handler is still in place."""
    stopping = threading.Event()
    pauses: list[float | None] = []

    def pause(seconds: float | None = None) -> bool:
        pauses.append(seconds)
        signal.raise_signal(signal.SIGTERM)
        return stopping.is_set()

    def gone(worker: WakeWorker, **_options: object) -> bool:
        worker._install_signal_handlers()
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(context, "stopping", stopping)
    monkeypatch.setattr(stopping, "wait", pause)
    monkeypatch.setattr(WakeWorker, "work", gone)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        work(QueueName.PATIENT, redis.Redis.from_url(redis_url))
        signal.raise_signal(signal.SIGTERM)  # asked again on its way out
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert stopping.is_set()
    assert len(pauses) == 1


@pytest.mark.usefixtures("expired")
def test_it_waits_for_a_redis_that_is_not_there_yet(services: Services, settings: Settings, tmp_path: Path) -> None:
    own = Settings(data_dir=tmp_path / "own", database=settings.database)
    own.data_dir.mkdir()
    with ExitStack() as stack:
        environment = variables(own.model_copy(update={"redis": RedisSection(url=own.redis_url)}))
        patient = programs.workers(own)[programs.QUEUES.index("patient")]
        worker = stack.enter_context(started(tuple(patient.command), environment))
        said = worker.stdout
        assert said is not None
        assert any("redis_away" in line for line in said)
        for _ in range(2):  # it comes, is killed, comes back
            server = subprocess.Popen(redis_server.command(own), preexec_fn=lambda: die_with_parent(os.getppid()))  # noqa: PLW1509
            stack.callback(server.kill)
            eventually(lambda: redis_server.answers(own.redis_socket), "Redis started")
            with redis.Redis.from_url(own.redis_url) as connection:
                eventually(partial(connection.smembers, "rq:workers"), "the worker found Redis")
                RqWaker(connection).wake(JobName.TIDY)
                eventually(partial(no_jobs, connection), "the job was done")
            server.kill()
            server.wait()
        assert sessions(services) == 0
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
