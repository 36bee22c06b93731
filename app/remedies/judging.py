"""What the policy says about a remedy that is asked for, with what was given before."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.types import Role
from app.contacts.models import Contact
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.executors.ports import Kind
from app.inbox.models import Conversation
from app.remedies import past, policy
from app.remedies.models import Remedy
from app.remedies.types import Need, Policy, Request, Target


def judge(session: Session, remedy: Remedy, talk: Conversation, found: Policy, now: datetime) -> None:
    """Note how many have to sign it, and by which lines. Raises Conflict for what the policy forbids."""
    need, refused_before = _need(session, remedy, talk, found, now)
    if need.refused is not None:
        raise Conflict(_("The policy does not allow this: “%(line)s”.", line=need.refused), code="policy")
    remedy.approvals_needed, remedy.policy_lines = need.approvals, list(need.lines)
    remedy.refused_before = refused_before


def _need(session: Session, remedy: Remedy, talk: Conversation, found: Policy, now: datetime) -> tuple[Need, bool]:
    request = Request(
        kind=Kind(remedy.kind),
        amount=remedy.amount,
        currency=remedy.currency,
        reason=remedy.reason,
        role=Role(remedy.requester_role),
        page_id=talk.page_id,
        contact_id=session.get_one(Contact, talk.contact_id).head_id,
        requester_id=remedy.requester_id,
        order=(remedy.shop_id, remedy.order_number, remedy.order_line),
        target=Target(remedy.target),
        counter_offer=remedy.replaces_id is not None,
        campaign_id=remedy.campaign_id,
    )
    earlier = past.around(session, found, request, now, without=remedy.id)
    refused = past.refused_before(session, request, now, without=(remedy.id, remedy.replaces_id or 0))
    return policy.need(found, request, earlier, refused_before=refused, now=now), refused
