"""Who looks after a page. Services flush; the edge commits. A page that has a steward never loses them silently: they
can only be followed by somebody else."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns.models import Campaign, HandOver, HandOverHeir
from app.campaigns.service import employed, may_manage
from app.campaigns.types import Named
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.inbox import leaving
from app.pages.models import Page
from app.pages.types import PageState
from app.signals.service import tell
from app.signals.types import SignalKind
from app.upkeep.models import PageSteward
from app.upkeep.types import Duties, Stewards


def of_pages(session: Session, page_ids: Collection[int]) -> dict[int, Stewards]:
    """Who looks after these pages; each page has its entry. One statement."""
    deputy = aliased(User)
    query = (
        select(PageSteward, User.name, deputy.name)
        .join(User, User.id == PageSteward.steward_id)
        .outerjoin(deputy, deputy.id == PageSteward.deputy_id)
        .where(PageSteward.page_id.in_(list(page_ids)))
    )
    found = {page_id: Stewards(page_id) for page_id in page_ids}
    for one, name, second in session.execute(query):
        stands_in = Named(one.deputy_id, second) if one.deputy_id and second else None
        found[one.page_id] = Stewards(one.page_id, Named(one.steward_id, name), stands_in, one.since)
    return found


def appoint(
    session: Session, actor: Actor, page_id: int, steward_id: int | None, deputy_id: int | None, now: datetime
) -> None:
    """Say who looks after a page, and who does it while they are away.

    Raises Forbidden, NotFound, InvalidInput naming the field.
    """
    may_manage(actor)
    page = session.get(Page, page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    steward_id = employed(session, steward_id, "steward")
    deputy_id = employed(session, deputy_id, "deputy") if deputy_id else None
    if steward_id == deputy_id:
        raise InvalidInput(_("Choose somebody else to stand in."), field="deputy")
    give(session, page_id, steward_id, now, actor_id=actor.id)
    kept = session.get_one(PageSteward, page_id)
    if kept.deputy_id != deputy_id:
        kept.deputy_id = deputy_id
        audit.note(session, Action.DEPUTY_NAMED, f"page/{page_id}", now, by=actor.id, deputy=deputy_id)
    session.flush()


def give(session: Session, page_id: int, steward_id: int, now: datetime, *, actor_id: int | None) -> None:
    """Give a page to somebody; they are told. Somebody who stood in for them no longer does, if that is now them."""
    one = session.get(PageSteward, page_id, with_for_update=True, populate_existing=True)
    if one is None:
        session.add(PageSteward(page_id=page_id, steward_id=steward_id, since=now))
    elif one.steward_id == steward_id:
        return
    else:
        one.deputy_id = None if one.deputy_id == steward_id else one.deputy_id
        one.steward_id, one.since = steward_id, now
    session.flush()
    audit.note(session, Action.STEWARD_NAMED, f"page/{page_id}", now, by=actor_id, steward=steward_id)
    tell(session, SignalKind.PAGE_GIVEN, now, actor_id=actor_id, people=[steward_id], page_id=page_id)


def duties(session: Session, user_id: int) -> Duties:
    """What somebody answers for. Three statements."""
    pages = select(Page.id, Page.name).join(PageSteward, PageSteward.page_id == Page.id)
    open_ones = select(Campaign.id, Campaign.name).where(Campaign.id.not_in(select(HandOver.campaign_id)))
    inherited = select(Campaign.id, Campaign.name).join(HandOver, HandOver.campaign_id == Campaign.id)
    heir = or_(
        HandOver.conversations_heir_id == user_id,
        HandOver.remedies_heir_id == user_id,
        HandOver.questions_heir_id == user_id,
    )
    pages = pages.where(PageSteward.steward_id == user_id, Page.state != PageState.REMOVED).order_by(Page.name)
    return Duties(
        tuple(Named(*one) for one in session.execute(pages)),
        tuple(Named(*one) for one in session.execute(open_ones.where(Campaign.owner_id == user_id))),
        tuple(Named(*one) for one in session.execute(inherited.where(heir))),
    )


def switch_off(session: Session, actor: Actor, user_id: int, heir_id: int | None, now: datetime) -> int:
    """Switch an account off once what it answers for has an heir; answer how many conversations wait for anyone again.

    Raises Forbidden, NotFound, InvalidInput for an heir who can't be one, Conflict (code ``duties``) without one.
    """
    freed = leaving.switch_off(session, actor, user_id, now)
    theirs = duties(session, user_id)
    if not theirs:
        _forget(session, user_id)
        return freed
    if heir_id is None:
        raise Conflict(_("Say who takes over what they answer for."), code="duties")
    if heir_id == user_id:
        raise InvalidInput(_("Choose somebody else."), field="heir")
    heir_id = employed(session, heir_id, "heir")
    for page in theirs.pages:
        give(session, page.id, heir_id, now, actor_id=actor.id)
    run_in_bulk(
        session,
        update(PageSteward)  # of pages that were removed and may come back
        .where(PageSteward.steward_id == user_id)
        .values(steward_id=heir_id, since=now, deputy_id=None),
        update(Campaign)
        .where(Campaign.id.in_([one.id for one in theirs.campaigns]))
        .values(owner_id=heir_id, version=Campaign.version + 1),
    )
    for column in (HandOver.conversations_heir_id, HandOver.remedies_heir_id, HandOver.questions_heir_id):
        run_in_bulk(session, update(HandOver).where(column == user_id).values({column: heir_id}))
    _pass_on(session, user_id, heir_id)
    _forget(session, user_id)
    return freed


def _pass_on(session: Session, user_id: int, heir_id: int) -> None:
    """What they inherited has another heir, who is told as if it were new; unless it was theirs already."""
    theirs = HandOverHeir.user_id == user_id
    other = select(HandOverHeir.campaign_id).where(HandOverHeir.user_id == heir_id)
    run_in_bulk(
        session,
        delete(HandOverHeir).where(theirs, HandOverHeir.campaign_id.in_(other)),
        update(HandOverHeir).where(theirs).values(user_id=heir_id, reminders=0, reminded_at=None, taken_up_at=None),
    )


def _forget(session: Session, user_id: int) -> None:
    run_in_bulk(
        session,
        update(PageSteward).where(PageSteward.deputy_id == user_id).values(deputy_id=None),
        delete(HandOverHeir).where(HandOverHeir.user_id == user_id, HandOverHeir.taken_up_at.is_(None)),
    )
