"""The rules in force, in words, and their versions."""

from collections.abc import Sequence

from flask import render_template
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.edge.context import services, session
from app.edge.routes import route
from app.pages import queries as pages
from app.routing import faults, named, queries
from app.routing.types import Rule
from app.web.rules import words
from app.web.rules.routes import blueprint
from app.web.rules.words import Names


@route(blueprint, "", needs=Permission.READ_ROUTING)
def overview() -> ResponseReturnValue:
    """The rules in force, in the order in which they are tried."""
    known = names()
    in_force = queries.in_force(session())
    told = [words.rule(rule, known) for rule in in_force.rules] if in_force else []
    return render_template(
        "rules/overview.html",
        in_force=in_force,
        rules=told,
        lost=lost(in_force.rules) if in_force else [],
        versions=queries.versions(session()),
    )


def lost(rules: Sequence[Rule]) -> list[str]:
    """What rules name that is not there any more."""
    return [faults.told(one) for one in named.faults(session(), rules)]


def names() -> Names:
    """What numbers and keys in rules stand for."""
    return Names(
        teams={team.key: team.name for team in accounts.teams(session())},
        pages={page.id: page.name for page in pages.pages(session(), include_removed=True)},
        campaigns={one.id: one.name for one in campaigns.names(session())},
        people={one.login: one.name for one in accounts.users(session())},
        connectors={kind: services().connectors.get(kind).label for kind in services().connectors.kinds()},
    )
