"""``porchlight audit``: whether the log of who did what is as it was written."""

import click

from app import bootstrap
from app.audit import heads, queries
from app.audit.types import Fault, Problem
from app.cli import work
from app.cli.common import json_option, print_json
from app.core.i18n import gettext as _
from app.core.i18n import ngettext


@click.group()
def audit() -> None:
    """The log of who did what: check it."""


@audit.command()
@json_option
def verify(as_json: bool) -> int:
    """Check the log line by line, and against its ends in the data folder; exit 1 when it was changed."""
    parts = work.services()
    known, forged = heads.read(heads.file_of(parts.settings.data_dir), bootstrap.audit_key(parts.settings))
    with parts.db.read() as session:
        report = queries.verify(session, known, forged)
    if as_json:
        problems = [{"fault": one.fault.value, "line": one.seq} for one in report.problems]
        print_json({"lines": report.lines, "heads": report.heads, "problems": problems})
    else:
        for problem in report.problems:
            click.echo(_words(problem))
        click.echo(
            ngettext("%(num)s line was checked.", "%(num)s lines were checked.", report.lines)
            if not report.problems
            else _("The log is not as it was written. Keep a copy of the database and of the data folder as they are.")
        )
    return 1 if report.problems else 0


def _words(problem: Problem) -> str:
    n = problem.seq
    return {
        Fault.CHANGED: lambda: _("Line %(n)s was changed.", n=n),
        Fault.MISSING: lambda: _("Line %(n)s is missing.", n=n),
        Fault.OUT_OF_CHAIN: lambda: _("Line %(n)s does not follow the line before it.", n=n),
        Fault.CUT_OFF: lambda: _("Line %(n)s was there once, and the log ends before it.", n=n),
        Fault.REWRITTEN: lambda: _("The log up to line %(n)s was rewritten.", n=n),
        Fault.HEAD_FORGED: lambda: _("Line %(n)s of audit/heads.jsonl was not written by Porchlight.", n=n),
    }[problem.fault]()
