"""Every job there is can be run, and somebody runs it."""

import inspect

from rq.utils import import_attribute

from app.cli import programs
from app.core.config import Settings
from app.core.jobs import JobName, QueueName


def test_every_job_is_a_function_without_arguments() -> None:
    for job in JobName:
        function = import_attribute(job.value)
        assert inspect.isfunction(function), job
        assert not inspect.signature(function).parameters, job


def test_every_queue_has_a_worker_of_its_own() -> None:
    listened_to = [worker.command[-1] for worker in programs.workers(Settings())]
    assert listened_to == [queue.value for queue in QueueName]
    assert {job.queue for job in JobName} == set(QueueName)
