"""The rules that give conversations to teams, in words."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.i18n import gettext as _
from app.core.i18n import locale, ngettext
from app.edge.context import session
from app.edge.routes import route
from app.inbox.types import Priority
from app.pages import queries as pages
from app.routing import queries
from app.routing.types import Rule

blueprint = Blueprint("rules", __name__, url_prefix="/routing")


@dataclass(frozen=True, slots=True)
class RuleInWords:
    name: str
    conditions: list[str]
    words: tuple[str, ...]
    """Any of which must be seen; empty when words don't matter."""
    team: str | None
    """None for rules that set aside as spam."""
    high: bool


@route(blueprint, "", needs=Permission.READ_ROUTING)
def overview() -> ResponseReturnValue:
    """The rules in force, in the order in which they are tried."""
    teams = {team.key: team.name for team in accounts.teams(session())}
    names = {page.id: page.name for page in pages.pages(session(), include_removed=True)}
    in_force = queries.in_force(session())
    told = [_in_words(rule, teams, names) for rule in in_force.rules] if in_force else []
    return render_template("rules/overview.html", in_force=in_force, rules=told)


def _in_words(rule: Rule, teams: dict[str, str], pages_: dict[int, str]) -> RuleInWords:
    return RuleInWords(
        name=rule.name,
        conditions=list(_conditions(rule, pages_)),
        words=rule.words,
        team=None if rule.spam else teams.get(rule.team or "", rule.team or ""),
        high=rule.priority is Priority.HIGH,
    )


def _conditions(rule: Rule, pages_: dict[int, str]) -> list[str]:
    """Each condition but the words, as a sentence."""
    found = []
    if rule.pages:
        known = ", ".join(pages_.get(page_id, f"#{page_id}") for page_id in rule.pages)
        found.append(_("It stands on %(pages)s.", pages=known))
    if rule.languages:
        spoken = ", ".join(locale().languages.get(tag, tag) for tag in rule.languages)
        found.append(_("It is written in %(languages)s.", languages=spoken))
    if rule.links_at_least:
        found.append(ngettext("It has at least %(num)s link.", "It has at least %(num)s links.", rule.links_at_least))
    facts = (
        (rule.question, _("It asks a question."), _("It asks no question.")),
        (rule.author_known, _("We have met the person before."), _("We have not met the person before.")),
        (rule.held_as_spam, _("The page itself holds it for spam."), _("The page itself does not hold it for spam.")),
    )
    found += [yes if holds else no for holds, yes, no in facts if holds is not None]
    return found
