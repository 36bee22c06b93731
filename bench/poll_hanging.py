"""One worker of ours for the second part of ``bench.poll``.

Usage: ``python -m bench.poll_hanging PORT FEEDS FOLDER THREADS ROUNDS``. Every page is due at the beginning of each
round, 30 seconds after the one before. A line a round: when the last page that answers was read, when the round was
over, and the memory held.
"""

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psutil
from sqlalchemy import func, select, update

from app.bootstrap import Services
from app.collecting.runner import Runner
from app.core.clock import utc_now
from app.pages.models import Connection
from bench.our_side import prepare

EVERY = 30.0


def main() -> None:
    port, feeds, folder, threads, rounds = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:6])
    services, ids = prepare(port, feeds, folder)
    runner = Runner(services.db, services.connectors, services.box, threads, int(EVERY))
    runner.run(ids, force=True)
    print("ready", flush=True)
    sys.stdin.close()
    time.sleep(1)
    for number in range(1, rounds + 1):
        print(f"round {number}: {_round(services, runner, ids)}", flush=True)


def _round(services: Services, runner: Runner, ids: Sequence[int]) -> str:
    """Pages that failed keep the time they are to be tried again."""
    begun, started = time.perf_counter(), utc_now()
    with services.db.write() as session:
        session.execute(update(Connection).where(Connection.failures == 0).values(next_read_at=started))
    runner.run_due()
    over = time.perf_counter() - begun
    with services.db.read() as session:
        answered = Connection.last_read_at >= started
        count, last = session.execute(select(func.count(), func.max(Connection.last_read_at)).where(answered)).one()
    seconds = (last - started) / timedelta(seconds=1) if last else 0.0
    memory = psutil.Process().memory_info().rss / 2**20
    time.sleep(max(0.0, EVERY - over))
    told = f"{count} of {len(ids)} pages read, the last after {seconds:.1f} s"
    return f"{told}, all tried after {over:.1f} s, {memory:.0f} MB"


if __name__ == "__main__":
    main()
