"""``porchlight model``: what the installation has learned about where comments belong."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, Any

import click

from app.cli import light
from app.cli.common import json_option, print_json, progress
from app.core import json_lines
from app.core.clock import utc_now
from app.core.db import Database
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.learning import judging, measuring, queries, runner, service, tokens
from app.learning.measuring import Measured, Truth
from app.learning.types import Basis, Figures, Kind, Learnt, NewExample, Sentiment, VersionState

_PARTS = 1_000
"""A progress bar counts to so much."""


@click.group()
def model() -> None:
    """What was learned about where comments belong."""


@model.command()
@click.argument("file", type=click.File("rb"))
@click.option("--later", is_flag=True, help="Only keep the examples; what runs in the background learns from them.")
@json_option
def learn(file: IO[bytes], later: bool, as_json: bool) -> int:
    """Keep the examples in FILE as confirmations, and learn from all there are.

    FILE has JSON lines with a text and a team, a kind, or both: {"text": "Where is my parcel?", "team":
    "customer_service"}. Teams are keys, or spam, or none. - reads standard input.
    """
    db = light.database(make=True)
    with db.read() as session:
        known = service.destinations(session)
    given = [_example(number, said, known) for number, said in json_lines.comments(file)]
    if not given:
        raise InvalidInput(_("There is nothing to learn from in this file."))
    with db.write() as session:
        service.add_examples(session, given, utc_now())
    if later:
        if as_json:
            print_json({"examples": len(given)})
        else:
            click.echo(ngettext("%(num)s example kept.", "%(num)s examples kept.", len(given)))
        return 0
    try:
        return _train(db, as_json)
    except KeyboardInterrupt:
        click.echo(_("Stopped. The examples are kept; “porchlight model train” learns from them."), err=True)
        raise


@model.command()
@json_option
def train(as_json: bool) -> int:
    """Learn anew from all examples there are."""
    return _train(light.database(), as_json)


def _train(db: Database, as_json: bool) -> int:
    with _progress(_("Learning")) as tell:
        learnt = runner.refit(db, tell=tell)
    if learnt is None:
        raise InvalidInput(_("There are no examples yet. “porchlight model learn FILE” adds some."))
    if as_json:
        print_json(_said(learnt))
    else:
        _tell(learnt)
    return 0


@model.command()
@click.argument("path", type=click.File("rb"))
@json_option
def evaluate(path: IO[bytes], as_json: bool) -> None:
    """Say how often the model in use agrees with the labels in PATH; nothing is stored.

    PATH has JSON lines with a text and what is right: team, kind, complaint, refund_or_replacement_wanted, sentiment
    (also as label_team and so on), each where it is known, and a source (or source_dataset) to tell places apart.
    """
    db = light.database()
    given = [(said["text"], _truth(number, said)) for number, said in json_lines.comments(path)]
    if not given:
        raise InvalidInput(_("There is nothing to compare with in this file."))
    with db.read() as session:
        judge = queries.in_use(session).judge
    found = judging.opinions(judge, [text for text, _said in given])
    measured = measuring.measure(found, [truth for _text, truth in given])
    for one in measured:
        if as_json:
            print_json(asdict(one))
    if not as_json:
        _table(measured)


@model.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the versions of the model, newest first."""
    db = light.database()
    with db.read() as session:
        found = queries.versions(session)
    for one in found:
        if as_json:
            print_json(asdict(one))
        else:
            share = f"{one.figures.accuracy:.1%}"
            examples = ngettext("%(num)s example", "%(num)s examples", one.figures.examples)
            click.echo(f"{one.id:5}  {one.made_at:%Y-%m-%d %H:%M}  {_state(one.state):12}  {share:>6}  {examples}")


@model.command()
@click.argument("version", type=click.IntRange(min=0), required=False)
def rollback(version: int | None) -> None:
    """Let an earlier VERSION judge again; without one, that before the one in use. 0 is what came along."""
    db = light.database()
    with db.write() as session:
        wanted = queries.earlier(session) if version is None else version
        service.go_back(session, wanted, utc_now(), None)
    if wanted:
        click.echo(_("Version %(version)s judges again.", version=wanted))
    else:
        click.echo(_("The model that came along judges again."))


def _example(number: int, said: Mapping[str, Any], known: Collection[str]) -> NewExample:
    team, kind = _team(number, said.get("team")), said.get("kind")
    if tokens.blank(said["text"]):
        raise InvalidInput(_("Line %(n)s: there is nothing in its text to learn from.", n=number))
    if team is None and kind is None:
        raise InvalidInput(_("Line %(n)s has neither a team nor a kind.", n=number))
    if team is not None and team not in known:
        raise InvalidInput(_("Line %(n)s: %(why)s", n=number, why=service.no_team(team, known)))
    return NewExample(said["text"], team, _kind(number, kind), Basis.CONFIRMATION)


def _team(number: int, said: Any) -> str | None:
    if said is None or isinstance(said, str):
        return said
    raise InvalidInput(_("Line %(n)s: the team should be text.", n=number))


def _flag(number: int, said: Mapping[str, Any], name: str) -> bool | None:
    found = said.get(name)
    if found is None or isinstance(found, bool):
        return found
    raise InvalidInput(_("Line %(n)s: %(name)s should be true or false.", n=number, name=name))


def _kind(number: int, said: Any) -> Kind | None:
    if said is None:
        return None
    try:
        return Kind(said)
    except ValueError:
        kinds = ", ".join(Kind)
        raise InvalidInput(
            _("Line %(n)s: there is no kind “%(kind)s”. Kinds: %(kinds)s.", n=number, kind=said, kinds=kinds)
        ) from None


def _truth(number: int, said: Mapping[str, Any]) -> Truth:
    sentiment = said.get("sentiment", said.get("label_sentiment"))
    return Truth(
        source=str(said.get("source", said.get("source_dataset", ""))),
        team=_team(number, said.get("team", said.get("label_team"))),
        kind=_kind(number, said.get("kind", said.get("label_kind"))),
        complaint=_flag(number, said, "complaint"),
        remedy=_flag(number, said, "refund_or_replacement_wanted"),
        sentiment=Sentiment(sentiment) if sentiment in list(Sentiment) else None,
    )


@contextmanager
def _progress(label: str) -> Iterator[Callable[[float], None]]:
    done = 0
    with progress(_PARTS, label) as bar:

        def tell(share: float) -> None:
            nonlocal done
            step = int(share * _PARTS) - done
            if step > 0:
                done += step
                bar.update(step)

        yield tell


def _said(learnt: Learnt) -> dict[str, Any]:
    return {"version": learnt.version_id, "state": learnt.state.value} | asdict(learnt.figures)


def _tell(learnt: Learnt) -> None:
    figures: Figures = learnt.figures
    click.echo(
        _(
            "Version %(version)s, from %(examples)s: %(share)s right on examples it had not seen.",
            version=learnt.version_id,
            examples=ngettext("%(num)s example", "%(num)s examples", figures.examples),
            share=f"{figures.accuracy:.1%}",
        )
    )
    if learnt.state is VersionState.IN_USE:
        click.echo(_("It judges from now on."))
    else:
        click.echo(_("It is worse than the one in use, which goes on judging."))


def _state(state: VersionState) -> str:
    words = {
        VersionState.IN_USE: _("in use"),
        VersionState.REPLACED: _("replaced"),
        VersionState.KEPT_BACK: _("kept back"),
        VersionState.TAKEN_BACK: _("taken back"),
    }
    return words[state]


def _table(measured: list[Measured]) -> None:
    names = [name for name in Measured.__slots__ if name != "source"]
    click.echo(f"{'source':24}" + "".join(f"{name[:17]:>18}" for name in names))
    for one in measured:
        values = (getattr(one, name) for name in names)
        click.echo(f"{one.source[:24]:24}" + "".join(f"{'-' if value is None else value:>18}" for value in values))
