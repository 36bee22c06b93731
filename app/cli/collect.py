"""``porchlight collect``: read pages now and wait for it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from time import monotonic

import click

from app.bootstrap import Services
from app.cli import work
from app.cli.common import json_option, print_json
from app.collecting.runner import Runner
from app.collecting.types import Outcome
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.pages import queries, words
from app.pages.service import LEASE
from app.pages.types import PageState, PageView

PATIENCE = LEASE + timedelta(seconds=30)
"""How long to wait for a page that somebody else reads: a reader that died holds it no longer than a lease."""
LOOK_AGAIN_SECONDS = 0.3


@click.command()
@click.argument("pages", metavar="[PAGE...]", nargs=-1)
@click.option("--replay", is_flag=True, help="Read the kept answers of the platforms again instead of asking anew.")
@click.option("--reconcile", is_flag=True, help="Look again at all known comments: edits, states, deletions.")
@json_option
def collect(pages: tuple[str, ...], replay: bool, reconcile: bool, as_json: bool) -> int:
    """Read the pages (all active ones, when none is named) now; exit 1 when one could not be read completely."""
    if replay and reconcile:
        raise click.UsageError(_("--replay and --reconcile can't be done at once."))
    parts = work.services()
    chosen = _chosen(parts, pages)
    if not chosen:
        click.echo(_("No page is connected yet. “porchlight page add URL” connects one."), err=True)
        return 0
    by_id = {page.id: page for page in chosen}
    well = True
    with work.progress(len(chosen), _("Reading")) as bar:
        for outcome in _work(parts, [*by_id], _way(parts, replay=replay, reconcile=reconcile)):
            well = well and outcome.code is None
            _tell(by_id[outcome.page_id], outcome, as_json)
            bar.update(1)
    return 0 if well else 1


def _chosen(parts: Services, wanted: Sequence[str]) -> list[PageView]:
    with parts.db.read() as session:
        if not wanted:
            return [page for page in queries.pages(session) if page.state is PageState.ACTIVE]
        chosen = work.find_pages(session, wanted)
    for page in chosen:
        if page.state is not PageState.ACTIVE:
            raise InvalidInput(
                _("%(name)s is paused. “porchlight page resume %(id)s” takes it up again.", name=page.name, id=page.id)
            )
    return chosen


def _way(parts: Services, *, replay: bool, reconcile: bool) -> Callable[[int], Outcome | None]:
    """What is done with one page; None when somebody else has it."""
    limits = parts.settings.collecting
    runner = Runner(parts.db, parts.connectors, parts.box, limits.threads, limits.fastest_seconds)
    if replay:

        def again(page_id: int) -> Outcome | None:
            outcome = runner.replay(page_id)
            return None if outcome.code == words.BUSY else outcome

        return again
    read = runner.reconcile if reconcile else runner.run
    return lambda page_id: next(iter(read([page_id], force=True)), None)


def _work(parts: Services, page_ids: Sequence[int], read: Callable[[int], Outcome | None]) -> Iterator[Outcome]:
    """Outcomes as they come."""
    stop = threading.Event()

    def patiently(page_id: int) -> Outcome:
        end = monotonic() + PATIENCE.total_seconds()
        while not stop.is_set():
            outcome = read(page_id)
            if outcome is not None:
                return outcome
            if monotonic() > end or stop.wait(LOOK_AGAIN_SECONDS):
                break
        return Outcome(page_id, 0, 0, 0, words.BUSY, "")

    pool = ThreadPoolExecutor(min(parts.settings.collecting.threads, len(page_ids)), thread_name_prefix="pages")
    try:
        for done in as_completed([pool.submit(patiently, page_id) for page_id in page_ids]):
            yield done.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _tell(page: PageView, outcome: Outcome, as_json: bool) -> None:
    if as_json:
        counts = {"seen": outcome.seen, "new": outcome.new, "changed": outcome.changed}
        known = {"page": page.id, "name": page.name, "url": page.url}
        print_json(known | counts | {"error": outcome.code, "detail": outcome.detail})
        return
    counts_in_words = _(
        "%(seen)s, %(new)s new, %(changed)s changed",
        seen=ngettext("%(num)s comment", "%(num)s comments", outcome.seen),
        new=outcome.new,
        changed=outcome.changed,
    )
    if outcome.code is None:
        click.echo(f"{page.name}: {counts_in_words}")
    else:
        click.echo(f"{page.name}: {work.because(outcome.code, outcome.detail)} ({counts_in_words})")
