"""What a form for a remedy gives, held against who asks, for whom and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import User
from app.accounts.types import Actor, Permission
from app.contacts import queries as contacts
from app.contacts.models import Identity
from app.core.errors import Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.executors.ports import Purchase
from app.inbox.models import Conversation
from app.remedies import money, orders, policies, proofs
from app.remedies.models import Remedy, RemedyBar, Shop
from app.remedies.policies import InForce
from app.remedies.types import Asked, Proof, Target

LONGEST_EXPLANATION = 4_000
LONGEST_NUMBER = 120


@dataclass(frozen=True, slots=True)
class Form:
    """A form that can be taken."""

    user: User
    in_force: InForce
    shop: Shop
    asked: Asked
    """With the order by the names that the shop gives it, or that it was first noted with."""
    fields: Mapping[str, Any]
    """By the names of the columns."""
    profiting: Sequence[User]
    """Colleagues whose address is the person's, or who the money would go to."""
    proofs: Sequence[Proof]
    """What came with it and is to be kept."""


def read(
    session: Session,
    actor: Actor,
    talk: Conversation,
    asked: Asked,
    purchase: Purchase | None,
    now: datetime,
    *,
    of: Remedy | None,
) -> Form:
    """Hold a form against everything but the policy and the money that is left.

    ``of`` is the remedy it changes or replaces: its pictures and comments may be kept, and so may its day. Raises
    InvalidInput, and Forbidden for who may not ask.
    """
    user = _still_here(session, actor)
    in_force = policies.in_force(session)
    shop = _shop(session, asked.shop_id)
    asked = orders.as_the_shop_says(asked, purchase) if purchase else orders.as_noted(session, shop, asked)
    fields = _columns(asked, shop, in_force.policy.reasons)
    if asked.promised_on is not None and asked.promised_on != (of.promised_on if of else None):
        _still_to_come(asked.promised_on, in_force, now)
    proved = proofs.given(session, asked, talk.id, of.id if of else None)
    fields["evidence"] = proved.evidence
    profiting = _profiting(session, talk, fields["target_account"])
    _not_for_oneself(user, profiting)
    return Form(user, in_force, shop, asked, fields, profiting, proved.fresh)


def bar(session: Session, remedy: Remedy, given: Form, more: Sequence[int] = ()) -> None:
    """Who profits, and who took part by asking before (``more``), never decides about it."""
    for user in given.profiting:
        session.merge(RemedyBar(remedy_id=remedy.id, user_id=user.id, why="profits"))
    for user_id in more:
        session.merge(RemedyBar(remedy_id=remedy.id, user_id=user_id, why="edited"))
    session.flush()


def reason_given(reason: str) -> str:
    """The words for a step that needs some. Raises InvalidInput."""
    text = plain(reason).strip()[:LONGEST_EXPLANATION]
    if not text:
        raise InvalidInput(_("Say why in a few words."), field="reason")
    return text


def _still_here(session: Session, actor: Actor) -> User:
    """The person as the database knows them now. Raises Forbidden."""
    user = session.get(User, actor.id, populate_existing=True)
    if user is None or not user.active or not account_rules.may(user.role, Permission.ASK_REMEDY):
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."))
    return user


def _shop(session: Session, shop_id: int) -> Shop:
    shop = session.get(Shop, shop_id) if shop_id else session.scalar(select(Shop).where(Shop.active).order_by(Shop.id))
    if shop is None or not shop.active:
        raise InvalidInput(_("Choose where it is to be carried out."), field="shop")
    return shop


def _columns(asked: Asked, shop: Shop, reasons: Any) -> dict[str, Any]:
    """What a form gave, as columns. Raises InvalidInput for the first thing that can't be taken."""
    currency = money.known(asked.currency or shop.currency)
    if asked.reason not in reasons:
        raise InvalidInput(_("Choose a reason."), field="reason")
    number, line = plain(asked.order_number).strip(), plain(asked.order_line).strip()
    if len(number) > LONGEST_NUMBER or len(line) > LONGEST_NUMBER:
        raise InvalidInput(_("An order number has at most %(n)s characters.", n=LONGEST_NUMBER), field="order_number")
    if line and not number:
        raise InvalidInput(_("A line belongs to an order: enter its number too."), field="order_number")
    account = plain(asked.target_account).strip()
    if (asked.target is Target.OTHER) != bool(account) or len(account) > 200:
        raise InvalidInput(_("Enter the other account, or choose the one it was paid from."), field="target_account")
    explanation = plain(asked.explanation).strip()
    if len(explanation) > LONGEST_EXPLANATION:
        raise InvalidInput(_("That is too long: at most %(n)s characters.", n=LONGEST_EXPLANATION), field="explanation")
    return {
        "shop_id": shop.id,
        "order_number": number,
        "order_line": line,
        "kind": asked.kind,
        "amount": money.parsed(asked.amount, currency),
        "currency": currency,
        "reason": asked.reason,
        "explanation": explanation,
        "target": asked.target,
        "target_account": account,
        "promised_on": asked.promised_on,
    }


def _still_to_come(day: date, in_force: InForce, now: datetime) -> None:
    if day < now.astimezone(ZoneInfo(in_force.policy.time_zone)).date():
        raise InvalidInput(_("Choose a day that is not over."), field="promised_on")


def _profiting(session: Session, talk: Conversation, account: str) -> list[User]:
    """Colleagues whose address is the person's, or who the money would go to."""
    emails = [
        email.strip().lower()
        for email in session.scalars(
            select(Identity.email).where(Identity.contact_id.in_(contacts.together_with(talk.contact_id)))
        )
        if email
    ]
    named = [*emails, account.strip().lower()]
    return list(session.scalars(select(User).where(User.login.in_([one for one in named if one]))))


def _not_for_oneself(user: User, profiting: Sequence[User]) -> None:
    mine = user.same_as_id or user.id
    if any((one.same_as_id or one.id) == mine for one in profiting):
        raise Forbidden(_("You would profit from this yourself. Somebody else has to ask for it."), code="profits")
