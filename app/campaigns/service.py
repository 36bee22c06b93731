"""Planning campaigns. Services flush; the edge commits. Closing one is ``app.upkeep.handing_over``."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import available_timezones

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts import service as accounts
from app.accounts.models import User
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns import queries, rules
from app.campaigns.models import Campaign, CampaignEntry, CampaignLineage, CampaignPage, HandOver
from app.campaigns.types import CampaignTyped, Discipline, EntryTyped
from app.core import text as texts
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.pages.models import Page
from app.pages.types import PageState

PAGES_MAXIMUM = 1_000


def add(session: Session, actor: Actor, typed: CampaignTyped, now: datetime) -> int:
    """Plan a campaign; answer its id. Raises Forbidden, InvalidInput naming the field."""
    may_manage(actor)
    one = Campaign(created_at=now, **_fields(session, typed))
    session.add(one)
    session.flush()
    _set_pages(session, one.id, typed.page_ids)
    _set_forebears(session, one.id, typed.from_ids)
    _settle(session)
    audit.note(session, Action.CAMPAIGN_PLANNED, f"campaign/{one.id}", now, by=actor.id, owner=one.owner_id)
    return one.id


def change(session: Session, actor: Actor, campaign_id: int, typed: CampaignTyped, version: int, now: datetime) -> None:
    """Plan it anew, seen at ``version``. Raises Forbidden, NotFound, InvalidInput, and Conflict when somebody was
    quicker or it is closed."""
    may_manage(actor)
    one = open_campaign(session, campaign_id)
    if one.version != version:
        raise Conflict(_("Somebody changed this campaign meanwhile. Look at it, then change it again."), code="stale")
    if rules.ends(queries.period(one)) <= now and not _pages(session, campaign_id) <= set(typed.page_ids):
        raise InvalidInput(
            _("It is over: its pages stay with it until its hand-over says who inherits them."), field="pages"
        )
    for name, value in _fields(session, typed).items():
        setattr(one, name, value)
    one.version += 1
    one.reminders, one.reminded_at = 0, None  # it may have got other days, or another owner
    session.flush()
    _set_pages(session, one.id, typed.page_ids)
    _set_forebears(session, one.id, typed.from_ids)
    _settle(session)
    what = f"campaign/{one.id}"
    audit.note(session, Action.CAMPAIGN_CHANGED, what, now, by=actor.id, owner=one.owner_id, version=one.version)


def add_entry(session: Session, actor: Actor, campaign_id: int, typed: EntryTyped, now: datetime) -> int:
    """Put something on the calendar; answer its id. Raises Forbidden, NotFound, InvalidInput, Conflict."""
    may_manage(actor)
    one = open_campaign(session, campaign_id)
    title = texts.one_line(typed.title, limit=1_000).strip()
    if not title or len(title) > 200:
        raise InvalidInput(_("Say what is planned, in at most 200 characters."), field="title")
    if typed.discipline not in set(Discipline):
        raise InvalidInput(_("Choose who does it."), field="discipline")
    on_it = select(CampaignPage.page_id).where(CampaignPage.campaign_id == one.id)
    if typed.page_id is not None and typed.page_id not in set(session.scalars(on_it)):
        raise InvalidInput(_("Choose one of the campaign’s pages."), field="page")
    entry = CampaignEntry(
        id=new_id(),
        campaign_id=one.id,
        page_id=typed.page_id,
        day=_day(typed.day, "day"),
        title=title,
        discipline=Discipline(typed.discipline),
    )
    session.add(entry)
    session.flush()
    audit.note(session, Action.ENTRY_ADDED, f"campaign/{one.id}", now, by=actor.id, entry=entry.id)
    return entry.id


def remove_entry(session: Session, actor: Actor, campaign_id: int, entry_id: int, now: datetime) -> None:
    """Take something off the calendar. Raises Forbidden, NotFound, Conflict."""
    may_manage(actor)
    open_campaign(session, campaign_id)
    entry = session.get(CampaignEntry, entry_id)
    if entry is None or entry.campaign_id != campaign_id:
        raise NotFound(_("This is no longer on the calendar."))
    session.delete(entry)
    session.flush()
    audit.note(session, Action.ENTRY_REMOVED, f"campaign/{campaign_id}", now, by=actor.id, entry=entry_id)


def open_campaign(session: Session, campaign_id: int) -> Campaign:
    """A campaign, locked for a change. Raises NotFound, and Conflict once it is closed."""
    one = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound(_("There is no such campaign."))
    if session.get(HandOver, campaign_id) is not None:
        raise Conflict(_("This campaign is closed; what was signed stays as it is."), code="closed")
    return one


def may_manage(actor: Actor) -> None:
    """Raises Forbidden for those who may not plan."""
    accounts.require(actor, account_rules.may(actor.role, Permission.MANAGE_CAMPAIGNS))


def employed(session: Session, user_id: int | None, field: str) -> int:
    """Somebody real who works here, and stays until this is stored: whoever switches them off at the same moment waits,
    and then sees what they answer for. Raises InvalidInput naming the field."""
    lock = {"read": True}
    found = session.get(User, user_id, with_for_update=lock, populate_existing=True) if user_id else None
    if found is None or not found.active or found.demo:
        raise InvalidInput(_("Choose somebody from the list."), field=field)
    return found.id


def _settle(session: Session) -> None:
    """What belongs to which campaign is looked at anew."""
    session.flush()
    defer_wake(session, JobName.UPKEEP)


def _fields(session: Session, typed: CampaignTyped) -> dict[str, object]:
    name = texts.one_line(typed.name, limit=1_000).strip()
    if not name or len(name) > rules.NAME_MAXIMUM:
        raise InvalidInput(_("Give it a name of at most %(n)s characters.", n=rules.NAME_MAXIMUM), field="name")
    goal = texts.plain(typed.goal).strip()
    if not goal or len(goal) > rules.TEXT_MAXIMUM:
        raise InvalidInput(
            _("Say what it is to achieve, in at most %(n)s characters.", n=rules.TEXT_MAXIMUM), field="goal"
        )
    first, last = _day(typed.first, "first"), _day(typed.last, "last")
    if last < first:
        raise InvalidInput(_("The last day can’t be before the first."), field="last")
    if (last - first).days > rules.LONGEST_DAYS:
        raise InvalidInput(
            _("At most three years. What lasts longer is kept up by a plan, not by a campaign."), field="last"
        )
    if typed.zone not in available_timezones():
        raise InvalidInput(_("Choose a time zone from the list."), field="zone")
    if not typed.disciplines <= {one.value for one in Discipline}:
        raise InvalidInput(_("Choose from the list."), field="disciplines")
    return {
        "name": name,
        "goal": goal,
        "owner_id": employed(session, typed.owner_id, "owner"),
        "starts_on": first,
        "ends_on": last,
        "zone": typed.zone,
        "disciplines": [one.value for one in Discipline if one.value in typed.disciplines],
    }


def _day(text: str, field: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2200:
        raise InvalidInput(_("Enter a day, like 2026-12-24."), field=field)
    return found


def _pages(session: Session, campaign_id: int) -> set[int]:
    """The pages it is for that are still ours."""
    query = select(CampaignPage.page_id).join(Page, Page.id == CampaignPage.page_id)
    return set(session.scalars(query.where(CampaignPage.campaign_id == campaign_id, Page.state != PageState.REMOVED)))


def _set_pages(session: Session, campaign_id: int, page_ids: Collection[int]) -> None:
    known = set(session.scalars(select(Page.id).where(Page.id.in_(list(page_ids)), Page.state != PageState.REMOVED)))
    if not page_ids or len(page_ids) > PAGES_MAXIMUM or known != set(page_ids):
        raise InvalidInput(_("Choose the pages it is for."), field="pages")
    run_in_bulk(session, delete(CampaignPage).where(CampaignPage.campaign_id == campaign_id))
    session.add_all(CampaignPage(campaign_id=campaign_id, page_id=page_id) for page_id in sorted(known))
    session.flush()


def _set_forebears(session: Session, campaign_id: int, from_ids: Collection[int]) -> None:
    known = {one.id for one in queries.names(session)} | {
        one for one, to in queries.edges(session) if to == campaign_id
    }
    if not set(from_ids) <= known - {campaign_id}:
        raise InvalidInput(_("Choose campaigns from the list."), field="from")
    others = [(one, to) for one, to in queries.edges(session) if to != campaign_id]
    if any(rules.would_circle(others, one, campaign_id) for one in from_ids):
        raise InvalidInput(_("A campaign can’t grow out of one that grew out of it."), field="from")
    run_in_bulk(session, delete(CampaignLineage).where(CampaignLineage.to_id == campaign_id))
    session.add_all(CampaignLineage(from_id=one, to_id=campaign_id) for one in sorted(from_ids))
    session.flush()
