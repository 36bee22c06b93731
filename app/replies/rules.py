"""Whether an answer can be sent as it is."""

from app.connectors.lengths import length
from app.connectors.ports import LengthLimit


def too_long_by(text: str, limit: LengthLimit | None) -> int:
    """By how much the text exceeds the limit; 0 when it fits."""
    return max(0, length(text, limit.unit) - limit.maximum) if limit else 0
