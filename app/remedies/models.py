"""Tables: shops, shop_news, remedy_policies, remedy_orders, remedies, remedy_versions, remedy_pictures (and comments),
remedy_bars, remedy_decisions, remedy_executions, remedy_events, stand_ins, guard_answers.

Triggers (migrations) hold on both databases what must not depend on a page: who asked, changed or profits never
decides, through no second account; a decision binds one version and its hash; content changes only with a new version,
which takes it back to "asked"; nothing is approved with too few signatures, and nothing carried out unapproved.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.types import Role
from app.core.db import Base, BigId
from app.remedies.types import Answer, ExecutionState, Kind, PolicyState, State, Target, Verdict


class Shop(Base):
    """Where remedies are carried out: a payment provider, a shop system, or people by hand."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """Which executor."""
    name: Mapped[str] = mapped_column(String(120), unique=True)
    by_hand: Mapped[bool]
    currency: Mapped[str] = mapped_column(String(3))
    """What forms begin with."""
    settings: Mapped[dict[str, Any]]
    sealed_secret: Mapped[bytes | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class RemedyPolicy(Base):
    """A version of the policy, as it was written. Confirmed by somebody else than its writer; never changed."""

    __tablename__ = "remedy_policies"
    __table_args__ = (CheckConstraint("confirmed_by_id <> proposed_by_id", name="another"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    state: Mapped[PolicyState] = mapped_column(index=True)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None for the one that came along."""
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]


class RemedyOrder(Base):
    """What was paid for an order (line ""), or for one of its lines, and how much of it remedies have taken."""

    __tablename__ = "remedy_orders"
    __table_args__ = (
        UniqueConstraint("shop_id", "number", "line"),
        CheckConstraint("taken >= 0 AND taken <= paid", name="never_more_than_paid"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    number: Mapped[str] = mapped_column(String(120))
    line: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    paid: Mapped[int] = mapped_column(BigInteger)
    taken: Mapped[int] = mapped_column(BigInteger, default=0)
    """By remedies that are not refused, withdrawn or expired."""
    elsewhere: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Given back at the shop itself, outside of Porchlight, as the shop said last; ``paid`` is without it."""
    by_shop: Mapped[bool]
    """Whether the shop said what was paid; else somebody typed it."""
    noted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    noted_at: Mapped[datetime]


class ShopNews(Base):
    """An order that a shop has spoken of by itself: it is to be asked about."""

    __tablename__ = "shop_news"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    named: Mapped[str] = mapped_column(String(120), primary_key=True)
    """By its number, or as its executor finds it too."""
    told_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]


class Remedy(Base):
    """What somebody asks for to make something good. Its content is that of ``version``."""

    __tablename__ = "remedies"
    __table_args__ = (
        Index("ix_remedies_state", "state", "asked_at", "id"),
        Index("ix_remedies_contact", "contact_id", "asked_at"),
        Index("ix_remedies_order", "shop_id", "order_number"),
        Index("ix_remedies_requester", "requester_id", "asked_at"),
        Index("ix_remedies_asked", "asked_at", "id"),
        CheckConstraint("amount > 0", name="something"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[State]
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    """Made by the form: sent twice, it is one request."""
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id"), index=True)
    contact_id: Mapped[int] = mapped_column(BigId)
    """Who it was for when it was asked for; whose it counts as now is the conversation's."""
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    campaign_id: Mapped[int | None] = mapped_column(index=True)
    """Which campaign the post belonged to when it was asked for; what counts against that campaign's limits."""
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    """Whose conversation it was when it was asked for."""
    requester_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    requester_role: Mapped[Role]
    asked_at: Mapped[datetime]

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    order_number: Mapped[str] = mapped_column(String(120))
    order_line: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Kind]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(40))
    explanation: Mapped[str] = mapped_column(Text)
    target: Mapped[Target]
    target_account: Mapped[str] = mapped_column(String(200))
    promised_on: Mapped[date | None]
    evidence: Mapped[list[str]]
    """Links, and digests of pictures and comments (``proofs.MARK``, ``quotes.MARK``)."""
    content_hash: Mapped[str] = mapped_column(String(64))

    policy_id: Mapped[int] = mapped_column(ForeignKey("remedy_policies.id"))
    policy_lines: Mapped[list[str]]
    approvals_needed: Mapped[int]
    refused_before: Mapped[bool]
    replaces_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="SET NULL"))
    """The request this one changes the offer of."""

    since: Mapped[datetime]
    """When it came into its present state."""
    due_at: Mapped[datetime | None]
    """When that should be over: decided, carried out, told."""
    approved_at: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    told_reply_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """The reply that tells the person; they are told once it stands at the platform."""
    told_proposal_id: Mapped[int | None] = mapped_column(BigId)
    """The answer that is to tell them once it is approved."""
    late_at: Mapped[datetime | None]
    """The ``due_at`` that people were told has passed: each once."""


class RemedyVersion(Base):
    """Who wrote which content. Never changed."""

    __tablename__ = "remedy_versions"

    remedy_id: Mapped[int] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    editor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]


class RemedyProof(Base):
    """A picture sent in as evidence, or a comment as it read then. Never changed, and gone with its remedy."""

    __tablename__ = "remedy_pictures"
    __table_args__ = (UniqueConstraint("remedy_id", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    remedy_id: Mapped[int] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the body, in hexadecimal."""
    media_type: Mapped[str] = mapped_column(String(20))
    body: Mapped[bytes]
    added_at: Mapped[datetime]


class RemedyBar(Base):
    """Somebody who may not decide about a remedy. Requester and editors are put here by the database itself."""

    __tablename__ = "remedy_bars"

    remedy_id: Mapped[int] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    why: Mapped[str] = mapped_column(String(20))


class RemedyDecision(Base):
    """One signature or refusal, bound to exactly one content. Never changed."""

    __tablename__ = "remedy_decisions"
    __table_args__ = (UniqueConstraint("remedy_id", "version", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    remedy_id: Mapped[int] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="CASCADE"))
    version: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    acting_for_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role]
    verdict: Mapped[Verdict]
    reason: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))
    policy_id: Mapped[int] = mapped_column(ForeignKey("remedy_policies.id"))
    at: Mapped[datetime]


class RemedyExecution(Base):
    """Carrying out one approved version, at most once."""

    __tablename__ = "remedy_executions"
    __table_args__ = (UniqueConstraint("remedy_id", "version"), Index("ix_remedy_executions_due", "state", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    remedy_id: Mapped[int] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="CASCADE"))
    version: Mapped[int]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    by_hand: Mapped[bool]
    state: Mapped[ExecutionState]
    due_at: Mapped[datetime | None]
    """When it is sent, or looked at again; None when only a person can go on."""
    attempts: Mapped[int] = mapped_column(default=0)
    first_sent_at: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(200), index=True)
    """The provider's id, or the reference a person recorded."""
    doer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)


class RemedyEvent(Base):
    """What happened to a remedy, for people. The audit log proves it; this may be erased with the person's words."""

    __tablename__ = "remedy_events"
    __table_args__ = (Index("ix_remedy_events_remedy", "remedy_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    remedy_id: Mapped[int] = mapped_column(BigId, ForeignKey("remedies.id", ondelete="CASCADE"))
    act: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class StandIn(Base):
    """Who decides in somebody's place for a time."""

    __tablename__ = "stand_ins"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    stand_in_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    until: Mapped[datetime]


class GuardAnswer(Base):
    """What somebody said when asked whether anything is owed after an apology; what is to follow is worked through."""

    __tablename__ = "guard_answers"
    __table_args__ = (
        Index("ix_guard_answers_conversation", "conversation_id", "at"),
        Index("ix_guard_answers_owner", "owner_id", "due_on", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    phrase: Mapped[str] = mapped_column(String(120))
    answer: Mapped[Answer]
    why: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date | None] = mapped_column(index=True)
    reminded_on: Mapped[date | None]
    """The ``due_on`` that its owner was told has come."""
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
