"""What ails a page or a delivery, and what to do about it, in words."""

from app.pages import words
from app.pages.words import Advice


def ailment(code: str | None, detail: str = "") -> Advice:
    """``what`` is the matter and what to ``do``, for a code of ``app.connectors.errors``, ``internal`` or ``busy``."""
    return words.advice(code or words.INTERNAL, detail)
