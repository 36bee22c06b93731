"""Wake-up calls through RQ. Apart from what they are, as a command that only leaves work behind needs no Redis."""

import secrets

import redis
import rq
import structlog
from rq.serializers import JSONSerializer

from app.core.jobs import JobName, QueueName

log = structlog.get_logger()


class RqWaker:
    """Sends wakes through RQ; one waiting wake of a job is enough, so a second is not sent."""

    JOB_TIMEOUT_SECONDS = 900

    def __init__(self, connection: "redis.Redis") -> None:
        self._queues = {
            name: rq.Queue(
                name, connection=connection, serializer=JSONSerializer, default_timeout=self.JOB_TIMEOUT_SECONDS
            )
            for name in QueueName
        }

    def wake(self, job: JobName) -> None:
        """Enqueue ``job`` unless one like it already waits."""
        queue = self._queues[job.queue]
        try:
            if any(waiting.startswith(f"{job.name}-") for waiting in queue.get_job_ids()):
                return
            queue.enqueue(job.value, job_id=f"{job.name}-{secrets.token_hex(6)}", result_ttl=0, failure_ttl=86_400)
        except redis.RedisError as error:
            log.warning("wake_not_sent", job=job.name, error=type(error).__name__)
