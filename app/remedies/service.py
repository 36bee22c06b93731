"""Asking for remedies, changing and withdrawing what was asked for. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import User
from app.accounts.types import Actor, Permission, Role
from app.audit.types import Action
from app.campaigns import queries as campaigns
from app.contacts import queries as contacts
from app.contacts.models import Contact, Identity
from app.core.db import run_in_bulk
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.text import plain
from app.executors.ports import Purchase
from app.inbox import access as inbox_access
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.remedies import money, orders, past, policies, policy, rules, steps
from app.remedies.models import Remedy, RemedyBar, RemedyVersion, Shop
from app.remedies.policies import InForce
from app.remedies.types import Act, Asked, Kind, Need, Request, State, Target
from app.signals.types import SignalKind

LONGEST_EXPLANATION = 4_000
LONGEST_NUMBER = 120
MOST_EVIDENCE = 20


def ask(
    session: Session,
    actor: Actor,
    conversation_id: int,
    asked: Asked,
    now: datetime,
    *,
    key: str,
    purchase: Purchase | None = None,
    replaces: Remedy | None = None,
) -> int:
    """Ask for a remedy; answer its id. What nobody else has to sign is approved at once.

    ``key`` (made by the form) is the same for a repeated click, which asks for nothing twice. ``purchase`` is what the
    shop itself says about the order. Raises InvalidInput, Conflict (more than was paid, forbidden by the policy).
    """
    steps.gate(session)
    key = f"{actor.id}:{key}"[:64]
    again = session.scalar(select(Remedy.id).where(Remedy.form_key == key))
    if again is not None:
        return again
    talk = inbox_access.conversation(session, actor, conversation_id, to_write=True)
    if talk.state is ConversationState.SPAM:
        raise Conflict(_("This conversation was set aside as spam. Say first that it is not."), code="spam")
    user = _still_here(session, actor)
    in_force = policies.in_force(session)
    shop = _shop(session, asked.shop_id)
    asked = orders.as_the_shop_says(asked, purchase)
    fields = _checked(asked, shop, in_force.policy.reasons)
    belongs = campaigns.of_posts(session, {talk.post_id: talk.page_id}, now).get(talk.post_id)
    campaign_id = belongs.id if belongs else None
    remedy = _fresh(user, talk, in_force, fields, key=key, replaces=replaces, campaign_id=campaign_id, now=now)
    profiting = _profiting(session, talk, remedy.target_account)
    _not_for_oneself(user, profiting)
    _judge(session, remedy, talk, in_force.policy, now)
    orders.set_aside(session, shop, asked, remedy, purchase, user.id, now)
    _store(session, remedy, user.id, now)
    session.add_all(RemedyBar(remedy_id=remedy.id, user_id=one.id, why="profits") for one in profiting)
    if replaces is not None:
        session.merge(RemedyBar(remedy_id=remedy.id, user_id=replaces.requester_id, why="edited"))
    session.flush()
    steps.count_open(session, talk, now)
    steps.tell(session, remedy, "ask", actor, now, "")
    facts = {"needs": remedy.approvals_needed, "replaces": remedy.replaces_id}
    steps.log(session, remedy, Action.REMEDY_ASKED, actor, now, facts)
    steps.show(session, remedy, talk, "ask", actor, now)
    if remedy.approvals_needed == 0:
        approve(session, remedy, talk, now)
    else:
        steps.notify(session, remedy, SignalKind.REMEDY_WANTED, actor, now)
    return remedy.id


def _fresh(
    user: User,
    talk: Conversation,
    in_force: InForce,
    fields: dict[str, Any],
    *,
    key: str,
    replaces: Remedy | None,
    campaign_id: int | None,
    now: datetime,
) -> Remedy:
    return Remedy(
        id=new_id(),
        version=1,
        state=State.ASKED,
        form_key=key,
        conversation_id=talk.id,
        contact_id=talk.contact_id,
        page_id=talk.page_id,
        campaign_id=campaign_id,
        team_id=talk.team_id,
        requester_id=user.id,
        requester_role=user.role,
        asked_at=now,
        policy_id=in_force.id,
        replaces_id=replaces.id if replaces else None,
        since=now,
        due_at=steps.due_at(in_force.policy, State.ASKED, now, fields["promised_on"]),
        **fields,
    )


def edit(
    session: Session,
    actor: Actor,
    remedy_id: int,
    asked: Asked,
    now: datetime,
    *,
    version: int,
    purchase: Purchase | None = None,
) -> None:
    """Change what is asked for: a new version, which everybody has to sign anew; who changes it never does.

    ``purchase`` as for ``ask``. Raises Conflict when it has changed or moved on meanwhile.
    """
    remedy, talk = steps.locked(session, remedy_id)
    if remedy.version != version or not rules.may_happen(remedy.state, Act.EDIT):
        raise Conflict(_("It has changed since you looked at it. Look at it again."), code="stale")
    user = _still_here(session, actor)
    in_force = policies.in_force(session)
    shop = _shop(session, asked.shop_id)
    asked = orders.as_the_shop_says(asked, purchase)
    fields = _checked(asked, shop, in_force.policy.reasons)
    profiting = _profiting(session, talk, str(fields["target_account"]))
    _not_for_oneself(user, profiting)
    if remedy.order_number:
        orders.give_back(session, remedy.shop_id, remedy.order_number, remedy.order_line, remedy.amount)
    before = remedy.state
    with session.no_autoflush:
        for name, value in fields.items():
            setattr(remedy, name, value)
        remedy.version += 1
        remedy.state, remedy.since, remedy.approved_at = State.ASKED, now, None
        remedy.due_at = steps.due_at(in_force.policy, State.ASKED, now, remedy.promised_on)
        remedy.policy_id = in_force.id
        _judge(session, remedy, talk, in_force.policy, now)
        remedy.content_hash = rules.content_hash(steps.content_of(remedy))
    session.flush()
    orders.set_aside(session, shop, asked, remedy, purchase, user.id, now)
    _version(session, remedy, user.id, now)
    for one in profiting:
        session.merge(RemedyBar(remedy_id=remedy.id, user_id=one.id, why="profits"))
    session.flush()
    steps.move(session, remedy, talk, Act.EDIT, now, actor=actor, facts={"was": before.value})
    if remedy.approvals_needed == 0:
        approve(session, remedy, talk, now)


def withdraw(session: Session, actor: Actor, remedy_id: int, reason: str, now: datetime) -> None:
    """Take it back: always possible for who asked, and for who decides, until it is being carried out.

    Raises InvalidInput without a reason, Forbidden, Conflict.
    """
    remedy, talk = steps.locked(session, remedy_id)
    if remedy.requester_id != actor.id and not account_rules.may(actor.role, Permission.DECIDE_REMEDY):
        raise Forbidden(_("Who asked for it, or a supervisor, can withdraw it."))
    text = reason_given(reason)
    steps.move(session, remedy, talk, Act.WITHDRAW, now, actor=actor, text=text)


def approve(session: Session, remedy: Remedy, talk: Conversation, now: datetime, **who: Any) -> None:
    """It has all the signatures it needs: to be carried out now."""
    remedy.approved_at = now
    steps.move(session, remedy, talk, Act.APPROVE, now, **who)
    past.queue(session, remedy, now)


def reason_given(reason: str) -> str:
    """The words for a step that needs some. Raises InvalidInput."""
    text = plain(reason).strip()[:LONGEST_EXPLANATION]
    if not text:
        raise InvalidInput(_("Say why in a few words."), field="reason")
    return text


def judge(session: Session, remedy: Remedy, talk: Conversation, now: datetime) -> Need:
    """What the policy in force says about a remedy."""
    found = policies.in_force(session).policy
    return _need(session, remedy, talk, found, now)[0]


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove everything asked for on these pages; the audit log keeps its lines."""
    gone = session.scalars(select(Remedy).where(Remedy.page_id.in_(page_ids))).all()
    for one in gone:
        if one.order_number and one.state not in (State.REFUSED, State.WITHDRAWN, State.EXPIRED):
            orders.give_back(session, one.shop_id, one.order_number, one.order_line, one.amount)
    session.expunge_all()
    run_in_bulk(session, delete(Remedy).where(Remedy.page_id.in_(page_ids)))


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


def _checked(asked: Asked, shop: Shop, reasons: Any) -> dict[str, Any]:
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
        "evidence": [plain(one)[:500] for one in asked.evidence[:MOST_EVIDENCE]],
    }


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


def _judge(session: Session, remedy: Remedy, talk: Conversation, found: Any, now: datetime) -> None:
    need, refused_before = _need(session, remedy, talk, found, now)
    if need.refused is not None:
        raise Conflict(_("The policy does not allow this: “%(line)s”.", line=need.refused), code="policy")
    remedy.approvals_needed, remedy.policy_lines = need.approvals, list(need.lines)
    remedy.refused_before = refused_before


def _need(session: Session, remedy: Remedy, talk: Conversation, found: Any, now: datetime) -> tuple[Need, bool]:
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


def _store(session: Session, remedy: Remedy, user_id: int, now: datetime) -> None:
    remedy.content_hash = rules.content_hash(steps.content_of(remedy))
    session.add(remedy)
    session.flush()
    _version(session, remedy, user_id, now)


def _version(session: Session, remedy: Remedy, user_id: int, now: datetime) -> None:
    content = {name: str(getattr(steps.content_of(remedy), name)) for name in steps.content_of(remedy).__slots__}
    session.add(
        RemedyVersion(
            remedy_id=remedy.id,
            version=remedy.version,
            editor_id=user_id,
            at=now,
            content_hash=remedy.content_hash,
            content=content,
        )
    )
    session.flush()
