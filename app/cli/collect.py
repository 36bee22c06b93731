"""``porchlight collect``: read pages now and wait for it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic, sleep

import click

from app.bootstrap import Services
from app.cli import work
from app.cli.common import json_option, print_json, progress
from app.collecting.runner import Runner, Tell
from app.collecting.types import Outcome
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.pages import queries, words
from app.pages.leases import LEASE
from app.pages.types import PageState, PageView
from app.routing import runner as routing

PATIENCE = LEASE + timedelta(seconds=30)
"""How long to wait for a page that somebody else reads: a reader that died holds it no longer than a lease."""
LOOK_AGAIN_SECONDS = 0.3
Way = Callable[[Sequence[int], Tell], list[Outcome]]
"""Does something with pages, tells of each at once, and answers those that nobody else held."""


@click.command()
@click.argument("pages", metavar="[PAGE...]", nargs=-1)
@click.option("--replay", is_flag=True, help="Read the kept answers of the platforms again instead of asking anew.")
@click.option("--reconcile", is_flag=True, help="Look again at all known comments: edits, states, deletions.")
@json_option
def collect(pages: tuple[str, ...], replay: bool, reconcile: bool, as_json: bool) -> int:
    """Read pages now and wait for it.

    All active ones, when none is named. Exit 1 when one could not be read completely.
    """
    if replay and reconcile:
        raise click.UsageError(_("--replay and --reconcile can't be done at once."))
    parts = work.services()
    chosen = _chosen(parts, pages)
    if not chosen:
        click.echo(_("No page is connected yet. “porchlight page add URL” connects one."), err=True)
        return 0
    by_id = {page.id: page for page in chosen}
    with progress(len(chosen), _("Reading")) as bar:

        def tell(outcome: Outcome) -> None:
            work.make_room()
            _tell(by_id[outcome.page_id], outcome, as_json)
            bar.update(1)

        well = _work(list(by_id), _way(parts, replay=replay, reconcile=reconcile), tell)
    routing.run(parts.db)
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


def _way(parts: Services, *, replay: bool, reconcile: bool) -> Way:
    """What is done with the pages."""
    limits = parts.settings.collecting
    runner = Runner(
        parts.db, parts.connectors, parts.box, limits.threads, limits.fastest_seconds, limits.patience_seconds
    )
    if replay:
        return lambda page_ids, tell: _replay(runner, page_ids, tell)
    if reconcile:
        return lambda page_ids, tell: runner.reconcile(page_ids, tell=tell)
    return lambda page_ids, tell: runner.run(page_ids, force=True, tell=tell)


def _replay(runner: Runner, page_ids: Sequence[int], tell: Tell) -> list[Outcome]:
    done = []
    for page_id in page_ids:
        outcome = runner.replay(page_id)
        if outcome.code != words.BUSY:
            done.append(outcome)
            tell(outcome)
    return done


def _work(page_ids: Sequence[int], way: Way, tell: Tell) -> bool:
    """Go through the pages, those that others hold as soon as these are done; whether all went well."""
    end = monotonic() + PATIENCE.total_seconds()
    left, well = list(page_ids), True
    while True:
        done = way(left, tell)
        well = well and all(outcome.code is None for outcome in done)
        left = [page_id for page_id in left if page_id not in {outcome.page_id for outcome in done}]
        if not left:
            return well
        if monotonic() > end:
            break
        sleep(LOOK_AGAIN_SECONDS)
    for page_id in left:
        tell(Outcome(page_id, 0, 0, 0, words.BUSY, ""))
    return False


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
