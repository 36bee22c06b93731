"""Campaigns: planned together, followed by one another, closed by a signed hand-over."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.campaigns import queries, service
from app.campaigns.types import CampaignTyped, CampaignView, Discipline, EntryTyped, HandOverTyped, Stage
from app.core import days, i18n
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.pages import queries as pages
from app.upkeep import handing_over
from app.web.inbox.place import number
from app.web.present import campaigns as words

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")
POST = ("POST",)
ID = "<int(max=2147483647):campaign_id>"
ENTRY_ID = "<int(max=9223372036854775807):entry_id>"
Errors = dict[str, str]


@route(blueprint, "", needs=Permission.READ_PAGES)
def overview() -> ResponseReturnValue:
    """All campaigns, and where nothing is planned."""
    now = utc_now()
    rows = queries.campaigns(session(), now)
    return render_template(
        "campaigns/overview.html",
        sections=[(stage, [row for row in rows if row.stage is stage]) for stage in _ORDER],
        any_page=pages.any_connected(session()),
        gaps=words.together(queries.gaps(session(), days.of(now))),
        say=words,
    )


_ORDER = (Stage.ENDED, Stage.RUNNING, Stage.COMING, Stage.CLOSED)


@route(blueprint, "/calendar", needs=Permission.READ_PAGES)
def calendar() -> ResponseReturnValue:
    """One month, all disciplines together."""
    now = utc_now()
    first, last = words.bounds(_month(request.args.get("month", "")) or days.of(now))
    rows = queries.between(session(), first, last, now)
    month = words.month_of(first, last, rows, queries.calendar(session(), first, last))
    return render_template("campaigns/calendar.html", month=month, say=words, today=days.of(now))


@route(blueprint, "/add", needs=Permission.MANAGE_CAMPAIGNS)
def add_form() -> ResponseReturnValue:
    """The form for a new one; ``page`` and ``first`` in the address fill it in where a gap is to be closed."""
    page_id = number(request.args.get("page"))
    zone = i18n.zone()
    typed = CampaignTyped(
        name="",
        goal="",
        owner_id=actor().id,
        first=request.args.get("first", "")[:10],
        last="",
        zone=str(zone) if zone else "UTC",
        page_ids=frozenset({page_id} if page_id else ()),
        disciplines=frozenset({Discipline.SOCIAL.value}),
    )
    return _form(typed, {})


@route(blueprint, "/add", needs=Permission.MANAGE_CAMPAIGNS, methods=POST)
def add() -> ResponseReturnValue:
    """Plan a new one."""
    typed = _typed()
    try:
        campaign_id = service.add(session(), actor(), typed, utc_now())
    except InvalidInput as error:
        return rejected(_form(typed, {error.field or "name": error.message}), 422)
    flash(_("The campaign is planned."), "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


@route(blueprint, f"/{ID}", needs=Permission.READ_PAGES)
def show(campaign_id: int) -> ResponseReturnValue:
    """One campaign: what it is, came from and leaves behind."""
    return _page(_campaign(campaign_id), {})


@route(blueprint, f"/{ID}/change", needs=Permission.MANAGE_CAMPAIGNS)
def change_form(campaign_id: int) -> ResponseReturnValue:
    """The form to plan it anew."""
    one = _campaign(campaign_id)
    period = one.row.period
    typed = CampaignTyped(
        name=one.row.name,
        goal=one.goal,
        owner_id=one.owner_id,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        zone=period.zone,
        page_ids=frozenset(page.id for page in one.row.pages),
        disciplines=frozenset(kind.value for kind in one.row.disciplines),
        from_ids=frozenset(kin.id for kin in one.before),
    )
    return _form(typed, {}, one)


@route(blueprint, f"/{ID}/change", needs=Permission.MANAGE_CAMPAIGNS, methods=POST)
def change(campaign_id: int) -> ResponseReturnValue:
    """Plan it anew."""
    typed, one = _typed(), _campaign(campaign_id)
    try:
        service.change(session(), actor(), campaign_id, typed, number(request.form.get("version")) or 0, utc_now())
    except (Conflict, InvalidInput) as error:
        field = getattr(error, "field", None) or ""
        return rejected(_form(typed, {field: error.message}, one), status_of(error))
    flash(_("Saved."), "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


@route(blueprint, f"/{ID}/entries", needs=Permission.MANAGE_CAMPAIGNS, methods=POST)
def add_entry(campaign_id: int) -> ResponseReturnValue:
    """Put something on the shared calendar."""
    given = request.form
    typed = EntryTyped(
        day=given.get("day", ""),
        title=plain(given.get("title", "")),
        discipline=given.get("discipline", ""),
        page_id=number(given.get("page")),
    )
    try:
        service.add_entry(session(), actor(), campaign_id, typed, utc_now())
    except (Conflict, InvalidInput) as error:
        field = getattr(error, "field", None) or ""
        return rejected(_page(_campaign(campaign_id), {field: error.message}, typed), status_of(error))
    flash(_("It is on the calendar."), "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


@route(blueprint, f"/{ID}/entries/{ENTRY_ID}/remove", needs=Permission.MANAGE_CAMPAIGNS, methods=POST)
def remove_entry(campaign_id: int, entry_id: int) -> ResponseReturnValue:
    """Take something off it."""
    service.remove_entry(session(), actor(), campaign_id, entry_id, utc_now())
    flash(_("It is off the calendar."))
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


@route(blueprint, f"/{ID}/hand-over", needs=Permission.MANAGE_CAMPAIGNS)
def hand_over_form(campaign_id: int) -> ResponseReturnValue:
    """Who inherits what; filled in with who looks after it now."""
    one = _campaign(campaign_id)
    left = handing_over.legacy(session(), campaign_id)
    heirs = {page.id: left.stewards[page.id].id for page in one.row.pages if page.id in left.stewards}
    usual = HandOverTyped(heirs, one.owner_id, one.owner_id, one.owner_id, "", "", None)
    return _hand_over_form(one, usual, {})


@route(blueprint, f"/{ID}/hand-over", needs=Permission.MANAGE_CAMPAIGNS, methods=POST)
def hand_over(campaign_id: int) -> ResponseReturnValue:
    """Sign it: this closes the campaign."""
    one, given = _campaign(campaign_id), request.form
    typed = HandOverTyped(
        heirs={page.id: number(given.get(f"heir-{page.id}")) or 0 for page in one.row.pages},
        conversations_heir_id=number(given.get("conversations")),
        remedies_heir_id=number(given.get("remedies")),
        questions_heir_id=number(given.get("asked")),
        questions=plain(given.get("questions", "")),
        plan=plain(given.get("plan", "")),
        successor_id=number(given.get("successor")),
    )
    try:
        handing_over.sign(session(), actor(), campaign_id, typed, utc_now())
    except (Conflict, InvalidInput) as error:
        field = getattr(error, "field", None) or ""
        return rejected(_hand_over_form(one, typed, {field: error.message}), status_of(error))
    flash(_("Signed. The campaign is closed, and its heirs are told."), "good")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


def _campaign(campaign_id: int) -> CampaignView:
    found = queries.campaign(session(), campaign_id, utc_now())
    if found is None:
        raise NotFound(_("There is no such campaign."))
    return found


def _typed() -> CampaignTyped:
    given = request.form

    def ids(name: str) -> frozenset[int]:
        return frozenset(found for one in given.getlist(name) if (found := number(one)))

    return CampaignTyped(
        name=plain(given.get("name", "")),
        goal=plain(given.get("goal", "")),
        owner_id=number(given.get("owner")),
        first=given.get("first", ""),
        last=given.get("last", ""),
        zone=given.get("zone", ""),
        page_ids=ids("pages"),
        disciplines=frozenset(given.getlist("disciplines")),
        from_ids=ids("from"),
    )


def _form(typed: CampaignTyped, errors: Errors, one: CampaignView | None = None) -> str:
    return render_template(
        "campaigns/form.html",
        one=one,
        typed=typed,
        errors=errors,
        staff=_choices(queries.staff(session())),
        pages=pages.pages(session()),
        disciplines=list(Discipline),
        others=[other for other in queries.names(session()) if one is None or other.id != one.row.id],
        say=words,
    )


def _page(one: CampaignView, errors: Errors, typed: EntryTyped | None = None) -> str:
    return render_template(
        "campaigns/show.html",
        one=one,
        row=one.row,
        left=handing_over.legacy(session(), one.row.id),
        errors=errors,
        typed=typed,
        disciplines=list(Discipline),
        say=words,
    )


def _hand_over_form(one: CampaignView, typed: HandOverTyped, errors: Errors) -> str:
    if one.hand_over is not None:
        raise Conflict(_("This campaign is closed; what was signed stays as it is."), code="closed")
    others = [other for other in queries.names(session()) if other.id != one.row.id]
    return render_template(
        "campaigns/hand_over.html",
        one=one,
        row=one.row,
        typed=typed,
        errors=errors,
        left=handing_over.legacy(session(), one.row.id),
        staff=_choices(queries.staff(session())),
        others=[("", _("None yet")), *_choices(others)],
        say=words,
    )


def _choices(found: Any) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in found]


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
