"""Our answers as the screen shows them."""

from dataclasses import dataclass
from datetime import datetime

from app.outbox.types import DeliveryView


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
