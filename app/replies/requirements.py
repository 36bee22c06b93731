"""Which answers need approval: of certain people, on certain pages, to certain teams, in certain campaigns."""

from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns.models import Campaign, CampaignPost
from app.core import text as texts
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.inbox.models import Conversation
from app.pages.models import Page
from app.replies.models import ApprovalRequirement
from app.replies.types import Requirement, Subject

_MODELS: dict[Subject, type[User | Page | Team | Campaign]] = {
    Subject.PERSON: User,
    Subject.PAGE: Page,
    Subject.TEAM: Team,
    Subject.CAMPAIGN: Campaign,
}


def of(session: Session, author_id: int, talk: Conversation) -> list[Requirement]:
    """Why an answer of that person to that conversation needs approval; empty when it does not. One statement.

    The demonstration's pages need none: nothing said there is heard by anybody.
    """
    return of_ids(session, author_id, talk.page_id, talk.team_id, talk.id)


def of_ids(session: Session, author_id: int, page_id: int, team_id: int, talk_id: int) -> list[Requirement]:
    """The same for somebody who has a conversation's view."""
    about = {"author_id": author_id, "page_id": page_id, "team_id": team_id, "talk_id": talk_id}
    return [_view(one, "") for one in session.scalars(_FOUND, about)]


_FOUND = (
    select(ApprovalRequirement)
    .where(
        or_(
            ApprovalRequirement.user_id == bindparam("author_id"),
            ApprovalRequirement.page_id == bindparam("page_id"),
            ApprovalRequirement.team_id == bindparam("team_id"),
            ApprovalRequirement.campaign_id
            == select(CampaignPost.campaign_id)
            .join(Conversation, Conversation.post_id == CampaignPost.post_id)
            .where(Conversation.id == bindparam("talk_id"))
            .scalar_subquery(),
        ),
        ~select(Page.id).where(Page.id == bindparam("page_id"), Page.demo).exists(),
    )
    .order_by(ApprovalRequirement.id)
)
"""Put together once, as every conversation asks it."""


def all_of_them(session: Session) -> list[Requirement]:
    """Every requirement, with the name of whom or what it is about. One statement."""
    name = func.coalesce(User.name, Page.name, Team.name, Campaign.name)
    query = (
        select(ApprovalRequirement, name)
        .outerjoin(User, User.id == ApprovalRequirement.user_id)
        .outerjoin(Page, Page.id == ApprovalRequirement.page_id)
        .outerjoin(Team, Team.id == ApprovalRequirement.team_id)
        .outerjoin(Campaign, Campaign.id == ApprovalRequirement.campaign_id)
        .order_by(ApprovalRequirement.id)
    )
    return [_view(one, named) for one, named in session.execute(query)]


def add(session: Session, actor: Actor, subject: Subject, subject_id: int, reason: str, now: datetime) -> int:
    """Have answers need approval from now on. Raises InvalidInput, NotFound, Conflict when they do already."""
    reason = texts.one_line(reason, limit=200)
    if not reason:
        raise InvalidInput(_("Say why; whoever writes there reads it."), field="reason")
    if session.get(_MODELS[subject], subject_id) is None:
        raise NotFound(_("Choose whom or what it is about."))
    columns = {
        Subject.PERSON: ApprovalRequirement.user_id,
        Subject.PAGE: ApprovalRequirement.page_id,
        Subject.TEAM: ApprovalRequirement.team_id,
        Subject.CAMPAIGN: ApprovalRequirement.campaign_id,
    }
    if session.scalar(select(ApprovalRequirement.id).where(columns[subject] == subject_id)) is not None:
        raise Conflict(_("Answers there need approval already."))
    one = ApprovalRequirement(**{columns[subject].key: subject_id}, reason=reason, created_by=actor.id, created_at=now)
    session.add(one)
    session.flush()
    audit.note(session, Action.APPROVAL_REQUIRED, f"{subject}/{subject_id}", now, by=actor.id)
    return one.id


def remove(session: Session, actor: Actor, requirement_id: int, now: datetime) -> None:
    """Let answers go without approval again. Raises NotFound, and Forbidden about one's own answers."""
    one = session.get(ApprovalRequirement, requirement_id)
    if one is None:
        raise NotFound(_("This is no longer required."))
    if one.user_id == actor.id:
        raise Forbidden(_("Somebody else has to decide that your own answers need no approval."))
    known = _view(one, "")
    session.delete(one)
    session.flush()
    audit.note(session, Action.APPROVAL_WAIVED, f"{known.subject}/{known.subject_id}", now, by=actor.id)


def _view(one: ApprovalRequirement, name: str) -> Requirement:
    subjects = {
        Subject.PERSON: one.user_id,
        Subject.PAGE: one.page_id,
        Subject.TEAM: one.team_id,
        Subject.CAMPAIGN: one.campaign_id,
    }
    subject, subject_id = next((about, number) for about, number in subjects.items() if number is not None)
    return Requirement(one.id, subject, subject_id, name, one.reason, one.created_at)
