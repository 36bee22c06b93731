"""Whether an answer can be sent as it is."""

from app.connectors.ports import LengthLimit, LengthUnit


def length(text: str, unit: LengthUnit) -> int:
    """How long the text is, counted the platform's way."""
    return len(text.encode("utf-8", "surrogatepass")) if unit is LengthUnit.BYTES else len(text)


def too_long_by(text: str, limit: LengthLimit | None) -> int:
    """By how much the text exceeds the limit; 0 when it fits."""
    return max(0, length(text, limit.unit) - limit.maximum) if limit else 0
