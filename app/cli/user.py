"""``porchlight user``: the people who use Porchlight."""

from typing import IO

import click

from app.accounts import queries
from app.accounts import service as accounts
from app.accounts.types import Role
from app.cli import work
from app.cli.common import json_option, print_json_lines
from app.core.clock import utc_now
from app.core.i18n import gettext as _

USUAL_TEAMS = {Role.AGENT: ("customer_service",), Role.MARKETER: ("marketing",)}
"""Teams of somebody for whom none is named; people who look after everything are in all teams."""
password_option = click.option(
    "--password-file",
    type=click.File("rb"),
    required=True,
    help="File with the password (at least 10 characters); - reads it from standard input.",
)


@click.group()
def user() -> None:
    """The people who use Porchlight."""


@user.command()
@click.argument("login")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@password_option
@click.option("--name", default="", help="As colleagues see it; the login, when left out.")
@click.option(
    "--team",
    "teams",
    multiple=True,
    help="Key of a team to join; may be repeated. Left out, agents join customer_service, marketers marketing, "
    "supervisors and admins all.",
)
def add(login: str, role: str, password_file: IO[bytes], name: str, teams: tuple[str, ...]) -> None:
    """Add somebody who may sign in with LOGIN."""
    password = work.password(password_file)
    parts = work.services(make=True)
    with parts.db.write() as session:
        everywhere = tuple(team.key for team in queries.teams(session))
        accounts.enrol(
            session,
            login=login,
            role=Role(role),
            password=password,
            name=name,
            teams=teams or USUAL_TEAMS.get(Role(role), everywhere),
            now=utc_now(),
        )
    click.echo(_("%(login)s can sign in now.", login=login.strip().lower()))


@user.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Everybody, by name."""
    parts = work.services()
    with parts.db.read() as session:
        people = queries.users(session)
    if as_json:
        print_json_lines(
            {
                "id": person.id,
                "login": person.login,
                "name": person.name,
                "role": person.role,
                "active": person.active,
                "demo": person.demo,
                "teams": list(person.team_names),
            }
            for person in people
        )
        return
    for person in people:
        state = "" if person.active else _("switched off")
        click.echo("\t".join((person.login, person.name, person.role, ", ".join(person.team_names), state)).rstrip())


@user.command("reset-password")
@click.argument("login")
@password_option
def reset_password(login: str, password_file: IO[bytes]) -> None:
    """Give LOGIN a new password; all their sessions end."""
    password = work.password(password_file)
    parts = work.services()
    with parts.db.write() as session:
        accounts.set_password(session, login, password, utc_now(), by=None)
    click.echo(_("The password is changed. %(login)s has to sign in again.", login=login.strip().lower()))


@user.command("same-person")
@click.argument("login")
@click.argument("other", required=False)
def same_person(login: str, other: str | None) -> None:
    """Say that LOGIN and OTHER are one human being, who then never signs for themselves. Without OTHER: no more."""
    parts = work.services()
    with parts.db.write() as session:
        accounts.same_person(session, login, other, utc_now())
    click.echo(_("Noted."))
