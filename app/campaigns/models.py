"""Tables: campaigns, campaign_pages, campaign_lineage, campaign_entries, campaign_posts, moved_posts, hand_overs,
hand_over_pages, hand_over_heirs."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.campaigns.types import Discipline
from app.core.db import Base, BigId


class Campaign(Base):
    """A period with an owner and pages. It is closed by a hand-over that somebody signed, and by nothing else."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
        Index("ix_campaigns_ends_on", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    goal: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    """The last day; days are those of ``zone``."""
    zone: Mapped[str] = mapped_column(String(64))
    disciplines: Mapped[list[str]]
    version: Mapped[int] = mapped_column(default=1)
    settled_version: Mapped[int] = mapped_column(default=0)
    """The version at which it was last decided what belongs to it."""
    reminders: Mapped[int] = mapped_column(default=0)
    """How often somebody was told that it is over and nobody has signed."""
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class CampaignPage(Base):
    __tablename__ = "campaign_pages"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True, index=True)


class CampaignLineage(Base):
    """One campaign came out of another."""

    __tablename__ = "campaign_lineage"
    __table_args__ = (CheckConstraint("from_id <> to_id", name="not_itself"),)

    from_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True, index=True)


class CampaignEntry(Base):
    """Something on the calendar that all disciplines share."""

    __tablename__ = "campaign_entries"
    __table_args__ = (Index("ix_campaign_entries_day", "day", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    title: Mapped[str] = mapped_column(String(200))
    discipline: Mapped[Discipline]


class CampaignPost(Base):
    """What belongs to a campaign, also after its end: a post belongs to one at most. With it come the conversations
    under it, and what was promised there."""

    __tablename__ = "campaign_posts"
    __table_args__ = (Index("ix_campaign_posts_campaign", "campaign_id", "post_id"),)

    post_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), index=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))


class MovedPost(Base):
    """Somebody said which campaign a post belongs to; that outweighs when it began."""

    __tablename__ = "moved_posts"

    post_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    moved_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    moved_at: Mapped[datetime]


class HandOver(Base):
    """Who inherits what, signed. Its being there is what closes a campaign."""

    __tablename__ = "hand_overs"
    __table_args__ = (CheckConstraint("successor_id IS NOT NULL OR plan <> ''", name="something_follows"),)

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    signed_at: Mapped[datetime]
    conversations_heir_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    remedies_heir_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    questions_heir_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    questions: Mapped[str] = mapped_column(Text)
    """What people keep asking."""
    plan: Mapped[str] = mapped_column(Text)
    """What keeps the pages alive until the next campaign; may be empty where there is a successor."""
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    open_conversations: Mapped[int]
    owed_remedies: Mapped[int]
    """How many there were when it was signed."""


class HandOverPage(Base):
    """Who inherits a page."""

    __tablename__ = "hand_over_pages"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("hand_overs.campaign_id", ondelete="CASCADE"), primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    heir_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class HandOverHeir(Base):
    """Somebody who inherited something, and whether they have taken it up."""

    __tablename__ = "hand_over_heirs"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("hand_overs.campaign_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    reminders: Mapped[int] = mapped_column(default=0)
    """How often they were told."""
    reminded_at: Mapped[datetime | None]
    taken_up_at: Mapped[datetime | None]
