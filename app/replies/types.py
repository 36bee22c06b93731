"""Our answers as the screen shows them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.outbox.types import DeliveryView


class ProposalState(StrEnum):
    """Where an answer stands that needs approval."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Others(StrEnum):
    """What becomes of other answers to the same comment when one is approved."""

    REFUSE = "refuse"
    KEEP = "keep"


class Subject(StrEnum):
    """What a requirement of approval is about."""

    PERSON = "person"
    PAGE = "page"
    TEAM = "team"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Answers of this person, on this page, to this team's conversations, or in this campaign need approval."""

    id: int
    subject: Subject
    subject_id: int
    name: str
    """Whose, or where."""
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ProposalView:
    """An answer that waits for approval, or was refused."""

    id: int
    comment_id: int
    author_id: int
    author: str
    text: str
    private: bool
    """Whether it goes to the person alone."""
    created_at: datetime
    state: ProposalState
    reviewer: str | None
    remark: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplyView:
    """An answer written here, and where its delivery stands."""

    id: int
    comment_id: int
    author_id: int
    author: str
    text: str
    created_at: datetime
    delivery: DeliveryView
    external_id: str | None
    approved_by: str | None
    """Who approved it, where that was needed."""
    target_url: str | None
    """Where the comment stands that is answered."""
    private: bool = False
    """Whether it went to the person alone."""
