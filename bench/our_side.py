"""Our side of ``bench.collect``: ``python -m bench.our_side PORT FEEDS FOLDER THREADS``, spoken to like reader_side."""

import resource
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from app import bootstrap
from app.bootstrap import Services
from app.collecting.runner import Runner
from app.connectors.ports import Found
from app.core import logs, migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.process import keep_memory_together, settle_in
from app.inbox.models import Comment
from app.pages import service as pages
from app.routing import judging
from app.routing import runner as routing


def prepare(port: str, feeds: int, folder: Path) -> tuple[Services, list[int]]:
    """An installation with these feeds as its pages, and their numbers."""
    logs.configure("critical", "text")
    keep_memory_together()  # as workers do
    settings = Settings.model_validate({"data_dir": folder, "outgoing": {"allow_networks": ["127.0.0.0/8"]}})
    folder.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(settings.database_url)
    services = bootstrap.build(settings)
    bootstrap.seed(services)
    with services.db.write() as session:
        ids = [
            pages.add_page(
                session,
                Found("feed", f"Blog {number}", f"http://127.0.0.1:{port}/{number}.atom"),
                team_id=1,
                sealed_secret=None,
                account=None,
                since=None,
                now=utc_now(),
            )
            for number in range(feeds)
        ]
    with services.db.read() as session:  # as workers do
        judging.warm_up(session)
    settle_in()
    return services, ids


def main() -> None:
    port, feeds, folder, threads = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    services, ids = prepare(port, feeds, folder)
    runner = Runner(services.db, services.connectors, services.box, threads, 30)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    for _line in sys.stdin:
        begun, spent = time.perf_counter(), time.process_time()
        outcomes = runner.run(ids, force=True)
        seconds, spent = time.perf_counter() - begun, time.process_time() - spent
        rest = time.perf_counter()
        routed = routing.run(
            services.db
        )  # what a first reading brings; its own job, on another worker where there are two
        rest = time.perf_counter() - rest
        failed = [outcome for outcome in outcomes if outcome.code]
        if failed or len(outcomes) != feeds:
            raise SystemExit(f"not all feeds were read: {failed[:3]}")
        with services.db.read() as session:
            count = session.scalar(select(func.count()).select_from(Comment))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(seconds, spent, peak, count, *([rest] if routed else []), flush=True)


if __name__ == "__main__":
    main()
