"""What rules name: teams, people, saved replies, pages and campaigns, which may be gone."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.campaigns import queries as campaigns
from app.core.i18n import gettext as _
from app.pages import queries as pages
from app.routing import reading
from app.routing.types import Fact, Fault, Rule
from app.texts import queries as texts


def faults(session: Session, found: Sequence[Rule]) -> list[Fault]:
    """What rules name that does not exist in this installation."""
    teams = {team.key for team in accounts.teams(session) if not team.demo}
    logins = {one.login for one in accounts.users(session) if one.active and not one.demo}
    shortcuts = {one.shortcut for one in texts.saved(session)} if any(one.then.reply for one in found) else set()
    known_pages = {page.id for page in pages.pages(session, include_removed=True)}
    wrong = []
    for number, rule in enumerate(found, 1):
        if rule.then.team and rule.then.team not in teams:
            known = ", ".join(sorted(teams))
            why = _("There is no team “%(team)s”. Teams: %(teams)s.", team=rule.then.team, teams=known)
            wrong.append(Fault(number, "team", why))
        if rule.then.assignee and rule.then.assignee not in logins:
            why = _("Nobody here signs in as “%(login)s”.", login=rule.then.assignee)
            wrong.append(Fault(number, "assignee", why))
        if rule.then.reply and rule.then.reply not in shortcuts:
            why = _("There is no saved reply “/%(shortcut)s”.", shortcut=rule.then.reply)
            wrong.append(Fault(number, "reply", why))
        wrong += [
            Fault(number, "notify", _("Nobody here signs in as “%(login)s”.", login=login))
            for login in rule.then.notify
            if login not in logins
        ]
        for place, one in reading.places(rule.when):
            numbers = [some for some in one.value if isinstance(some, int)] if isinstance(one.value, tuple) else []
            if one.fact is Fact.PAGES:
                wrong += [
                    Fault(number, place, _("There is no page with the number %(n)s.", n=page_id))
                    for page_id in numbers
                    if page_id not in known_pages
                ]
            if one.fact is Fact.CAMPAIGNS:
                wrong += [
                    Fault(number, place, _("There is no campaign with the number %(n)s.", n=campaign_id))
                    for campaign_id in numbers
                    if campaigns.name_of(session, campaign_id) is None
                ]
    return wrong
