"""``porchlight rules``: which team a conversation goes to."""

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import IO, Any

import click

from app.cli import work
from app.cli.common import json_option, print_json
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.routing import attempt, queries, tally, versions
from app.routing.attempt import Attempt

LARGEST_FILE = 1_000_000
DAYS = 30
file_argument = click.argument("file", type=click.File("rb"))


@click.group()
def rules() -> None:
    """The rules that give conversations to teams.

    FILE is TOML; - reads it from standard input.
    """


@rules.command()
@click.option("--version", "rule_set_id", type=int, help="Another version than the one in force.")
def show(rule_set_id: int | None) -> None:
    """Print the rules in force, as they were written."""
    parts = work.services()
    with parts.db.read() as session:
        text = queries.version(session, rule_set_id).source if rule_set_id else queries.source(session)
        click.echo(text, nl=False)


@rules.command()
@file_argument
def publish(file: IO[bytes]) -> None:
    """Check the rules in FILE and put them in force for what comes in from now on.

    Refused when they would put more than a fifth of the last 30 days out of sight: that takes two people, on the
    Routing screen.
    """
    source = _text(file)
    parts = work.services()
    share = 0.0
    with parts.db.read() as session:
        begun = attempt.begin(session, source, DAYS, utc_now())
        if begun.puts_out_of_sight:
            share = tally.share_out_of_sight(_replayed(begun))
    if share > tally.SHARE_FOR_TWO:
        raise Conflict(
            _(
                "These rules would put %(percent)s %% of the last %(days)s days out of sight, so two people have to "
                "agree: bring the text into a draft on the Routing screen and publish it there.",
                percent=round(100 * share),
                days=DAYS,
            )
        )
    with parts.db.write() as session:
        version = versions.install(session, source, utc_now())
    click.echo(_("Version %(version)s of the rules is in force.", version=version))


@rules.command("try")
@file_argument
@click.option("--days", type=click.IntRange(1, 366), default=DAYS, show_default=True, help="How far back.")
@click.option("--against", type=int, help="Compare with this version instead of the one in force.")
@json_option
def try_(file: IO[bytes], days: int, against: int | None, as_json: bool) -> None:
    """Check the rules in FILE and replay them on the last days, beside those in force; nothing changes."""
    source = _text(file)
    parts = work.services()
    with parts.db.read() as session:
        begun = attempt.begin(session, source, days, utc_now(), against)
        found = _replayed(begun)
    if as_json:
        print_json(_as_data(found, begun))
    else:
        _tell(found, begun)


def _replayed(begun: Attempt) -> dict[str, Any]:
    """The tally; a bar on a terminal, as it may take a minute."""
    found = tally.empty()
    shown = sys.stderr.isatty()
    progress: Any = (
        click.progressbar(length=begun.count, label=_("Trying"), file=sys.stderr) if shown else nullcontext(None)
    )
    with progress as bar:
        for some in begun.portions():
            tally.add(found, some)
            if bar is not None:
                bar.update(len(some))
    return found


def _as_data(found: Mapping[str, Any], begun: Attempt) -> dict[str, Any]:
    named = begun.name
    return {
        "conversations": found["conversations"],
        "by_rule": [
            {"rule": rule or None, "conversations": after, "before": before}
            for rule, (before, after) in found["rules"].items()
        ],
        "by_team": {named(place): sum(load[1]) for place, load in found["load"].items() if place != tally.SPAM},
        "spam": found["acts"]["spam"][1],
        "hidden": found["acts"]["hide"][1],
        "resolved": found["acts"]["resolve"][1],
        "put_off": found["acts"]["snooze"][1],
        "elsewhere": found["elsewhere"],
        "moved": found["moved"],
        "moves": [
            {"from": named(a), "to": named(b), "conversations": kept["count"], "examples": kept["examples"]}
            for a, b, kept in tally.biggest_moves(found)
        ],
        "newly_unmatched": found["unmatched"],
        "newly_matched": found["newly"],
        "load": {named(place): {"before": load[0], "after": load[1]} for place, load in found["load"].items()},
        "corrected_by_people": found["corrected"],
        "share_out_of_sight": round(tally.share_out_of_sight(found), 4),
    }


def _tell(found: Mapping[str, Any], begun: Attempt) -> None:
    data = _as_data(found, begun)
    click.echo(
        ngettext(
            "The rules are fine. %(num)s conversation:",
            "The rules are fine. %(num)s conversations:",
            data["conversations"],
        )
    )
    for one in sorted(data["by_rule"], key=lambda one: -one["conversations"]):
        change = one["conversations"] - one["before"]
        more = f" ({change:+})" if change else ""
        rule = one["rule"] or _("no rule: as the model says, or to the team of the page")
        click.echo(f"  {one['conversations']:5}  {rule}{more}")
    for team, count in data["by_team"].items():
        click.echo(_("%(count)s to %(team)s", count=count, team=team))
    click.echo(_("%(count)s set aside as spam", count=data["spam"]))
    for count, line in (
        (data["hidden"], _("%(count)s hidden at the page", count=data["hidden"])),
        (data["resolved"], _("%(count)s done at once", count=data["resolved"])),
        (data["put_off"], _("%(count)s put off", count=data["put_off"])),
    ):
        if count:
            click.echo(line)
    if data["share_out_of_sight"] > tally.SHARE_FOR_TWO:
        percent = round(100 * data["share_out_of_sight"])
        click.echo(
            _("These rules put %(percent)s %% out of sight, so publishing them takes a second person.", percent=percent)
        )
    click.echo(_("%(count)s not where they are now", count=data["elsewhere"]))
    click.echo(_("%(count)s go elsewhere than by the rules compared with:", count=data["moved"]))
    for move in data["moves"]:
        click.echo(f"  {move['conversations']:5}  {move['from']} → {move['to']}")
    click.echo(_("%(count)s that no rule takes any more", count=data["newly_unmatched"]["count"]))
    corrected = data["corrected_by_people"]
    if corrected["count"]:
        click.echo(
            _(
                "Of %(count)s that people moved, %(before)s went right before and %(after)s go right now",
                count=corrected["count"],
                before=corrected["before"],
                after=corrected["after"],
            )
        )


def _text(file: IO[bytes]) -> str:
    data = file.read(LARGEST_FILE + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(_("The file is not UTF-8 text."), field="rules") from None
    if len(data) > LARGEST_FILE:
        raise InvalidInput(_("The file is larger than a megabyte; that can't be rules."), field="rules")
    return text
